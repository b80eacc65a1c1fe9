"""What happens to features before a shallow model sees them, and the hyperparameters that say so."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

EXTRACTOR = {
    "type": "categorical",
    "choices": ["hog", "colour_histogram", "pixels_pca"],
    "default": "hog",
}


def scaling(default: str = "none") -> dict[str, Any]:
    """Whether each feature is brought to mean 0 and variance 1.

    The extractors' features share one scale, on which the weaker ones are mostly noise: the default of most
    models leaves them as they are.
    """
    return {"type": "categorical", "choices": ["none", "standard"], "default": default, "grid": [default]}


def projection(default: str = "none") -> dict[str, Any]:
    """Whether features are projected on their principal components."""
    return {"type": "categorical", "choices": ["none", "pca"], "default": default, "grid": [default]}


def variance(default: float = 0.95) -> dict[str, Any]:
    """Share of the variance that the principal components keep."""
    return {
        "type": "float",
        "low": 0.5,
        "high": 0.99,
        "default": default,
        "grid": [default],
        "when": {"projection": "pca"},
    }


def preparing_steps(hyperparameters: Mapping[str, Any], seed: int) -> "list[BaseEstimator]":
    """The scikit-learn steps, in order, that ``scaling``, ``projection`` and ``variance`` ask for."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    steps: list[BaseEstimator] = []
    if hyperparameters.get("scaling") == "standard":
        steps.append(StandardScaler())
    if hyperparameters.get("projection") == "pca":
        steps.append(PCA(hyperparameters["variance"], svd_solver="full", random_state=seed))
    return steps
