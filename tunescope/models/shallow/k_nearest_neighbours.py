"""k nearest neighbours (Cover and Hart, "Nearest neighbor pattern classification", 1967)."""

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
    "neighbours": {"type": "int", "low": 1, "high": 50, "log": True, "grid": [1, 5, 15], "default": 5},
    # Whether all neighbours count alike, or those at half the distance twice as much.
    "weights": {
        "type": "categorical",
        "choices": ["distance", "uniform"],
        "default": "distance",
        "grid": ["distance"],
    },
    "metric": {
        "type": "categorical",
        "choices": ["euclidean", "cosine"],
        "default": "euclidean",
    },
    "scaling": scaling(),
    "projection": projection(),
    "variance": variance(),
}


def build(hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make a classifier by the nearest training images, not fitted."""
    from sklearn.pipeline import make_pipeline

    from tunescope.models.shallow.neighbours import Neighbours

    classifier = Neighbours(
        hyperparameters["neighbours"], weights=hyperparameters["weights"], metric=hyperparameters["metric"]
    )
    return make_pipeline(*preparing_steps(hyperparameters, seed), classifier)


MODEL = Model(
    "k_nearest_neighbours",
    "shallow",
    "k nearest neighbours: the vote of similar images",
    SPACE,
    build,
    suits="Few images of each class that look much alike",
)
