"""Networks whose last layer is left out, so that they give what it would decide from."""

import difflib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunescope.errors import ParameterError, SourceError, UnknownNameError
from tunescope.features.weights import pretrained

if TYPE_CHECKING:
    import torch
    from torch import nn

CIFAR = {f"cifar_resnet{depth}": depth for depth in (20, 32, 44, 56)}
# The published CIFAR-10 weights were trained with ImageNet's statistics, not with those of CIFAR-10
# (`trainer.py` of akamaster/pytorch_resnet_cifar10).
CIFAR_SIDE, CIFAR_MEAN, CIFAR_STD = 32, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# What the weights of these expect of the network, beside the defaults of its function.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "googlenet": {"transform_input": True, "aux_logits": False, "init_weights": False},
    "inception_v3": {"transform_input": True, "aux_logits": False, "init_weights": False},
}
AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")  # heads that only a training uses
# Early files of DenseNets have names that modules can no longer have.
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")


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

    known = [*CIFAR, *torchvision.models.list_models(module=torchvision.models)]
    if backbone not in known:
        close = difflib.get_close_matches(backbone, known, n=1)
        hint = f" (did you mean `{close[0]}`?)" if close else ""
        raise UnknownNameError(
            f"`features.embedding.backbone` is `{backbone}`, which is no backbone{hint}: "
            f"use {', '.join(f'`{name}`' for name in CIFAR)} or a classification model of torchvision"
        )


def preparation(backbone: str, side: int | None) -> Preparation:
    """What the pretrained weights of a backbone want, with another side where one is given.

    Torchvision cuts out the middle of what it resizes; here the whole picture, square already, is seen.

    Raises:
        UnknownNameError: when there is no such backbone.
    """
    check(backbone)
    if backbone in CIFAR:
        return Preparation(side or CIFAR_SIDE, CIFAR_MEAN, CIFAR_STD, "bilinear")
    wanted: Any = pretrained(backbone).transforms()
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

    check(backbone)
    with torch.random.fork_rng(devices=[]):  # first weights are drawn, only to be replaced
        network = _network(backbone, side)
    head = _cut_head(network)
    misfit = _load(network, head, weights)
    if misfit:
        raise SourceError(
            f"{origin} does not fit the backbone `{backbone}` ({misfit}): name the backbone that it "
            "belongs to in `features.embedding.backbone`, or give other weights"
        )
    return network.eval().requires_grad_(False)


def _network(backbone: str, side: int) -> "nn.Module":
    import torchvision

    if backbone in CIFAR:
        from tunescope.models.deep.cifar_resnet import CifarResNet

        return CifarResNet(CIFAR[backbone])
    arguments = ARGUMENTS.get(backbone, {})
    if backbone.startswith("vit_"):
        arguments = {"image_size": side}  # it learns a vector for each place
    if backbone.startswith("maxvit_"):
        arguments = {"input_size": (side, side)}
    try:
        network: nn.Module = torchvision.models.get_model(backbone, weights=None, **arguments)
    except (ValueError, RuntimeError, AssertionError) as error:
        raise ParameterError(
            f"`features.embedding.image_size` is {side}, which `{backbone}` cannot be built for ({error}): "
            "leave it out"
        ) from None
    return network


def _cut_head(network: "nn.Module") -> str:
    """Let the last layer with weights hand on what it gets; returns its name."""
    from torch import nn

    layers = dict(network.named_modules())
    linear = [name for name, layer in layers.items() if isinstance(layer, nn.Linear)]
    # SqueezeNets alone end in a convolution.
    head: str = (linear or [name for name, layer in layers.items() if isinstance(layer, nn.Conv2d)])[-1]
    network.set_submodule(head, nn.Identity())
    return head


def _load(network: "nn.Module", head: str, weights: "Mapping[str, torch.Tensor]") -> str:
    """Put in the weights; returns what does not fit, or nothing."""
    unused = (f"{head}.", *AUXILIARY)
    kept = OrderedDict(
        (OLD_DENSENET.sub(r"\1", name), tensor)
        for name, tensor in weights.items()
        if not name.startswith(unused)
    )
    vars(kept)["_metadata"] = getattr(weights, "_metadata", None) or vars(network.state_dict())["_metadata"]
    try:
        outcome = network.load_state_dict(kept, strict=False)
    except RuntimeError as error:
        return str(error).splitlines()[-1].strip()
    missing = [name for name in outcome.missing_keys if not name.endswith("num_batches_tracked")]
    faults = [f"`{name}` is missing" for name in missing]
    faults += [f"`{name}` is unknown" for name in outcome.unexpected_keys]
    return ", ".join(faults[:2])
