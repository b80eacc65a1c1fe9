"""The policy that looks at how the training goes."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tunescope.training.policies.policy import Floats, Policy

EARLY = 0.8  # share of a training in which a plateau raises the rate
PATIENCE = 2  # losses in a row without a gain that make a plateau
LEAST_GAIN = 1e-3  # share of the best loss that counts as a gain
HALF = 0.5  # step down, where `gamma` is not given


class Plateau(Policy):
    """On a plateau the rate rises before 80 % of the training, and falls after.

    As LRBench does (Wu and others, 2019): while there is time, a higher rate may lead out of the plateau.
    The rate begins at ``gamma`` times the higher bound, rises to that bound and falls by ``gamma`` at a time,
    never below the lower one. ``l`` is the number of steps between two losses, an epoch; where it is not
    given, the losses so far are taken to be spread evenly over the steps so far. A loss is a plateau when it
    is the second in a row that is not a thousandth below the best.
    """

    line = "Looks at the losses: where they stop falling it rises, near the end it falls"
    uses = frozenset({"k1", "l", "gamma"})
    sees_losses = True
    gamma_limit = 1.0

    def __call__(self, step: int, total_steps: int, losses: Sequence[float] = ()) -> float:
        """The rate of a step, counted from 0, after the losses of the epochs so far."""
        low, high = self._bounds
        gamma = self.gamma or HALF
        rate = max(gamma * high, low)
        for number in _plateaus(losses):
            early = number * self._epoch(step, len(losses)) < EARLY * total_steps
            rate = min(rate / gamma, high) if early else max(rate * gamma, low)
        return rate

    def simulate(self, total_steps: int, losses: Sequence[float] = ()) -> Floats:
        """The rates, float64 (total_steps,), of a training whose epochs, equally long, have these losses."""
        epochs = [step * len(losses) // total_steps for step in range(total_steps)]
        return np.array([self(step, total_steps, losses[:epoch]) for step, epoch in enumerate(epochs)])

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        return np.full_like(steps, self(0, total_steps))

    def _epoch(self, step: int, losses: int) -> float:
        return self.l if isinstance(self.l, int | float) else step / losses


def _plateaus(losses: Sequence[float]) -> Iterator[int]:
    """After how many losses there is a plateau."""
    best, waited = math.inf, 0
    for number, loss in enumerate(losses, start=1):
        waited = 0 if loss < best * (1 - LEAST_GAIN) else waited + 1
        best = min(best, loss)
        if waited == PATIENCE:
            yield number
            waited = 0
