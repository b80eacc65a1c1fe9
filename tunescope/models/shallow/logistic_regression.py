"""Logistic regression: the log odds of each class are linear in the features (Cox, 1958)."""

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

MOST_ITERATIONS = 2000  # far more than the solver needed on any image set that was tried
TOLERANCE = 1e-3  # of the gradient: validation scores no longer move below it

SPACE: SpaceDeclaration = {
    "extractor": EXTRACTOR,
    # For features whose variances add up to 1, so that one range fits every extractor.
    "C": {
        "type": "float",
        "low": 0.1,
        "high": 1000.0,
        "log": True,
        "grid": [1.0, 3.0, 10.0],
        "default": 3.0,
    },
    "class_weight": {
        "type": "categorical",
        "choices": ["none", "balanced"],
        "grid": ["none"],
        "default": "none",
    },
    "scaling": scaling(),
    # As good as all features on the image sets that were tried, with far fewer weights.
    "projection": projection("pca"),
    "variance": variance(0.9),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make a multinomial logistic regression with an L2 penalty, not fitted."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from tunescope.models.shallow.unit_variance import UnitVariance

    weight = hyperparameters["class_weight"]
    classifier = LogisticRegression(
        C=hyperparameters["C"],
        class_weight=None if weight == "none" else weight,
        max_iter=MOST_ITERATIONS,
        tol=TOLERANCE,
        random_state=seed,
    )
    return make_pipeline(*preparing_steps(hyperparameters, seed), UnitVariance(), classifier)


MODEL = Model(
    "logistic_regression",
    "shallow",
    "Logistic regression: a weight for each feature",
    SPACE,
    build,
    suits="A quick baseline, and embeddings of a trained network",
)
