"""One dimension of a space, and how it is told in words."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Scalar = bool | int | float | str | None
Configuration = dict[str, Any]
Kind = Literal["float", "int", "categorical"]

# What a value may miss its step by, in steps: Optuna's own tolerance.
_STEP_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Hyperparameter:
    """One dimension of a space.

    Attributes:
        name: unique in its space; ``<model>.<hyperparameter>`` where models are composed.
        type: ``float`` and ``int`` have a range, ``categorical`` has choices.
        low: the lowest value of a range.
        high: the highest value of a range.
        step: the distance between values of a range, if only some exist.
        log: whether a range is searched on a logarithmic scale.
        choices: the values of a ``categorical`` one.
        grid: the values that a grid search tries.
        default: the value that every search tries first.
        when: earlier names, each with the values under which this one exists.
    """

    name: str
    type: Kind
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False
    choices: tuple[Scalar, ...] = ()
    grid: tuple[Any, ...] = ()
    default: Any = None
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @cached_property
    def distribution(self) -> "BaseDistribution":
        """The dimension as Optuna knows it."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.type == "categorical":
            return CategoricalDistribution(self.choices)
        if self.type == "int":
            return IntDistribution(int(self.low), int(self.high), self.log, int(self.step or 1))
        return FloatDistribution(self.low, self.high, self.log, self.step)

    def exists(self, configuration: Mapping[str, Any]) -> bool:
        """Whether the conditions hold under what was chosen before."""
        return all(
            name in configuration and configuration[name] in values for name, values in self.when.items()
        )

    def allows(self, value: Any) -> bool:
        """Whether a value lies in the range, or is one of the choices."""
        if self.type == "categorical":
            return any(same(value, choice) for choice in self.choices)
        if not is_number(value) or not self.low <= value <= self.high:
            return False
        step = self.step or (1 if self.type == "int" else None)
        return step is None or _is_whole((value - self.low) / step)

    def nearest(self, value: Any) -> Any:
        """The value of this range that is nearest to a given one; the default where none is near."""
        if self.type == "categorical":
            return next((choice for choice in self.choices if same(value, choice)), self.default)
        return self._on_step(min(max(value, self.low), self.high)) if is_number(value) else self.default

    def spread(self, count: int) -> tuple[Any, ...]:
        """Values at even distances inside a range: its middle for one, both ends too for more.

        There are fewer where steps fall together.
        """
        shares = [0.5] if count == 1 else [index / (count - 1) for index in range(count)]
        return tuple(dict.fromkeys(self._on_step(self._at(share)) for share in shares))

    def to_dict(self) -> dict[str, Any]:
        """The declaration, with all that was left open filled in, as plain data."""
        declared: dict[str, Any] = {"type": self.type}
        if self.type == "categorical":
            declared["choices"] = list(self.choices)
        else:
            declared |= {"low": self.low, "high": self.high}
            declared |= {"step": self.step} if self.step else {}
            declared |= {"log": True} if self.log else {}
        declared |= {"grid": list(self.grid), "default": self.default}
        conditions = {name: list(values) for name, values in self.when.items()}
        return declared | ({"when": conditions} if conditions else {})

    def range_in_words(self) -> str:
        """What values there are, such as `1 to 9 in steps of 2`."""
        if self.type == "categorical":
            return values_in_words(self.choices)
        step = f" in steps of {number_in_words(self.step)}" if self.step else ""
        return f"{number_in_words(self.low)} to {number_in_words(self.high)}{step}"

    def conditions_in_words(self) -> str:
        """When it exists, such as `` `kernel` rbf or poly ``; empty for always."""
        return " and ".join(f"`{name}` {' or '.join(map(str, values))}" for name, values in self.when.items())

    def _at(self, share: float) -> float:
        """The value at a share of the way from the lowest to the highest."""
        if self.log:
            return float(self.low ** (1 - share) * self.high**share)
        return (1 - share) * self.low + share * self.high

    def _on_step(self, value: float) -> Any:
        step = self.step or (1 if self.type == "int" else None)
        if step is not None:
            value = self.low + round((value - self.low) / step) * step
        value = min(max(value, self.low), self.high)
        return int(value) if self.type == "int" else float(value)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; truth values are none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return bool(abs(value) <= sys.float_info.max)  # type: ignore[operator]  # which every real number knows


def same(value: Any, other: Any) -> bool:
    """Whether two values of a choice are the same; Python takes true for 1."""
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def number_in_words(value: float) -> str:
    """A number as a person writes it: 1000, not 1000.0."""
    return str(value) if isinstance(value, int) else f"{value:.12g}"


def value_in_words(value: Any) -> str:
    """A value as a sentence shows it: text in backquotes."""
    if isinstance(value, str):
        return f"`{value}`"
    return number_in_words(value) if is_number(value) else repr(value)


def values_in_words(values: tuple[Any, ...]) -> str:
    """Values as a sentence lists them."""
    return ", ".join(map(value_in_words, values))


def _is_whole(steps: float) -> bool:
    return abs(steps - round(steps)) < _STEP_TOLERANCE
