"""Networks whose last layer is left out, so that they give what it would decide from."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunescope.errors import ParameterError, SourceError, UnknownNameError
from tunescope.models.deep.transferable import MEAN, STD
from tunescope.models.deep.weights import CIFAR_RESNETS, pretrained

if TYPE_CHECKING:
    import torch
    from torch import nn

CIFAR_SIDE = 32
KEY = "features.embedding.weights"


@dataclass(frozen=True)
class Preparation:
    """How images are prepared for a network.

    Attributes:
        side: of the square images that it sees, in pixels.
        mean: of red, green and blue, which is taken away; values are 0 to 1.
        std: of red, green and blue, which they are divided by.
        interpolation: `bilinear` or `bicubic`.
    """

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str


def check(backbone: str) -> None:
    """Know the name of a backbone.

    Raises:
        UnknownNameError: when there is no such backbone.
    """
    import torchvision  # type: ignore[import-untyped]

    known = [*CIFAR_RESNETS, *torchvision.models.list_models(module=torchvision.models)]
    if backbone not in known:
        close = difflib.get_close_matches(backbone, known, n=1)
        hint = f" (did you mean `{close[0]}`?)" if close else ""
        raise UnknownNameError(
            f"`features.embedding.backbone` is `{backbone}`, which is no backbone{hint}: "
            f"use {', '.join(f'`{name}`' for name in CIFAR_RESNETS)} or a classification model of torchvision"
        )


def preparation(backbone: str, side: int | None) -> Preparation:
    """What the pretrained weights of a backbone want, with another side where one is given.

    Torchvision cuts out the middle of what it resizes; here the whole picture, square already, is seen.

    Raises:
        UnknownNameError: when there is no such backbone.
    """
    check(backbone)
    if backbone in CIFAR_RESNETS:
        return Preparation(side or CIFAR_SIDE, MEAN, STD, "bilinear")
    wanted: Any = pretrained(backbone, KEY).transforms()
    side = side or wanted.crop_size[0]
    return Preparation(side, tuple(wanted.mean), tuple(wanted.std), wanted.interpolation.value)


def build(backbone: str, side: int, weights: "Mapping[str, torch.Tensor]", origin: str) -> "nn.Module":
    """Make a network that gives the features before its last layer, ready to be used.

    Args:
        backbone: a classification model of torchvision, or ``cifar_resnet20`` to ``56``.
        side: of the images that it will see, in pixels.
        weights: of the whole network or without the last layer, whatever its classes.
        origin: where they came from, for the message.

    Raises:
        UnknownNameError: when there is no such backbone.
        ParameterError: when the backbone cannot be built for such images.
        SourceError: when the weights are those of another network.
    """
    import torch

    from tunescope.models.deep.backbone import cut_head, fill

    check(backbone)
    with torch.random.fork_rng(devices=[]):  # first weights are drawn, only to be replaced
        network = _network(backbone, side)
    head, _ = cut_head(network)
    misfit = fill(network, head, weights)
    if misfit:
        raise SourceError(
            f"{origin} does not fit the backbone `{backbone}` ({misfit}): name the backbone that it "
            "belongs to in `features.embedding.backbone`, or give other weights"
        )
    return network.eval().requires_grad_(False)


def _network(backbone: str, side: int) -> "nn.Module":
    from tunescope.models.deep.backbone import whole_network

    try:
        return whole_network(backbone, side)
    except (ValueError, RuntimeError, AssertionError) as error:
        raise ParameterError(
            f"`features.embedding.image_size` is {side}, which `{backbone}` cannot be built for ({error}): "
            "leave it out"
        ) from None
