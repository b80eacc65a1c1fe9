"""Random forest (Breiman, "Random forests", Machine Learning 45, 2001)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tunescope.models.declaration import Model, SpaceDeclaration
from tunescope.models.shallow.forests import forest
from tunescope.models.shallow.preparation import EXTRACTOR, projection, variance

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SPACE: SpaceDeclaration = {
    "extractor": EXTRACTOR,
    "trees": {"type": "int", "low": 50, "high": 500, "log": True, "grid": [100, 300], "default": 100},
    "max_features": {"type": "categorical", "choices": ["sqrt", "log2"], "default": "sqrt"},
    "max_depth": {"type": "int", "low": 4, "high": 32, "log": True, "grid": [32], "default": 32},
    "min_samples_leaf": {"type": "int", "low": 1, "high": 8, "log": True, "grid": [1, 3], "default": 1},
    "projection": projection(),
    "variance": variance(),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make a random forest, not fitted."""
    from sklearn.ensemble import RandomForestClassifier

    return forest(RandomForestClassifier, hyperparameters, seed)


MODEL = Model(
    "random_forest",
    "shallow",
    "Random forest: the vote of many decision trees",
    SPACE,
    build,
    suits="A sturdy result with hardly any tuning",
)
