"""An average of a network's weights over the last steps, which is often better than the last weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

WARM_UP = 9  # the average looks back over at most a ninth of the steps so far, so that it forgets the start


class WeightAverage:
    """Exponential moving average of the weights that are trained and of the statistics of normalization.

    Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992. After step ``t``, from
    1, each average moves towards its weight by the share ``max(1 / horizon, WARM_UP / (WARM_UP + t))`` (the
    warm-up of TensorFlow's ``ExponentialMovingAverage``). Statistics, such as the means that batch
    normalization keeps, are averaged like the weights, because they belong to the weights of their time;
    counters stay the network's own.

    Args:
        module: the network.
        horizon: steps that the average looks back over, at least 1, which keeps the last weights.
    """

    def __init__(self, module: nn.Module, horizon: float) -> None:
        self._lowest = 1 / horizon
        self._steps = 0
        self._own = [*_trained(module), *_statistics(module)]
        self._average = [one.detach().clone() for one in self._own]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        self._steps += 1
        share = max(self._lowest, WARM_UP / (WARM_UP + self._steps))
        torch._foreach_lerp_(self._average, self._own, share)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside, the network has the averaged weights, and afterwards its own again."""
        kept = [one.detach().clone() for one in self._own]
        self._give(self._average)
        try:
            yield
        finally:
            self._give(kept)

    def state_dict(self) -> dict[str, Any]:
        """The averages so far, and over how many steps."""
        return {"steps": self._steps, "average": self._average}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self._steps = state["steps"]
        torch._foreach_copy_(self._average, state["average"])

    @torch.no_grad()
    def _give(self, values: list[Tensor]) -> None:
        # Copied in place, because optimizers and compiled networks hold on to these very tensors.
        torch._foreach_copy_(self._own, values)


def _trained(module: nn.Module) -> list[Tensor]:
    return [one for one in module.parameters() if one.requires_grad]


def _statistics(module: nn.Module) -> list[Tensor]:
    return [one for one in module.buffers() if one.is_floating_point()]
