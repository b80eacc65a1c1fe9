"""A forged file cannot make compiled code read or write beside its arrays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io

from tunescope.datasets import PackedDataset
from tunescope.errors import RunError
from tunescope.models import MODELS
from tunescope.training import load_predictor, train
from tunescope.training.shallow_predictor import PIPELINE
from tunescope.training.soundness import check_soundness


def _fitted(name: str) -> Any:
    random = np.random.default_rng(0)
    model = MODELS[name]
    pipeline = model.build(model.completed({}), seed=0)
    return pipeline.fit(random.normal(size=(60, 3)).astype(np.float32), np.arange(60) % 3)


def _unfitted(name: str) -> Any:
    return MODELS[name].build(MODELS[name].completed({}), seed=0)


SHALLOW = [name for name, model in MODELS.items() if model.kind == "shallow"]


@pytest.mark.parametrize("name", SHALLOW)
def test_whatever_was_fitted_is_sound(name: str) -> None:
    check_soundness(_fitted(name), _unfitted(name))


def test_a_pipeline_of_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="no pipeline of this model"):
        check_soundness(_fitted("gaussian_nb"), _unfitted("decision_tree"))


def _far_neighbour(classifier: Any) -> None:
    classifier._y[0] = 10**6


def _negative_neighbour(classifier: Any) -> None:
    classifier._y[0] = -1


def _fewer_neighbours(classifier: Any) -> None:
    classifier._y = classifier._y[:-1]


@pytest.mark.parametrize("change", [_far_neighbour, _negative_neighbour, _fewer_neighbours])
def test_every_neighbour_must_have_a_class(change: Callable[[Any], None]) -> None:
    pipeline = _fitted("k_nearest_neighbours")
    change(pipeline[-1])
    with pytest.raises(ValueError, match="has no class"):
        check_soundness(pipeline, _unfitted("k_nearest_neighbours"))


def _more_vectors_of_a_class(classifier: Any) -> None:
    classifier._n_support[0] += 10**6


def _negative_vectors(classifier: Any) -> None:
    classifier._n_support += np.array([-100, 100, 0], classifier._n_support.dtype)


def _fewer_coefficients(classifier: Any) -> None:
    classifier._dual_coef_ = classifier._dual_coef_[:, :-1]


def _fewer_intercepts(classifier: Any) -> None:
    classifier._intercept_ = classifier._intercept_[:1]


def _fewer_features(classifier: Any) -> None:
    classifier.support_vectors_ = classifier.support_vectors_[:, :1]


@pytest.mark.parametrize(
    "change",
    [
        _more_vectors_of_a_class,
        _negative_vectors,
        _fewer_coefficients,
        _fewer_intercepts,
        _fewer_features,
    ],
)
def test_support_vectors_must_fit_together(change: Callable[[Any], None]) -> None:
    pipeline = _fitted("svm")
    change(pipeline[-1])
    with pytest.raises(ValueError, match="do not fit together"):
        check_soundness(pipeline, _unfitted("svm"))


def test_a_forged_file_is_refused_when_it_is_loaded(
    dataset: PackedDataset, features: dict[str, Path], tmp_path: Path
) -> None:
    chosen = {"rounds": 2, "extractor": "pixels_pca"}
    predictor: Any = train("hist_gradient_boosting", chosen, dataset, features, seed=0).predictor
    predictor.save(tmp_path)
    predictor.pipeline[-1]._predictors[0][0].nodes["left"][0] = 10**6
    skops.io.dump(predictor.pipeline, tmp_path / PIPELINE)
    with pytest.raises(RunError, match=r"is damaged \(a boosted tree in it leads nowhere\): train it again"):
        load_predictor(tmp_path)
