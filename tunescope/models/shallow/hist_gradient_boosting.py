"""Gradient boosting on histograms (Ke and others, "LightGBM", NeurIPS 2017)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tunescope.models.declaration import Model, SpaceDeclaration
from tunescope.models.shallow.preparation import (
    EXTRACTOR,
    preparing_steps,
    projection,
    scaling,
    variance,
)

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

BINS = 63  # the rest of 255 triple the time and hardly change what is predicted

SPACE: SpaceDeclaration = {
    "extractor": EXTRACTOR,
    "learning_rate": {
        "type": "float",
        "low": 0.02,
        "high": 0.5,
        "log": True,
        "grid": [0.05, 0.1],
        "default": 0.1,
    },
    # Rounds, each of a tree for every class.
    "rounds": {"type": "int", "low": 20, "high": 200, "log": True, "grid": [50, 100], "default": 50},
    "max_leaf_nodes": {"type": "int", "low": 4, "high": 31, "log": True, "grid": [15], "default": 15},
    "min_samples_leaf": {"type": "int", "low": 2, "high": 40, "log": True, "grid": [10], "default": 10},
    # Share of the features that a split chooses from: images have many, and they resemble one another.
    "max_features": {"type": "float", "low": 0.02, "high": 1.0, "log": True, "grid": [0.1], "default": 0.1},
    "l2_regularization": {
        "type": "float",
        "low": 1e-3,
        "high": 10.0,
        "log": True,
        "grid": [0.1],
        "default": 0.1,
    },
    "scaling": scaling(),
    "projection": projection(),
    "variance": variance(),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make boosted trees, not fitted; they take as many threads as ``threadpool_limits`` gives OpenMP."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline

    classifier = HistGradientBoostingClassifier(
        learning_rate=hyperparameters["learning_rate"],
        max_iter=hyperparameters["rounds"],
        max_leaf_nodes=hyperparameters["max_leaf_nodes"],
        min_samples_leaf=hyperparameters["min_samples_leaf"],
        max_features=hyperparameters["max_features"],
        l2_regularization=hyperparameters["l2_regularization"],
        max_bins=BINS,
        early_stopping=False,  # it would hold back training images, which small datasets cannot spare
        random_state=seed,
    )
    return make_pipeline(*preparing_steps(hyperparameters, seed), classifier)


MODEL = Model(
    "hist_gradient_boosting",
    "shallow",
    "Gradient boosting: trees that mend earlier ones",
    SPACE,
    build,
    suits="Many images, where forests stop getting better",
)
