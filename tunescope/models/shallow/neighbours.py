"""Neighbours, of which there may be fewer than asked for."""

from typing import Any

import numpy.typing as npt
from sklearn.neighbors import KNeighborsClassifier


class Neighbours(KNeighborsClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """Asks ``k`` neighbours, or all training images where there are fewer.

    Every distance is computed: the features of images have too many dimensions for search trees to pay.
    """

    def __init__(self, k: int = 5, *, weights: str = "uniform", metric: str = "euclidean") -> None:
        super().__init__(weights=weights, metric=metric, algorithm="brute")
        self.k = k

    def fit(self, features: npt.NDArray[Any], labels: npt.NDArray[Any]) -> "Neighbours":
        """Keep features (n, d) and labels (n,)."""
        self.n_neighbors = min(self.k, len(features))
        super().fit(features, labels)
        return self
