"""Recurrent network: an LSTM (Hochreiter and Schmidhuber, 1997) that reads an image row by row."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tunescope.models.declaration import Model, SpaceDeclaration
from tunescope.models.deep.recipe import recipe

if TYPE_CHECKING:
    from torch import nn

MOST_STEPS = 32  # in larger images a step reads several rows: training time grows with the steps

SPACE: SpaceDeclaration = {
    "width": {"type": "int", "low": 64, "high": 256, "step": 64, "grid": [128], "default": 128},
    "layers": {"type": "int", "low": 1, "high": 2, "grid": [1], "default": 1},
    "bidirectional": {"type": "categorical", "choices": [True, False], "default": True},
    "dropout": {"type": "float", "low": 0.0, "high": 0.5, "grid": [0.1], "default": 0.1},
    **recipe(learning_rate=6e-3, weight_decay=0.02, epochs=24),
}


def build(hyperparameters: Mapping[str, Any], image_shape: tuple[int, int, int], classes: int) -> "nn.Module":
    """Make a network for (n, channels, height, width) images of that shape; its logits are (n, classes)."""
    from torch import nn

    from tunescope.models.deep.layers import Recurrence, Strips

    height, width, channels = image_shape
    rows = -(-height // MOST_STEPS)
    units, dropout = hyperparameters["width"], hyperparameters["dropout"]
    bidirectional = hyperparameters["bidirectional"]
    features = 2 * units * (2 if bidirectional else 1)
    return nn.Sequential(
        Strips(rows),
        nn.Linear(channels * rows * width, units),
        nn.LayerNorm(units),
        nn.GELU(),
        Recurrence(units, units, hyperparameters["layers"], bidirectional, dropout),
        nn.LayerNorm(features),
        nn.Dropout(dropout),
        nn.Linear(features, classes),
    )


MODEL = Model("rnn", "deep", "Recurrent network: an LSTM that reads the image row by row", SPACE, build)
