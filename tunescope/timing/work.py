"""How much a network has to compute, and to fetch and store."""

import copy
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Work:
    """What one image of a batch takes on its way through a network.

    Attributes:
        flops: floating point operations; a multiplication with addition is two.
        traffic: bytes that operators read and write, with the image's share of what is read once a batch.
    """

    flops: int
    traffic: int


def forward_work(
    module: nn.Module, shape: tuple[int, ...], images: int = 1, precision: str = "float32"
) -> Work | None:
    """Count operations and memory traffic of a forward pass.

    Operations are those of products of matrices, convolutions, attention and recurrent cells: nearly all of a
    network's. Left out are biases, activations, normalization and pooling.

    Traffic is what each operator reads and writes if it starts and ends with all its tensors in memory and
    moves each value once: the sum of the sizes of its arguments and results, weights included. Operators that
    only look at a tensor in another shape move nothing.

    Nothing is computed: a copy of the network without weights ("meta" tensors) is asked for shapes. That is
    why the network's state and random numbers stay as they are, why the device does not matter, and why an
    LSTM or GRU is counted: on a device, its products hide in one operator of mkldnn or cuDNN, whose work
    PyTorch counts as nothing.

    Args:
        module: in any mode, on any device; counted as it is in evaluation, before any compilation.
        shape: of one image, as the module takes it.
        images: that go through together, and share the traffic of the weights.
        precision: of all values, weights too: ``float32`` or ``bfloat16``.

    Returns:
        The work for each image, or None when the module's way depends on the values in an image.
    """
    kind = getattr(torch, precision)
    batch = torch.empty(images, *shape, device="meta", dtype=kind)
    try:
        shadow = _without_weights(module).to(kind)
        with torch.no_grad(), FlopCounterMode(display=False) as flops, _Traffic() as traffic:
            shadow(batch)
    except RuntimeError:  # meta tensors cannot follow
        return None
    return Work(int(flops.get_total_flops()) // images, traffic.bytes // images)


def _without_weights(module: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose parameters and buffers have shapes, but no values and no memory."""
    tensors = chain(module.parameters(), module.buffers())
    memo = {id(one): torch.empty_like(one, device="meta", requires_grad=False) for one in tensors}
    return copy.deepcopy(module, memo).eval()


class _Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up what each operator moves."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        read, written = _tensors((args, kwargs)), _tensors(result)
        if func._schema.is_mutable or not _is_among(written, read):
            self.bytes += sum(map(_size, read + written))
        return result


def _tensors(values: Any) -> list[Tensor]:
    return [one for one in tree_leaves(values) if isinstance(one, Tensor)]


def _is_among(written: list[Tensor], read: list[Tensor]) -> bool:
    """Whether the results are arguments seen in another way: they lie in the same memory."""
    places = {one.untyped_storage()._cdata for one in read}
    return all(one.untyped_storage()._cdata in places for one in written)


def _size(tensor: Tensor) -> int:
    """Bytes of a tensor's own values; those that are shown many times over count once."""
    return min(tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes())
