"""What a network is made of: its blocks in order, with the shapes of what they hand on, weights and work.

Importing this module imports no PyTorch, so that a page may show what another process has looked at.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from tunescope.errors import ParameterError

if TYPE_CHECKING:
    from torch import nn

# Classes of blocks, as people call them; others by the name of their class.
_KINDS = {
    "Residual": "Residual block",
    "Block": "Residual block",
    "BasicBlock": "Residual block",
    "Bottleneck": "Residual block",
    "InvertedResidual": "Inverted residual block",
    "MBConv": "Inverted residual block",
    "CNBlock": "ConvNeXt block",
    "EncoderBlock": "Transformer block",
    "MeanAndMax": "Mean and maximum",
    "AdaptiveAvgPool2d": "Mean",
    "MaxPool2d": "Maximum of pixels",
    "Strips": "Strips of the image",
    "Patches": "Patches of the image",
    "Linear": "Linear",
}
# They change no shape and have hardly a weight: part of the block before them.
_PASSING = "Passing"
_SMALL = (
    _PASSING, "Dropout", "ReLU", "GELU", "Hardswish", "SiLU", "Identity", "Flatten", "LayerNorm", "BatchNorm"
)  # fmt: skip
# Of torchvision: its blocks follow one another, though it is no row to PyTorch.
_ROWS = ("Encoder",)


@dataclass(frozen=True)
class Block:
    """One block of a network, or several equal ones in a row.

    Attributes:
        kind: what it is, in words.
        times: how many of them follow one another.
        shape: of what it hands on for one image: (channels, height, width), (steps, values) or (values,).
        weights: of all of them.
        flops: floating point operations of all of them for one image.
    """

    kind: str
    times: int
    shape: tuple[int, ...]
    weights: int
    flops: int


def outline(
    model: str, hyperparameters: Mapping[str, Any], image_shape: Sequence[int], classes: int
) -> tuple[Block, ...]:
    """The blocks of a network, from the image to the logits. Nothing is trained, and no weight gets a value.

    Args:
        model: a key of ``MODELS``, of a deep model.
        hyperparameters: complete.
        image_shape: height, width, channels.
        classes: number of classes.

    Raises:
        ParameterError: when the network cannot be built, or no image can be led through it.
    """
    import torch

    from tunescope.models import MODELS

    height, width, channels = image_shape
    with torch.device("meta"):
        try:
            network = MODELS[model].build(hyperparameters, (height, width, channels), classes).eval()
            found = _led_through(network, torch.empty(1, channels, height, width))
        except (RuntimeError, ValueError, KeyError, AssertionError, NotImplementedError) as error:
            raise ParameterError(f"`{model}` cannot be looked into: {error}") from None
    return tuple(_gathered(found))


def _led_through(network: "nn.Module", images: Any) -> list[Block]:
    """What each block does to an image, in the order in which they see it."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    found: list[Block] = []
    begun: dict[int, int] = {}
    with torch.no_grad(), FlopCounterMode(display=False) as counter:

        def before(module: "nn.Module", _: Any) -> None:
            begun[id(module)] = int(counter.get_total_flops())

        def after(module: "nn.Module", _: Any, given: Any) -> None:
            flops = int(counter.get_total_flops()) - begun[id(module)]
            found.append(Block(_kind(module), 1, tuple(given.shape[1:]), _weights(module), flops))

        for block in _blocks(network):
            block.register_forward_pre_hook(before)
            block.register_forward_hook(after)
        network(images)
    return found


def _blocks(module: "nn.Module") -> Iterator["nn.Module"]:
    """The parts to tell apart: rows of parts are opened, and the body of a network that has one."""
    for child in module.children():
        if _is_row(child) or child is getattr(module, "body", None):
            yield from _blocks(child)
        else:
            yield child


def _is_row(module: "nn.Module") -> bool:
    """Whether it holds blocks one after the other, or several layers with weights."""
    from torch import nn

    if not isinstance(module, nn.Sequential):
        return type(module).__name__ in _ROWS
    has_blocks = any(any(child.children()) for child in module.children())
    return has_blocks or sum(isinstance(one, nn.Conv2d | nn.Linear) for one in module) > 1


def _gathered(blocks: Sequence[Block]) -> Iterator[Block]:
    """Without what only passes on, and with equal blocks in a row as one."""
    kept: list[Block] = []
    for block in blocks:
        if kept and _is_small(block):
            kept[-1] = replace(kept[-1], weights=kept[-1].weights + block.weights)
        elif kept and (kept[-1].kind, kept[-1].shape) == (block.kind, block.shape):
            last = kept[-1]
            kept[-1] = replace(
                last,
                times=last.times + 1,
                weights=last.weights + block.weights,
                flops=last.flops + block.flops,
            )
        elif not _is_small(block):
            kept.append(block)
    yield from kept


def _is_small(block: Block) -> bool:
    return block.kind.replace(" ", "").startswith(_SMALL)


def _weights(module: "nn.Module") -> int:
    return sum(prod(one.shape) for one in module.parameters())


def _kind(module: "nn.Module") -> str:
    from torch import nn

    name = type(module).__name__
    if name == "Recurrence":
        return type(module.cells).__name__
    first = next((one for one in module.modules() if isinstance(one, nn.Conv2d)), None)
    if first is not None and (isinstance(module, nn.Conv2d | nn.Sequential) or "Conv2dNorm" in name):
        sides = " x ".join(map(str, first.kernel_size))
        return f"Convolution {sides}"
    if isinstance(module, nn.Sequential):
        return next(("Linear" for one in module if isinstance(one, nn.Linear)), _PASSING)
    return _KINDS.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
