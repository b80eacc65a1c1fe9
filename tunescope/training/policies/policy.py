"""What every learning-rate policy is."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tunescope.errors import ParameterError

PARTS = 3  # cycles, stages or periods of a training, where `l` is not given
LEFT = 0.01  # share of the rate at the end of a decay, where `gamma` is not given

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Policy(ABC):
    """A learning rate for each step.

    Attributes:
        k0: rate at the beginning, or a bound of it.
        k1: the other bound.
        l: length in steps; for ``nstep`` and ``composite`` also several steps, rising.
        gamma: factor of a decay.
        p: power.
        line: what the rate does, in words for people.
        uses: which of ``k1``, ``l``, ``gamma`` and ``p`` the class does not ignore.
        shape: what of it a search may vary, independent of rate and number of steps: ``k1`` (share of the
            rate), ``parts`` (into which ``l`` divides the training), ``gamma``, ``left`` (share of the rate
            that a decay leaves at the end), ``p``.
        sees_losses: whether the rate depends on the losses so far.

    Raises:
        ParameterError: when a rate is negative, a length, factor or power is not positive, or several steps
            do not rise.
    """

    k0: float = 0.1
    k1: float | None = None
    l: float | Sequence[float] | None = None  # noqa: E741  its published name
    gamma: float | None = None
    p: float | None = None

    line: ClassVar[str]
    uses: ClassVar[frozenset[str]] = frozenset()
    shape: ClassVar[tuple[str, ...]] = ()
    sees_losses: ClassVar[bool] = False
    takes_steps: ClassVar[bool] = False  # whether `l` may be several
    gamma_limit: ClassVar[float] = math.inf
    lower_share: ClassVar[float] = 0.0  # of `k0`, where `k1` is not given

    def __post_init__(self) -> None:
        if isinstance(self.l, Sequence | np.ndarray):
            object.__setattr__(self, "l", tuple(self.l))  # equal, and unchanged when the caller's list is
        for name in ("k0", "k1"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ParameterError(f"`{name}` is {value}, but must be at least 0")
        for name, value in (("l", self.l), ("gamma", self.gamma), ("p", self.p)):
            if value is not None and not all(one > 0 for one in _listed(value)):
                raise ParameterError(f"`{name}` is {value}, but must be more than 0")
        if "l" in self.uses:
            self._check_length()
        if self.gamma is not None and self.gamma > self.gamma_limit:
            raise ParameterError(f"`gamma` is {self.gamma}, but must be at most {self.gamma_limit:g}")

    def __call__(self, step: int, total_steps: int, losses: Sequence[float] = ()) -> float:
        """The rate of a step.

        Args:
            step: counted from 0.
            total_steps: of the whole training.
            losses: log losses on the validation split after each epoch so far, which most policies ignore.
        """
        # An array, because numpy rounds powers of single numbers otherwise.
        return float(self._rates(np.array([step], np.float64), total_steps)[0])

    def simulate(self, total_steps: int) -> Floats:
        """The rates of a whole training, float64 (total_steps,)."""
        return self._rates(np.arange(total_steps, dtype=np.float64), total_steps)

    @classmethod
    def shaped(cls, rate: float, total_steps: int, shape: Mapping[str, float]) -> "Policy":
        """The policy of a training from its highest rate and the values of ``shape``."""
        given: dict[str, Any] = {name: shape[name] for name in ("gamma", "p") if name in shape}
        if "k1" in shape:
            given["k1"] = shape["k1"] * rate
        if "parts" in shape:
            given["l"] = cls._length(int(shape["parts"]), total_steps)
        if "left" in shape:
            given["gamma"] = cls._decay(shape["left"], total_steps, given.get("p"))
        return cls(k0=rate, **given)

    @abstractmethod
    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        """The rates of many steps (n,)."""

    @classmethod
    def _length(cls, parts: int, total_steps: int) -> Any:
        """``l`` that divides a training into parts."""
        return max(total_steps / parts, 1)

    @classmethod
    def _decay(cls, left: float, total_steps: int, p: float | None) -> float:
        """``gamma`` after which a share of the rate is left at the end."""
        return float(left ** (1 / max(total_steps, 1)))

    @property
    def _bounds(self) -> tuple[float, float]:
        k1 = self.lower_share * self.k0 if self.k1 is None else self.k1
        return min(self.k0, k1), max(self.k0, k1)

    def _between(self, share: Any) -> Any:
        low, high = self._bounds
        return (high - low) * share + low

    def _l(self, total_steps: int) -> Any:
        return self._length(PARTS, total_steps) if self.l is None else self.l

    def _gamma(self, total_steps: int) -> float:
        return self.gamma or self._decay(LEFT, total_steps, self.p)

    def _check_length(self) -> None:
        steps = _listed(self.l)
        if isinstance(self.l, tuple) and not self.takes_steps:
            raise ParameterError(f"`l` is {self.l}, but must be one number of steps")
        if any(later <= earlier for earlier, later in pairwise(steps)):
            raise ParameterError(f"`l` is {self.l}, but its steps must rise from one to the next")


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
