"""Gaussian naive Bayes: each class is a normal distribution whose features are independent."""

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
    # Share of the largest variance that is added to all of them.
    "var_smoothing": {
        "type": "float",
        "low": 1e-6,
        "high": 1.0,
        "log": True,
        "grid": [1e-4, 1e-3, 1e-2],
        "default": 1e-3,
    },
    "scaling": scaling(),
    # Principal components are uncorrelated, which is what the model takes its features to be.
    "projection": projection("pca"),
    "variance": variance(0.8),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make a Gaussian naive Bayes classifier, not fitted."""
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline

    classifier = GaussianNB(var_smoothing=hyperparameters["var_smoothing"])
    return make_pipeline(*preparing_steps(hyperparameters, seed), classifier)


MODEL = Model(
    "gaussian_nb",
    "shallow",
    "Gaussian naive Bayes: one bell curve a feature",
    SPACE,
    build,
    suits="A result within a second, to compare others with",
)
