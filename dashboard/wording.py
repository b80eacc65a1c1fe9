"""Numbers, times and sentences as people read them."""

import math
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from tunescope.figures import wording as figures

# The dash of ranges and of cells without a value.
NOTHING = "\N{EN DASH}"
_TIMES = "\N{MULTIPLICATION SIGN}"
_LEAST_P = 0.001
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def is_missing(value: Any) -> bool:
    """Whether a value of a frame stands for nothing: None, NaN or NaT."""
    return value is None or bool(pd.isna(value))


def duration(seconds: float | None) -> str:
    """Seconds as figures and reports write them: ``1.8 ms``, ``0.42 s``, ``3 min 12 s``, ``2 h 5 min``."""
    return figures.duration(None if is_missing(seconds) else seconds)


def percent(share: float | None, digits: int = 1) -> str:
    """A share as figures and reports write it: ``93.3%``, ``100%``."""
    return figures.percent(None if is_missing(share) else share, digits)


def interval(low: float | None, high: float | None) -> str:
    """Two shares as a range of percentages, such as 91.2% to 95.1%."""
    if is_missing(low) or is_missing(high):
        return NOTHING
    return f"{percent(low).removesuffix('%')}{NOTHING}{percent(high)}"


def p_value(p: float) -> str:
    """What a test says of chance, as one word: ``p = 0.0039``, ``p < 0.001``."""
    said = f"p < {_LEAST_P}" if p < _LEAST_P else f"p = {p:.2g}"
    return tied(said)


def count(number: int, noun: str = "") -> str:
    """``1 trial``, ``12,400 trials``; a noun that ends in y becomes ``studies``."""
    if not noun:
        return f"{number:,}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def number(value: Any, digits: int = 4) -> str:
    """A number with the digits that matter; anything else as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_missing(value):
        return NOTHING
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    if value.is_integer() and abs(value) < 1e6:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def memory(size: float | None) -> str:
    """Bytes as ``640 kB``, ``1.2 GB``."""
    if is_missing(size):
        return NOTHING
    amount = float(size or 0)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def extent(width: int, height: int) -> str:
    """Width by height, in pixels."""
    return f"{width} {_TIMES} {height}"


def tied(text: str) -> str:
    """A text in which no line ends."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def moment(at: datetime | None) -> str:
    """A time of the store (naive UTC) in the local zone of this machine: ``23 Nov 2025, 13:05``."""
    if is_missing(at):
        return NOTHING
    assert at is not None
    local = pd.Timestamp(at).to_pydatetime().replace(tzinfo=UTC).astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def ago(at: datetime | None, now: datetime | None = None) -> str:
    """How long a time of the store (naive UTC) is past: ``4 min ago``; coarse, so that it seldom changes."""
    if is_missing(at):
        return NOTHING
    assert at is not None
    seconds = ((now or datetime.now(UTC).replace(tzinfo=None)) - at).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds >= 30 * 86_400:
        return moment(at)
    unit, size = next((unit, size) for unit, size in _UNITS if seconds >= size)
    return f"{int(seconds // size)} {unit} ago"


def listing(names: Any) -> str:
    """Names as a list in a sentence: ``grid, tpe and random``."""
    names = [str(name) for name in names]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
