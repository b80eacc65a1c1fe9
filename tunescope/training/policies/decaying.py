"""Policies of LRBench that only fall: ``k0 * g(t)``."""

from typing import Any

import numpy as np

from tunescope.training.policies.policy import Floats, Policy

TENTH = 0.1  # what a step leaves of the rate, where `gamma` is not given


class Fix(Policy):
    """FIX: ``k0``."""

    line = "Stays as it is"

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        return np.full_like(steps, self.k0)


class Step(Policy):
    """STEP: ``g(t) = gamma^floor(t / l)``; by default a tenth after each third of the training."""

    line = "Falls to a tenth after each third of the training"
    uses = frozenset({"l", "gamma"})
    shape = ("parts", "gamma")
    gamma_limit = 1.0

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        return np.asarray(self.k0 * (self.gamma or TENTH) ** np.floor(steps / self._l(total_steps)))


class NStep(Policy):
    """NSTEP: ``g(t) = gamma^i for l_(i-1) <= t < l_i``; by default a tenth after 1/2 and 3/4 of the training.

    ``l`` holds the steps at which the rate falls; one number is one such step.
    """

    line = "Falls to a tenth at given steps, usually after 1/2 and 3/4"
    uses = frozenset({"l", "gamma"})
    shape = ("parts", "gamma")
    takes_steps = True
    gamma_limit = 1.0

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        falls = np.searchsorted(np.atleast_1d(self._l(total_steps)), steps, side="right")
        return np.asarray(self.k0 * (self.gamma or TENTH) ** falls)

    @classmethod
    def _length(cls, parts: int, total_steps: int) -> Any:
        return halvings(parts, total_steps)


class Exp(Policy):
    """EXP: ``g(t) = gamma^t``; by default down to a hundredth at the end."""

    line = "Falls by the same factor at every step"
    uses = frozenset({"gamma"})
    shape = ("left",)
    gamma_limit = 1.0

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        return self.k0 * self._gamma(total_steps) ** steps


class Inv(Policy):
    """INV: ``g(t) = (1 + gamma t)^-p``; by default ``p`` is 1, and a hundredth is left at the end."""

    line = "Falls fast at first, then ever more slowly"
    uses = frozenset({"gamma", "p"})
    shape = ("left", "p")

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        return self.k0 * (1 + self._gamma(total_steps) * steps) ** -(self.p or 1)

    @classmethod
    def _decay(cls, left: float, total_steps: int, p: float | None) -> float:
        return float((left ** (-1 / (p or 1)) - 1) / max(total_steps, 1))


class Poly(Policy):
    """POLY: ``g(t) = (1 - t / l)^p``, and 0 from ``l`` on; by default ``l`` is the last step and ``p`` 1."""

    line = "Falls in a straight line, or a power of it"
    uses = frozenset({"l", "p"})
    shape = ("p",)

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        share = steps / (self.l or max(total_steps, 1))
        return self.k0 * np.maximum(1 - share, 0) ** (self.p or 1)


def halvings(parts: int, total_steps: int) -> tuple[float, ...]:
    """Where parts begin of which the first is half of a training, and each next half of the rest."""
    return tuple(max(total_steps, 1) * (1 - 0.5**number) for number in range(1, parts))
