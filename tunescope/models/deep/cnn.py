"""Convolutional network: a stem that shrinks large images early, then stages that halve the sides and double
the channels, each closed by residual blocks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tunescope.models.declaration import Model, SpaceDeclaration
from tunescope.models.deep.recipe import recipe

if TYPE_CHECKING:
    from torch import nn

MOST_STAGES = 3
SMALLEST_SIDE = 4  # of the maps that a stage may still halve
LARGEST_SIDE = 48  # of the maps that the stages get: on larger ones, time grows and accuracy hardly

SPACE: SpaceDeclaration = {
    "width": {"type": "int", "low": 8, "high": 48, "step": 8, "grid": [16, 24], "default": 16},
    "blocks": {"type": "int", "low": 0, "high": 2, "grid": [1], "default": 1},
    "dropout": {"type": "float", "low": 0.0, "high": 0.5, "grid": [0.1], "default": 0.1},
    **recipe(learning_rate=8e-3, weight_decay=0.05, epochs=12, batch_size=64),
}


def build(hyperparameters: Mapping[str, Any], image_shape: tuple[int, int, int], classes: int) -> "nn.Module":
    """Make a network for (n, channels, height, width) images of any size; its logits are (n, classes)."""
    from torch import nn

    from tunescope.models.deep.layers import MeanAndMax

    height, width, channels = image_shape
    stem, side = _stem(channels, hyperparameters["width"], min(height, width))
    stages, features = _stages(hyperparameters["width"], hyperparameters["blocks"], side)
    head = [MeanAndMax(), nn.Dropout(hyperparameters["dropout"]), nn.Linear(2 * features, classes)]
    return nn.Sequential(*stem, *stages, *head)


def _stem(channels: int, width: int, side: int) -> "tuple[list[nn.Module], int]":
    """Convolutions that halve the sides until they are short enough, and the shorter side after them."""
    from tunescope.models.deep.layers import convolution

    if side < LARGEST_SIDE:
        return [convolution(channels, width)], side
    layers: list[nn.Module] = []
    while side >= LARGEST_SIDE:
        layers.append(convolution(width if layers else channels, width, stride=2))
        side = (side + 1) // 2
    return layers, side


def _stages(channels: int, blocks: int, side: int) -> "tuple[list[nn.Module], int]":
    """Stages as long as there is something to halve, and the channels after them."""
    from torch import nn

    from tunescope.models.deep.layers import Residual, convolution

    layers: list[nn.Module] = []
    for _ in range(MOST_STAGES):
        if side < SMALLEST_SIDE:
            break
        layers += [convolution(channels, 2 * channels), nn.MaxPool2d(2)]
        channels, side = 2 * channels, side // 2
        layers += [Residual(convolution(channels, channels)) for _ in range(blocks)]
    return layers, channels


MODEL = Model(
    "cnn",
    "deep",
    "Convolutional network: learns its own features from the pixels",
    SPACE,
    build,
    suits="A good first network, also without a GPU",
)
