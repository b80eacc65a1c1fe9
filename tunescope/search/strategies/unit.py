"""Numeric ranges as the unit interval, on the scale on which they are searched."""

import math
from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution


def to_unit(distribution: BaseDistribution, value: float) -> float:
    """Where a value lies in its range, from 0 to 1; logarithmic ranges on their logarithm."""
    low, high = _ends(distribution)
    position = math.log(value) if distribution.log else value  # type: ignore[attr-defined]
    return 0.5 if high == low else min(max((position - low) / (high - low), 0.0), 1.0)


def from_unit(distribution: BaseDistribution, unit: float) -> Any:
    """The value at a place in its range, on its step, as the type that the range has."""
    low, high = _ends(distribution)
    position = low + unit * (high - low)
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
