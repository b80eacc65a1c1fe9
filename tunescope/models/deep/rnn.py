"""Recurrent network: an LSTM (Hochreiter and Schmidhuber, 1997) or a GRU (Cho and others, EMNLP 2014).

It reads an image strip by strip from top to bottom, or patch by patch as one reads a page.
"""

from typing import TYPE_CHECKING

from tunescope.models.declaration import Hyperparameters, ImageShape, Model, SpaceDeclaration
from tunescope.models.deep.recipe import recipe

if TYPE_CHECKING:
    from torch import nn

# In larger images a step reads more: training time grows with the steps.
MOST_STRIPS = 32
MOST_PATCHES_IN_A_ROW = 8

SPACE: SpaceDeclaration = {
    "cell": {"type": "categorical", "choices": ["lstm", "gru"], "grid": ["lstm"], "default": "lstm"},
    "reading": {"type": "categorical", "choices": ["rows", "patches"], "grid": ["rows"], "default": "rows"},
    "width": {"type": "int", "low": 64, "high": 256, "step": 64, "grid": [128], "default": 128},
    "layers": {"type": "int", "low": 1, "high": 2, "grid": [1], "default": 1},
    "bidirectional": {"type": "categorical", "choices": [True, False], "default": True},
    "dropout": {"type": "float", "low": 0.0, "high": 0.5, "grid": [0.1], "default": 0.1},
    **recipe(learning_rate=6e-3, weight_decay=0.02, epochs=24),
}


def build(hyperparameters: Hyperparameters, image_shape: ImageShape, classes: int) -> "nn.Module":
    """Make a network for (n, channels, height, width) images of that shape; its logits are (n, classes)."""
    from torch import nn

    from tunescope.models.deep.recurrent_layers import Recurrence

    pieces, values = _pieces(hyperparameters["reading"], image_shape)
    units, dropout = hyperparameters["width"], hyperparameters["dropout"]
    bidirectional = hyperparameters["bidirectional"]
    features = 2 * units * (2 if bidirectional else 1)
    return nn.Sequential(
        pieces,
        nn.Linear(values, units),
        nn.LayerNorm(units),
        nn.GELU(),
        Recurrence(hyperparameters["cell"], units, units, hyperparameters["layers"], bidirectional, dropout),
        nn.LayerNorm(features),
        nn.Dropout(dropout),
        nn.Linear(features, classes),
    )


def notes(hyperparameters: Hyperparameters, image_shape: ImageShape) -> list[str]:
    """What of images of that shape is left out."""
    height, width, _ = image_shape
    if hyperparameters["reading"] == "rows":
        left = height % _rows(height)
        return [f"The last {left} of {height} rows are not read."] if left else []
    side = _patch_side(height, width)
    right, bottom = width % side, height % side
    return [f"{right} columns and {bottom} rows at the edge are not read."] if right or bottom else []


def _pieces(reading: str, image_shape: ImageShape) -> "tuple[nn.Module, int]":
    """What cuts an image into steps, and how many values a step has."""
    from tunescope.models.deep.recurrent_layers import Patches, Strips

    height, width, channels = image_shape
    if reading == "rows":
        rows = _rows(height)
        return Strips(rows), channels * rows * width
    side = _patch_side(height, width)
    return Patches(side), channels * side**2


def _rows(height: int) -> int:
    return -(-height // MOST_STRIPS)


def _patch_side(height: int, width: int) -> int:
    """The shorter side has at least one patch."""
    return min(-(-max(height, width) // MOST_PATCHES_IN_A_ROW), height, width)


MODEL = Model(
    "rnn",
    "deep",
    "Recurrent network: reads the image a strip or patch at a time",
    SPACE,
    build,
    notes=notes,
    suits="Comparing; writing and other images with an order",
)
