"""A trained scikit-learn pipeline that predicts."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from tunescope.errors import RunError
from tunescope.features import EXTRACTORS, FeatureExtractor, save_extractor
from tunescope.models import MODELS
from tunescope.training.outcome import Probabilities
from tunescope.training.predictor import EXTRACTOR, FILES, PIPELINE, Identity, Images, Predictor
from tunescope.training.soundness import check_soundness

# Beside what skops trusts of itself. Nothing else that a file may name is ever imported. `check_soundness`
# looks through what skops does not trust trees for.
TRUSTED = [
    "tunescope.models.shallow.unit_variance.UnitVariance",
    "tunescope.models.shallow.neighbours.Neighbours",
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]
DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    zipfile.BadZipFile,
    UntrustedTypesFoundException,
)


class ShallowPredictor(Predictor):
    """A fitted pipeline, and the fitted extractor that makes its features."""

    files = FILES["shallow"]

    def __init__(self, identity: Identity, pipeline: Any, extractor: FeatureExtractor[Any]) -> None:
        super().__init__(identity)
        self.pipeline = pipeline
        self.extractor = extractor

    @classmethod
    def load(cls, folder: Path, identity: Identity) -> "ShallowPredictor":
        """Load pipeline and extractor."""
        extractor = EXTRACTORS[identity.hyperparameters["extractor"]].build()
        try:
            pipeline = skops.io.load(folder / PIPELINE, trusted=TRUSTED)
            check_soundness(pipeline, MODELS[identity.model].build(identity.hyperparameters, seed=0))
            with np.load(folder / EXTRACTOR, allow_pickle=False) as state:
                extractor.restore(state)
        except DAMAGE as error:
            raise RunError(
                f"the model in `{folder}` is damaged ({_first_line(error)}): train it again"
            ) from None
        return cls(identity, pipeline, extractor)

    def predict_features(self, features: npt.NDArray[np.float32]) -> Probabilities:
        """The same as ``predict``, for the features (n, d) of the images."""
        probabilities = np.zeros((len(features), len(self.identity.classes)), np.float32)
        if len(features):
            probabilities[:, self.pipeline.classes_] = _probabilities(self.pipeline, features)
        return probabilities

    def _predict(self, images: Images) -> Probabilities:
        return self.predict_features(self.extractor.transform(images))

    def _save_weights(self, folder: Path) -> None:
        skops.io.dump(self.pipeline, folder / PIPELINE)
        save_extractor(self.extractor, folder / EXTRACTOR)


def _probabilities(pipeline: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    if hasattr(pipeline, "predict_proba"):
        given: npt.NDArray[np.float64] = pipeline.predict_proba(features)
        return given
    values = pipeline.decision_function(features)
    if values.ndim == 1:  # of two classes, scikit-learn gives the value of the second only
        values = np.stack([-values, values], axis=1) / 2
    powers: npt.NDArray[np.float64] = np.exp(values - values.max(axis=1, keepdims=True))
    shares: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
