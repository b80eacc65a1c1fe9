"""Extremely randomized trees (Geurts and others, "Extremely randomized trees", Machine Learning 63, 2006)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tunescope.models.declaration import Model, SpaceDeclaration
from tunescope.models.shallow.forests import forest
from tunescope.models.shallow.preparation import (
    EXTRACTOR,
    projection,
    scaling,
    variance,
)

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SPACE: SpaceDeclaration = {
    "extractor": EXTRACTOR,
    "trees": {"type": "int", "low": 50, "high": 500, "log": True, "grid": [100, 300], "default": 100},
    "max_features": {"type": "categorical", "choices": ["sqrt", "log2"], "default": "sqrt", "grid": ["sqrt"]},
    "max_depth": {"type": "int", "low": 4, "high": 32, "log": True, "grid": [32], "default": 32},
    "min_samples_leaf": {"type": "int", "low": 1, "high": 8, "log": True, "grid": [1, 3], "default": 1},
    "scaling": scaling(),
    "projection": projection(),
    "variance": variance(),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make extra trees, not fitted."""
    from sklearn.ensemble import ExtraTreesClassifier

    return forest(ExtraTreesClassifier, hyperparameters, seed)


MODEL = Model(
    "extra_trees",
    "shallow",
    "Extra trees: the vote of trees that split at random",
    SPACE,
    build,
    suits="As a random forest, and quicker to train",
)
