"""How weights follow the gradient."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

BETAS = (0.9, 0.99)  # a shorter memory of squared gradients than usual, for trainings of few steps
LARGEST_GRADIENT = 1.0  # norm; longer ones are shortened, which recurrent networks need


class Optimizer:
    """AdamW with clipped gradients.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019. Weight decay spares biases
    and the scales of normalization layers, which have nothing to unlearn.
    """

    def __init__(self, module: nn.Module, hyperparameters: Mapping[str, Any]) -> None:
        self._parameters = [one for one in module.parameters() if one.requires_grad]
        groups = [
            {
                "params": [one for one in self._parameters if one.ndim > 1],
                "weight_decay": hyperparameters["weight_decay"],
            },
            {"params": [one for one in self._parameters if one.ndim <= 1], "weight_decay": 0.0},
        ]
        self._adamw = torch.optim.AdamW(groups, lr=hyperparameters["learning_rate"], betas=BETAS, fused=True)

    def clear(self) -> None:
        """Forget the gradients."""
        self._adamw.zero_grad()

    def step(self, learning_rate: float) -> None:
        """Change the weights at a learning rate."""
        nn.utils.clip_grad_norm_(self._parameters, LARGEST_GRADIENT)
        for group in self._adamw.param_groups:
            group["lr"] = learning_rate
        self._adamw.step()
