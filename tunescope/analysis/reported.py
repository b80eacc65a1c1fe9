"""The values that one trial reported on its way."""

from dataclasses import dataclass

import pandas as pd

from tunescope.analysis.selection import evenly


@dataclass(frozen=True)
class Reported:
    """Steps and the value at each, both shape (n,); NaN and infinite values as they were reported."""

    steps: tuple[int, ...]
    values: tuple[float, ...]


def reported(reports: pd.DataFrame, points: int = 1_000) -> Reported:
    """Gather what one trial reported: ``step`` and ``value``, evenly thinned to ``points`` at most."""
    ordered = reports.sort_values("step", kind="stable")
    kept = ordered.iloc[evenly(len(ordered), points)]
    return Reported(tuple(kept["step"].astype(int).tolist()), tuple(kept["value"].astype(float).tolist()))
