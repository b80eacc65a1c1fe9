"""The scale of a hyperparameter, as far as the values of trials tell it."""

import math
import statistics
from collections.abc import Sequence

# Values that span less than this look the same on both scales.
_LOG_SPAN = 10.0


def is_number(value: object) -> bool:
    """Whether a hyperparameter's value is a finite number, which a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_logarithmic(values: Sequence[float]) -> bool:
    """Whether numbers were drawn from a logarithmic range: then their median is near the geometric middle."""
    low, high = min(values), max(values)
    if low <= 0 or low * _LOG_SPAN > high:
        return False
    median = math.log(statistics.median(values))
    geometric, arithmetic = math.log(low * high) / 2, math.log((low + high) / 2)
    return abs(median - geometric) < abs(median - arithmetic)
