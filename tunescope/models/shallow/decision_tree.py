"""Decision tree (Breiman and others, "Classification and Regression Trees", 1984)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tunescope.models.declaration import Model, SpaceDeclaration
from tunescope.models.shallow.preparation import EXTRACTOR, preparing_steps, projection, variance

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SPACE: SpaceDeclaration = {
    "extractor": EXTRACTOR,
    "criterion": {"type": "categorical", "choices": ["gini", "entropy"], "default": "gini"},
    "max_depth": {"type": "int", "low": 2, "high": 32, "log": True, "grid": [4, 8, 16], "default": 16},
    "min_samples_leaf": {"type": "int", "low": 1, "high": 32, "log": True, "grid": [1, 4], "default": 1},
    "projection": projection(),
    "variance": variance(),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make a decision tree, not fitted."""
    from sklearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier

    classifier = DecisionTreeClassifier(
        criterion=hyperparameters["criterion"],
        max_depth=hyperparameters["max_depth"],
        min_samples_leaf=hyperparameters["min_samples_leaf"],
        random_state=seed,
    )
    return make_pipeline(*preparing_steps(hyperparameters, seed), classifier)


MODEL = Model(
    "decision_tree",
    "shallow",
    "Decision tree: a chain of simple questions",
    SPACE,
    build,
    suits="Rules that a person can follow; seldom the best",
)
