"""Numeric ranges as the unit interval, on the scale on which they are searched."""

import math
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)


def to_unit(distribution: BaseDistribution, value: float) -> float:
    """Where a value lies in its range, from 0 to 1; logarithmic ranges on their logarithm."""
    low, high = _ends(distribution)
    position = math.log(value) if distribution.log else value  # type: ignore[attr-defined]
    return 0.5 if high == low else min(max((position - low) / (high - low), 0.0), 1.0)


def from_unit(distribution: BaseDistribution, unit: float) -> Any:
    """The value at a place in its range, on its step, as the type that the range has."""
    low, high = _ends(distribution)
    return _fitted(distribution, low + unit * (high - low))


def at_share(distribution: BaseDistribution, share: float) -> Any:
    """The value below which a share (0 up to 1, not 1 itself) of the distribution lies.

    Even shares give each choice and each step its equal part, the ends too, which rounding as
    :func:`from_unit` does would halve.
    """
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(share * len(distribution.choices))]
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    if distribution.log and isinstance(distribution, IntDistribution):
        low, high = math.log(distribution.low - 0.5), math.log(distribution.high + 0.5)
        return _fitted(distribution, low + share * (high - low))
    if distribution.step is None or distribution.log:
        return from_unit(distribution, share)
    steps = round((distribution.high - distribution.low) / distribution.step)
    value = min(distribution.low + int(share * (steps + 1)) * distribution.step, distribution.high)
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


def _fitted(distribution: BaseDistribution, position: float) -> Any:
    value = math.exp(position) if distribution.log else position  # type: ignore[attr-defined]
    step = distribution.step  # type: ignore[attr-defined]
    if step is not None:
        value = distribution.low + round((value - distribution.low) / step) * step  # type: ignore[attr-defined]
    value = min(max(value, distribution.low), distribution.high)  # type: ignore[attr-defined]
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


def _ends(distribution: BaseDistribution) -> tuple[float, float]:
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = float(distribution.low), float(distribution.high)
    return (math.log(low), math.log(high)) if distribution.log else (low, high)
