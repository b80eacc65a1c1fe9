"""Numbers and names as people read them in figures and reports."""

import html
import math
from typing import Any

from tunescope.analysis.measures import Measure
from tunescope.wording import NOTHING as NOTHING
from tunescope.wording import duration as duration
from tunescope.wording import is_missing as is_missing


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage: ``93.3%``; 0 and 1 without a digit that says nothing."""
    if share is None or is_missing(share):
        return NOTHING
    return f"{share:.0%}" if share in (0, 1) else f"{share:.{digits}%}"


def scored(measure: Measure, value: float | None) -> str:
    """A value of a measure: a share as a percentage, else as a number."""
    return percent(value) if measure.is_share else number(value)


def interval(low: float | None, high: float | None) -> str:
    """Two shares as a range of percentages, such as 91.2 to 95.1%, with a dash."""
    return NOTHING if is_missing(low) or is_missing(high) else f"{percent(low)[:-1]}{NOTHING}{percent(high)}"


def number(value: Any, digits: int = 3) -> str:
    """A number with the digits that matter; anything else as text."""
    if is_missing(value):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    whole = value.is_integer() or abs(value) >= 10**digits
    return f"{value:,.0f}" if whole and abs(value) < 1e9 else f"{value:.{digits}g}"


def memory(size: float | None) -> str:
    """Bytes as ``640 kB``, ``1.2 GB``."""
    if size is None or is_missing(size):
        return NOTHING
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def quantity(value: float | None, unit: str) -> str:
    """A large number with its unit: ``1.23 GFLOP``, ``512 J``, ``45.6 TFLOP/s``."""
    if value is None or is_missing(value):
        return NOTHING
    size, prefixes = float(value), iter(("k", "M", "G", "T", "P"))
    prefix = ""
    while abs(size) >= 999.5 and (larger := next(prefixes, None)) is not None:
        size, prefix = size / 1000, larger
    return f"{number(float(f'{size:.3g}'))} {prefix}{unit}"


def ending(reason: str) -> str:
    """Why a study ended, with the words of pages for the parameters that the store names."""
    return reason.replace("max_trials", "number of trials").replace("max_seconds", "time")


def phase_name(name: str) -> str:
    """A phase of a training as people write it: ``warm-up``."""
    return name.replace("_", "-")


def count(amount: int, noun: str) -> str:
    """``1 trial``, ``12,400 trials``, ``2 studies``, ``3 classes``."""
    if amount == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{amount:,} {noun[:-1]}ies"
    return f"{amount:,} {noun}{'es' if noun.endswith('s') else 's'}"


def plain(name: object, length: int = 32) -> str:
    """A name as plotly must get it: plotly takes ``<b>`` for markup; long names leave the plot no room."""
    text = " ".join(str(name).split())
    return html.escape(text if len(text) <= length else f"{text[: length - 1]}…", quote=False)
