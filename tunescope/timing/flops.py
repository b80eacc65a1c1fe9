"""How much a network has to compute."""

import copy
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


def forward_flops(module: "nn.Module", images: "Tensor") -> int | None:
    """Count the floating point operations of one image's forward pass: a multiplication with addition is two.

    Counted are the products of matrices, convolutions, attention and recurrent cells: nearly all of a
    network's work. Left out are biases, activations, normalization and pooling. Nothing is computed: a copy
    of the network without weights ("meta" tensors) is asked for shapes. That is why the network's state and
    random numbers stay as they are, why the device does not matter, and why an LSTM or GRU is counted: on a
    device, its products hide in one operator of mkldnn or cuDNN, whose work PyTorch counts as nothing.

    Args:
        module: in any mode, on any device; counted as it is in evaluation, before any compilation.
        images: as the module takes them, (n, ...), on any device; one is enough.

    Returns:
        The operations for each image, or None when the module's way depends on the values in an image.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        shadow = _without_weights(module)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            shadow(images.to("meta"))
    except RuntimeError:  # meta tensors cannot follow
        return None
    return int(counter.get_total_flops()) // len(images)


def _without_weights(module: "nn.Module") -> "nn.Module":
    """A copy in evaluation mode whose parameters and buffers have shapes, but no values and no memory."""
    import torch

    tensors = chain(module.parameters(), module.buffers())
    memo = {id(one): torch.empty_like(one, device="meta", requires_grad=False) for one in tensors}
    return copy.deepcopy(module, memo).eval()
