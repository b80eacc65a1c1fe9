"""One scale for a whole feature matrix."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin


class UnitVariance(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Divides a matrix by one number, so that its features' variances add up to 1.

    Distances between rows then have the same size whatever the extractor, and so a kernel's gamma has the
    same meaning: 1 is, for features of mean 0, what scikit-learn calls ``scale``. The features keep their
    relative weights.
    """

    def fit(self, features: npt.NDArray[Any], labels: npt.NDArray[Any] | None = None) -> "UnitVariance":
        """Learn the scale of features (n, d)."""
        spread = float(np.sqrt(np.var(features, axis=0, dtype=np.float64).sum()))
        self.scale_ = spread if spread > 0 else 1.0
        self.n_features_in_ = features.shape[1]
        return self

    def transform(self, features: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Scale features (n, d)."""
        scaled: npt.NDArray[Any] = features / features.dtype.type(self.scale_)
        return scaled
