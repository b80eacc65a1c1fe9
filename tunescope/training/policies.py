"""Learning-rate policies: pure functions of the step.

Names and formulas are those of LRBench (Wu and others, "Demystifying Learning Rate Policies for High Accuracy
Training of Deep Neural Networks", IEEE BigData 2019): ``k0`` and ``k1`` bound the rate, ``l`` is a length in
steps, ``gamma`` and ``p`` shape it. A decaying policy is ``k0 * g(t)``, a cyclic one
``|k1 - k0| * g(t) + min(k0, k1)``. With ``k0`` alone, every policy serves a whole training whose highest rate
it is: lengths and decays that are not given follow from the number of steps.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from tunescope.errors import ParameterError

STEPS_DOWN = 3  # of a training under `step`, where `l` is not given
LAST_SHARE = 0.01  # of the rate that `exp` leaves at the end, where `gamma` is not given
RISE = 0.25  # share of the steps in which `onecycle` rises


@dataclass(frozen=True)
class Policy(ABC):
    """A learning rate for each step.

    Attributes:
        k0: rate at the beginning, or a bound of it.
        k1: the other bound.
        l: length in steps.
        gamma: factor of a decay.
        p: power.

    Raises:
        ParameterError: when a rate is negative, or a length or factor is not positive.
    """

    k0: float = 0.1
    k1: float = 0.0
    l: float | None = None  # noqa: E741  its published name
    gamma: float | None = None
    p: float | None = None

    def __post_init__(self) -> None:
        for name in ("k0", "k1"):
            if not getattr(self, name) >= 0:
                raise ParameterError(f"`{name}` is {getattr(self, name)}, but must be at least 0")
        for name in ("l", "gamma"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ParameterError(f"`{name}` is {value}, but must be more than 0")

    @abstractmethod
    def __call__(self, step: int, total_steps: int) -> float:
        """The rate of a step, counted from 0, in a training of so many steps."""

    def _between(self, share: float) -> float:
        return abs(self.k1 - self.k0) * share + min(self.k0, self.k1)


class Fix(Policy):
    """FIX: ``k0``."""

    def __call__(self, step: int, total_steps: int) -> float:
        return self.k0


class Step(Policy):
    """STEP: ``k0 * gamma^floor(t / l)``; by default a tenth after each third of the training."""

    def __call__(self, step: int, total_steps: int) -> float:
        length = self.l or max(total_steps / STEPS_DOWN, 1)
        return float(self.k0 * (self.gamma or 0.1) ** math.floor(step / length))


class Exp(Policy):
    """EXP: ``k0 * gamma^t``; by default down to a hundredth at the end."""

    def __call__(self, step: int, total_steps: int) -> float:
        gamma = self.gamma or LAST_SHARE ** (1 / max(total_steps, 1))
        return float(self.k0 * gamma**step)


class Cos(Policy):
    """COS: ``g(t) = (1 + cos(2 pi t / l)) / 2``, from the higher bound; by default half a wave."""

    def __call__(self, step: int, total_steps: int) -> float:
        length = self.l or 2 * max(total_steps, 1)
        return self._between((1 + math.cos(2 * math.pi * step / length)) / 2)


class OneCycle(Policy):
    """One rise and one longer fall between the bounds, each half a cosine wave.

    Smith and Topin, "Super-Convergence", 2019, in the form with two phases; not one of LRBench's.
    """

    def __call__(self, step: int, total_steps: int) -> float:
        # Neither end is reached, so that with a lower bound of 0 no step is in vain.
        time = (step + 1) / (total_steps + 1)
        share = time / RISE if time < RISE else max(1 - time, 0) / (1 - RISE)
        return self._between((1 - math.cos(math.pi * share)) / 2)
