"""How strategies got better over what they spent, with bands over the studies that each of them ran."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.selection import ENDED, text_or_none

Floats = npt.NDArray[np.float64]
# What is spent: key -> what to call it.
COSTS = {"trials": "Trials", "seconds": "Seconds", "energy": "Energy (joules)"}


@dataclass(frozen=True)
class FinalScore:
    """The best that one study came to, what it spent in all, and the run that it was part of."""

    study: str
    run_id: str | None
    score: float
    spent: float


@dataclass(frozen=True)
class StrategyCurve:
    """One strategy, or one study that names none.

    Attributes:
        label: what to call it.
        strategy: the strategy, None for a study that Tunescope did not make.
        finals: what each of its studies came to.
        spent: places on the axis of the cost, ascending.
        median, low, high: the median and the quartiles, over its studies, of the best score so far at each
            place. A study that has ended keeps its best; one that has no score yet is left out.
    """

    label: str
    strategy: str | None
    finals: tuple[FinalScore, ...]
    spent: tuple[float, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class StudyCurves:
    """One curve a strategy, the best first."""

    curves: tuple[StrategyCurve, ...]
    cost: str
    measure: Measure = ACCURACY


def study_curves(
    trials: pd.DataFrame, cost: str = "trials", measure: Measure = ACCURACY, points: int = 200
) -> StudyCurves:
    """Follow strategies over what they spent.

    Args:
        trials: a trials frame.
        cost: a key of ``COSTS``; studies without a known cost are left out.
        measure: what trials are measured by.
        points: places on the axis.
    """
    ended = trials[trials["state"].isin(ENDED)].sort_values(["end", "trial_id"], kind="stable")
    courses: dict[str, list[_Course]] = {}
    for study, rows in ended.groupby("study", sort=False):
        course = _course(str(study), rows, cost, measure)
        if course is not None:
            courses.setdefault(course.strategy or course.study, []).append(course)
    curves = [_curve(label, found, measure, points) for label, found in courses.items()]
    return StudyCurves(tuple(sorted(curves, key=lambda one: -measure.sign * one.median[-1])), cost, measure)


@dataclass(frozen=True)
class _Course:
    """One study: what it had spent after each ended trial, and its best merit by then."""

    study: str
    strategy: str | None
    run_id: str | None
    spent: Floats
    best: Floats


def _course(study: str, rows: pd.DataFrame, cost: str, measure: Measure) -> _Course | None:
    spent = _spent(rows, cost)
    merits = measure.sign * pd.to_numeric(rows[measure.column]).to_numpy(float)
    counts = (rows["state"] == "COMPLETE").to_numpy() & np.isfinite(merits)
    if spent is None or not counts.any():
        return None
    best = np.maximum.accumulate(np.where(counts, merits, -np.inf))
    first = rows.iloc[0]
    return _Course(study, text_or_none(first["strategy"]), text_or_none(first["run_id"]), spent, best)


def _spent(rows: pd.DataFrame, cost: str) -> Floats | None:
    if cost == "trials":
        return np.arange(1.0, len(rows) + 1)
    if cost == "seconds":
        return np.asarray((rows["end"] - rows["start"].min()).dt.total_seconds(), float)
    joules = pd.to_numeric(rows["energy_joules"]).to_numpy(float)
    return np.cumsum(np.nan_to_num(joules)) if np.isfinite(joules).any() else None


def _curve(label: str, courses: list[_Course], measure: Measure, points: int) -> StrategyCurve:
    grid = _grid(courses, points)
    merits = np.array([_at(course, grid) for course in courses])
    # Before half of the studies have a score, a median would be that of the quick ones.
    known = np.isfinite(merits).mean(axis=0) >= 0.5
    grid, merits = grid[known], np.where(np.isfinite(merits), merits, np.nan)[:, known]
    quartiles = measure.sign * np.nanpercentile(merits, [25, 50, 75], axis=0)
    low, median, high = quartiles if measure.maximize else quartiles[::-1]
    return StrategyCurve(
        label=label,
        strategy=courses[0].strategy,
        finals=tuple(
            FinalScore(one.study, one.run_id, float(measure.sign * one.best[-1]), float(one.spent[-1]))
            for one in courses
        ),
        spent=tuple(grid.tolist()),
        median=tuple(median.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
    )


def _grid(courses: Iterable[_Course], points: int) -> Floats:
    """Where any study took a step, thinned; the last place is where the longest ended."""
    places = np.unique(np.concatenate([course.spent for course in courses]))
    kept = np.unique(np.linspace(0, len(places) - 1, min(points, len(places))).round().astype(int))
    return np.asarray(places[kept], float)


def _at(course: _Course, grid: Floats) -> Floats:
    """The best merit of a study by each place: its last step before it, for ever after its end."""
    steps = np.searchsorted(course.spent, grid, side="right") - 1
    return np.where(steps >= 0, course.best[np.maximum(steps, 0)], -np.inf)
