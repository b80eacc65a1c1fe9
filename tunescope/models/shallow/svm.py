"""Support vector machine (Cortes and Vapnik, "Support-vector networks", Machine Learning 20, 1995).

It gives no probabilities of its own: predictors take the softmax of its one-vs-rest decision values, which
orders classes rightly but is not calibrated.
"""

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

SPACE: SpaceDeclaration = {
    "extractor": EXTRACTOR,
    "C": {
        "type": "float",
        "low": 0.1,
        "high": 100.0,
        "log": True,
        "grid": [1.0, 10.0],
        "default": 10.0,
    },
    "kernel": {"type": "categorical", "choices": ["rbf", "linear"], "default": "rbf"},
    # In units of 1 / (the features' total variance), so that one range fits every extractor.
    "gamma": {
        "type": "float",
        "low": 0.05,
        "high": 5.0,
        "log": True,
        "grid": [0.3, 1.0],
        "default": 1.0,
        "when": {"kernel": "rbf"},
    },
    "scaling": scaling(),
    "projection": projection(),
    "variance": variance(),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make a support vector classifier of the one-vs-one kind, not fitted."""
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    from tunescope.models.shallow.unit_variance import UnitVariance

    classifier = SVC(
        C=hyperparameters["C"],
        kernel=hyperparameters["kernel"],
        gamma=hyperparameters.get("gamma", "scale"),
        cache_size=500,
        random_state=seed,
    )
    return make_pipeline(*preparing_steps(hyperparameters, seed), UnitVariance(), classifier)


MODEL = Model(
    "svm",
    "shallow",
    "Support vector machine: widest margin between classes",
    SPACE,
    build,
    suits="Small sets of images and a strong, quick answer",
)
