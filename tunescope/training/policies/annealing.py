"""Policies with half waves of a cosine, which are not among LRBench's functions."""

from typing import Any

import numpy as np

from tunescope.training.policies.policy import Floats, Policy

RISE = 0.25  # share of the steps in which `onecycle` rises
WARM_UP = 0.1  # share of the steps in which `warmup_cos` rises, where `l` is not given


class WarmupCos(Policy):
    """A line up from ``k1`` to ``k0`` in ``l`` steps, and half a cosine wave back down.

    Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts, after the warm-up of Goyal and others,
    "Accurate, Large Minibatch SGD", 2017. By default the warm-up is a tenth of the training.
    """

    line = "Warms up in a line, then falls to 0 in half a cosine wave"
    uses = frozenset({"k1", "l"})

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        length = self._l(total_steps)
        # The lower bound itself, which may be 0, is left out on the way up.
        rising = (steps + 1) / (length + 1)
        share = np.clip((steps - length) / max(total_steps - length, 1), 0, 1)
        return np.asarray(self._between(np.minimum(rising, (1 + np.cos(np.pi * share)) / 2)))

    def _l(self, total_steps: int) -> Any:
        return self.l or WARM_UP * total_steps


class OneCycle(Policy):
    """One rise and one longer fall between the bounds, each half a cosine wave.

    Smith and Topin, "Super-Convergence", 2019, in the form with two phases.
    """

    line = "Rises for a quarter of the training, then falls to 0"
    uses = frozenset({"k1"})

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        # Neither end is reached, so that with a lower bound of 0 no step is in vain.
        time = (steps + 1) / (total_steps + 1)
        share = np.where(time < RISE, time / RISE, np.maximum(1 - time, 0) / (1 - RISE))
        return np.asarray(self._between((1 - np.cos(np.pi * share)) / 2))


class Restarts(Policy):
    """Half a cosine wave down from the higher bound, again and again, each twice as long as the one before.

    Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017, with T_0 = ``l``
    and T_mult = 2. By default three fill the training.
    """

    line = "Falls in half a cosine wave and starts again, each twice as long"
    uses = frozenset({"k1", "l"})
    shape = ("parts",)

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        lengths = steps / self._l(total_steps)
        # Periods begin after 0, 1, 3, 7, ... times the length of the first.
        period = 2 ** np.floor(np.log2(lengths + 1))
        share = (lengths + 1) / period - 1
        return np.asarray(self._between((1 + np.cos(np.pi * share)) / 2))

    @classmethod
    def _length(cls, parts: int, total_steps: int) -> Any:
        return max(total_steps / (2**parts - 1), 1)
