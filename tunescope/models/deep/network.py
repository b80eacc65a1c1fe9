"""A network that can begin with what another training has learned. Importing this module imports PyTorch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from tunescope.errors import SourceError
from tunescope.models.deep.backbone import cut_head, fill, whole_network
from tunescope.models.deep.weights import find, read_weights

Transfer = Literal["frozen", "last_stage", "all"]
Stages = Sequence[Sequence[str]]

CHANNELS, USUAL_SIDE = 3, 224  # that published networks see


class Network(nn.Module):
    """A body that makes features of images, and a head that makes logits of features.

    Images (n, 1 or 3, height, width) of any size: they are scaled to the side that the body sees, and a gray
    one is shown as three equal channels. Scaling may come before or after normalization all the same.

    Args:
        whole: a network whose last layer with weights becomes the head.
        side: of the square images that the body sees, in pixels.
        stages: names of the parts that each stage of the body is made of, the lowest first; together they
            have every parameter of the body.

    Attributes:
        cut: name of the head in ``whole``.
    """

    def __init__(self, whole: nn.Module, side: int, stages: Stages) -> None:
        super().__init__()
        self.cut, head = cut_head(whole)
        self.body, self.head = whole, head  # in this order: that of the parameters is from low to high
        self.side = side
        self._stages = stages
        self._frozen: list[nn.Module] = []

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, classes) of float32 images."""
        logits: Tensor = self.head(self.features(images))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """What the head decides from: (n, d)."""
        features: Tensor = self.body(self._fitted(images)).flatten(1)
        return features

    def stages(self) -> list[list[nn.Parameter]]:
        """The parameters of each stage, the lowest first; the head is none of them."""
        named = dict(self.body.named_parameters())
        return [
            [parameter for name, parameter in named.items() if _is_part(name, stage)]
            for stage in self._stages
        ]

    def freeze(self, transfer: Transfer) -> None:
        """Let only a part of the network learn: the head; the highest stage too; or all of it.

        What is frozen also stays in evaluation mode: its batch normalization does not follow the new images.
        """
        learning = {"frozen": 0, "last_stage": 1, "all": len(self._stages)}[transfer]
        frozen = len(self._stages) - learning
        for number, stage in enumerate(self.stages()):
            for parameter in stage:
                parameter.requires_grad_(number >= frozen)
        parts = dict(self.body.named_modules())
        named = [parts[name] for stage in self._stages[:frozen] for name in stage if name in parts]
        self._frozen = [self.body] if transfer == "frozen" else named
        self.train(self.training)

    def train(self, mode: bool = True) -> "Network":
        """Go to training mode, but for what is frozen."""
        super().train(mode)
        for part in self._frozen:
            part.eval()
        return self

    def _fitted(self, images: Tensor) -> Tensor:
        sides = (self.side, self.side)
        if images.shape[-2:] != sides:
            is_larger = max(images.shape[-2:]) > self.side
            images = interpolate(images, sides, mode="bilinear", antialias=is_larger)
        return images.expand(-1, CHANNELS, -1, -1)


def load_weights(network: Network, name: str, location: str | Path | None, key: str) -> None:
    """Find weights and put them into the body of a network.

    Raises:
        SourceError: when they are not to be had, cannot be read without running code, or do not fit.
    """
    path = find(name, location, key)
    misfit = fill(network.body, network.cut, read_weights(path, key))
    if misfit:
        raise SourceError(
            f"`{path}` does not fit the network `{name}` ({misfit}): name the weights of this network in "
            f"`{key}`, or a folder that holds those of every network of the search"
        )


def check_weights(name: str, location: str | Path | None, key: str) -> None:
    """Find weights, downloading them where they are missing, and see that they fit the network.

    Raises:
        SourceError: as for :func:`load_weights`.
    """
    with torch.random.fork_rng(devices=[]):  # first weights are drawn, only to be replaced
        network = Network(whole_network(name, USUAL_SIDE), USUAL_SIDE, stages=())
    load_weights(network, name, location, key)


def _is_part(name: str, stage: Sequence[str]) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in stage)
