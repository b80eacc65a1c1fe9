"""What a search, a figure, a report and a page write alike."""

import math

NOTHING = "\N{EN DASH}"
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def is_missing(value: object) -> bool:
    """Whether a value stands for nothing: None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def duration(seconds: float | None) -> str:
    """Seconds as the two digits or units that matter: ``1.8 ms``, ``0.42 s``, ``3.2 s``, ``3 min 12 s``."""
    if seconds is None or is_missing(seconds):
        return NOTHING
    if 0 < seconds < 9.95:
        return _short(seconds)
    whole = round(seconds)
    first = next((index for index, (_, size) in enumerate(_UNITS) if whole >= size), len(_UNITS) - 1)
    parts: list[str] = []
    for unit, size in _UNITS[first : first + 2]:
        amount, whole = divmod(whole, size)
        parts.append(f"{amount} {unit}" if amount or not parts else "")
    return " ".join(filter(None, parts))


def _short(seconds: float) -> str:
    # As a decimal of a second so little would round to nothing.
    if seconds < 0.0995:
        return f"{1000 * seconds:.2g} ms"
    return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
