"""How weights follow the gradient."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from tunescope.models.deep.recipe import RATE_SCALES

BETAS = (0.9, 0.99)  # a shorter memory of squared gradients than usual, for trainings of few steps
SGD_MOMENTUM, MUON_MOMENTUM = 0.9, 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan's coefficients
NEWTON_SCHULZ_STEPS = 5


@dataclass(frozen=True)
class RateGroup:
    """Parameters whose learning rate is a multiple of that of the training."""

    parameters: Sequence[nn.Parameter]
    factor: float = 1.0


class Optimizer:
    """The optimizer that was chosen, with clipped gradients and decoupled weight decay.

    Weight decay means the same whatever the optimizer: a step shrinks weights by the share ``weight_decay``
    times the learning rate on AdamW's scale (Loshchilov and Hutter, "Decoupled weight decay regularization",
    ICLR 2019). It spares biases and the scales of normalization layers, which have nothing to unlearn.

    Args:
        groups: the parameters, from the lowest layer to the head; frozen ones are left out.
        hyperparameters: ``optimizer`` (a key of ``OPTIMIZERS``), ``weight_decay``, and ``clipping``, the
            largest norm of all gradients together, 0 for any.
    """

    def __init__(self, groups: Sequence[RateGroup], hyperparameters: Mapping[str, Any]) -> None:
        groups = [
            RateGroup([one for one in each.parameters if one.requires_grad], each.factor) for each in groups
        ]
        self._parameters = [one for group in groups for one in group.parameters]
        self._decayed = [RateGroup([p for p in one.parameters if p.ndim > 1], one.factor) for one in groups]
        self._decay = hyperparameters["weight_decay"] / RATE_SCALES[hyperparameters["optimizer"]]
        self._clipping = hyperparameters["clipping"]
        self._parts = OPTIMIZERS[hyperparameters["optimizer"]](groups)

    def clear(self) -> None:
        """Forget the gradients."""
        for part in self._parts:
            part.zero_grad()

    def step(self, rate: float) -> None:
        """Change the weights at a learning rate."""
        if self._clipping:
            nn.utils.clip_grad_norm_(self._parameters, self._clipping)
        self._shrink(rate)
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate * group["factor"]
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """All that a later step depends on, besides the weights."""
        return {str(number): part.state_dict() for number, part in enumerate(self._parts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        for number, part in enumerate(self._parts):
            part.load_state_dict(state[str(number)])

    @torch.no_grad()
    def _shrink(self, rate: float) -> None:
        for group in self._decayed:
            if group.parameters:
                torch._foreach_mul_(list(group.parameters), 1 - rate * group.factor * self._decay)


def learning_rate(hyperparameters: Mapping[str, Any]) -> float:
    """The highest learning rate of a complete configuration: that of its optimizer."""
    optimizer = hyperparameters["optimizer"]
    rate: float = hyperparameters["learning_rate" if optimizer == "adamw" else f"{optimizer}_learning_rate"]
    return rate


class Muon(torch.optim.Optimizer):
    """Momentum whose singular values are all brought near to 1, for weights that are matrices.

    Jordan and others, "Muon: an optimizer for hidden layers in neural networks", 2024. A convolution's kernel
    is a matrix with a row for each channel that it puts out. torch.optim.Muon takes no kernels, and works on
    one matrix at a time and in bfloat16, which is slow on most CPUs.
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        super().__init__(groups, {"lr": 0.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Change the weights."""
        for group in self.param_groups:
            moving = sorted((one for one in group["params"] if one.grad is not None), key=_matrix_shape)
            for (rows, columns), alike in groupby(moving, key=_matrix_shape):
                rate = group["lr"] * math.sqrt(max(1, rows / columns))
                self._move(list(alike), rate)

    def _move(self, parameters: list[nn.Parameter], rate: float) -> None:
        directions = orthogonalized(torch.stack([self._direction(one) for one in parameters]))
        for one, direction in zip(parameters, directions, strict=True):
            one.sub_(direction.reshape(one.shape), alpha=rate)

    def _direction(self, parameter: nn.Parameter) -> Tensor:
        """The gradient with Nesterov's momentum, as a matrix."""
        gradient, state = parameter.grad, self.state[parameter]
        assert gradient is not None
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        state["momentum"].lerp_(gradient, 1 - MUON_MOMENTUM)
        return gradient.lerp(state["momentum"], MUON_MOMENTUM).flatten(1)


def orthogonalized(matrices: Tensor) -> Tensor:
    """Bring the singular values of (n, rows, columns) matrices near to 1, between about 0.7 and 1.2.

    A step of the Newton-Schulz iteration multiplies a matrix X by a polynomial of its Gram matrix X X'. Here
    these factors are worked out and multiplied with one another first: they are square with the shorter side,
    which for kernels is several times less work than taking X itself through every step.
    """
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalized(matrices.transpose(1, 2)).transpose(1, 2)
    first, second, third = NEWTON_SCHULZ
    scaled: Tensor = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    gram = scaled @ scaled.transpose(1, 2)
    identity = torch.eye(gram.shape[1], dtype=gram.dtype, device=gram.device)
    product = identity.expand_as(gram)
    for _ in range(NEWTON_SCHULZ_STEPS):
        factor = torch.baddbmm(first * identity + second * gram, gram, gram, alpha=third)
        product = factor @ product
        gram = factor @ gram @ factor
    return product @ scaled


def _matrix_shape(parameter: Tensor) -> tuple[int, int]:
    rows = len(parameter)
    return rows, parameter.numel() // rows


def _adamw(groups: Sequence[RateGroup]) -> list[torch.optim.Optimizer]:
    return [torch.optim.AdamW(_described(groups), lr=0.0, betas=BETAS, weight_decay=0.0, fused=True)]


def _sgd(groups: Sequence[RateGroup]) -> list[torch.optim.Optimizer]:
    return [torch.optim.SGD(_described(groups), lr=0.0, momentum=SGD_MOMENTUM, nesterov=True, fused=True)]


def _muon(groups: Sequence[RateGroup]) -> list[torch.optim.Optimizer]:
    """Muon for the matrices between the first layer and the head, AdamW for all else."""
    matrices = [
        one for group in groups for one in group.parameters if one.ndim > 1 and min(_matrix_shape(one)) > 1
    ]
    inner = {id(one) for one in matrices[1:-1]}
    muon = [RateGroup([one for one in each.parameters if id(one) in inner], each.factor) for each in groups]
    rest = [
        RateGroup([one for one in each.parameters if id(one) not in inner], each.factor / RATE_SCALES["muon"])
        for each in groups
    ]
    return [Muon(_described(muon)), *_adamw(rest)] if inner else _adamw(rest)


# Fused steps are there on CPUs and on CUDA devices, which are all that a training runs on.
OPTIMIZERS: dict[str, Callable[[Sequence[RateGroup]], list[torch.optim.Optimizer]]] = {
    "adamw": _adamw,
    "sgd": _sgd,
    "muon": _muon,
}


def _described(groups: Sequence[RateGroup]) -> list[dict[str, Any]]:
    return [{"params": list(one.parameters), "factor": one.factor} for one in groups]
