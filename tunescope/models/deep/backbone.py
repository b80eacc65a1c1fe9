"""A network taken apart: the body, which sees, and the head, its last layer, which decides.

Importing this module imports PyTorch, but not torchvision, which most trainings do without.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tunescope.models.deep.cifar_layers import CifarResNet
from tunescope.models.deep.weights import CIFAR_RESNETS

CIFAR_CLASSES = 10
# What published weights expect of the network, beside the defaults of its function.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "googlenet": {"transform_input": True, "aux_logits": False, "init_weights": False},
    "inception_v3": {"transform_input": True, "aux_logits": False, "init_weights": False},
}
AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")  # heads that only a training uses
# Early files of DenseNets have names that modules can no longer have.
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")
PLACES = "encoder.pos_embedding"  # of vision transformers: a vector for each place


def whole_network(name: str, side: int, classes: int | None = None) -> nn.Module:
    """Make a network with fresh weights.

    Args:
        name: a classification model of torchvision, or ``cifar_resnet20`` to ``56``.
        side: of the square images that it will see, in pixels.
        classes: that it tells apart; without a number, those of its published weights.

    Raises:
        ValueError, RuntimeError, AssertionError: when it cannot be built for such images.
    """
    if name in CIFAR_RESNETS:
        return CifarResNet(int(name.removeprefix("cifar_resnet")), classes or CIFAR_CLASSES)
    import torchvision  # type: ignore[import-untyped]

    chosen: dict[str, Any] = {} if classes is None else {"num_classes": classes}
    if name.startswith("vit_"):
        chosen["image_size"] = side
    if name.startswith("maxvit_"):
        chosen["input_size"] = (side, side)
    network: nn.Module = torchvision.models.get_model(name, weights=None, **ARGUMENTS.get(name, {}), **chosen)
    return network


def cut_head(network: nn.Module) -> tuple[str, nn.Module]:
    """Let the last layer with weights hand on what it gets; returns its name and the layer."""
    layers = dict(network.named_modules())
    linear = [name for name, layer in layers.items() if isinstance(layer, nn.Linear)]
    # SqueezeNets alone end in a convolution.
    name: str = (linear or [name for name, layer in layers.items() if isinstance(layer, nn.Conv2d)])[-1]
    network.set_submodule(name, nn.Identity())
    return name, layers[name]


def fill(body: nn.Module, head: str, weights: Mapping[str, Tensor]) -> str:
    """Put weights of a whole network, or of its body alone, into the body.

    A vision transformer's places are interpolated where it was built for images of another side.

    Returns:
        what does not fit, or nothing
    """
    unused = (f"{head}.", *AUXILIARY)
    kept = OrderedDict(
        (OLD_DENSENET.sub(r"\1", name), tensor)
        for name, tensor in weights.items()
        if not name.startswith(unused)
    )
    vars(kept)["_metadata"] = getattr(weights, "_metadata", None) or vars(body.state_dict())["_metadata"]
    try:
        _fit_places(body, kept)
        outcome = body.load_state_dict(kept, strict=False)
    except (RuntimeError, ValueError) as error:
        return str(error).splitlines()[-1].strip()
    missing = [name for name in outcome.missing_keys if not name.endswith("num_batches_tracked")]
    faults = [f"`{name}` is missing" for name in missing]
    faults += [f"`{name}` is unknown" for name in outcome.unexpected_keys]
    return ", ".join(faults[:2])


def _fit_places(body: nn.Module, weights: "OrderedDict[str, Tensor]") -> None:
    if PLACES not in weights:
        return
    from torchvision.models.vision_transformer import (  # type: ignore[import-untyped]
        VisionTransformer,
        interpolate_embeddings,
    )

    if isinstance(body, VisionTransformer):
        interpolate_embeddings(body.image_size, body.patch_size, weights)
