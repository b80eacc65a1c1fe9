"""Training of shallow models."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joblib import parallel_config  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits

from tunescope.errors import SourceError
from tunescope.features import FeatureExtractor, load_extractor, load_features
from tunescope.models import Model
from tunescope.timing import PhaseClock
from tunescope.training.evaluation import scores
from tunescope.training.memory import peak_memory, reset_peak_memory
from tunescope.training.outcome import Trained
from tunescope.training.predictor import Identity
from tunescope.training.setting import Setting
from tunescope.training.shallow_predictor import ShallowPredictor


def train_shallow(model: Model, hyperparameters: Mapping[str, Any], setting: Setting) -> Trained:
    """Fit a pipeline to the training split; see :func:`tunescope.training.train`."""
    begun, clock, dataset = time.perf_counter(), PhaseClock(), setting.dataset
    reset_peak_memory()
    with clock.phase("load"):
        folder = _features_of(hyperparameters["extractor"], setting)
        predictor = _unfitted(model, hyperparameters, setting, load_extractor(folder))
        matrix = load_features(folder)
        rows, validation = dataset.indices("train"), dataset.indices("validation")
        features, labels = matrix[rows], dataset.labels[rows]
    setting.stop_if_asked()
    with (
        clock.phase("fit"),
        threadpool_limits(setting.threads),
        parallel_config("threading", n_jobs=setting.threads),
    ):
        predictor.pipeline.fit(features, labels)
    setting.stop_if_asked()
    with clock.phase("evaluate"), threadpool_limits(setting.threads):
        probabilities = predictor.predict_features(matrix[validation])
        scored = scores(dataset.labels[validation], probabilities)
    seconds = time.perf_counter() - begun
    return Trained(
        predictor=predictor,
        validation_probabilities=probabilities,
        scores=scored,
        phases=clock.seconds,
        seconds=seconds,
        images_per_second=len(rows) / seconds,
        peak_memory_bytes=peak_memory().host_bytes,
        weights=None,
    )


def _features_of(extractor: str, setting: Setting) -> Path:
    if extractor not in setting.features:
        raise SourceError(f"there are no features of `{extractor}`: run feature extraction for it first")
    return setting.features[extractor]


def _unfitted(
    model: Model, hyperparameters: Mapping[str, Any], setting: Setting, extractor: FeatureExtractor[Any]
) -> ShallowPredictor:
    dataset = setting.dataset
    identity = Identity(model.name, hyperparameters, dataset.image_shape, dataset.classes)
    return ShallowPredictor(identity, model.build(hyperparameters, setting.seed), extractor)
