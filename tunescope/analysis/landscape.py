"""Two hyperparameters of one model together: where in their plane trials did well."""

import math
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from tunescope.analysis.importance import importance
from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.parallel import Axis, Parallel, parallel

# Cells along an axis: as many as the trials can fill, within reason.
_FEWEST, _MOST = 5, 24


@dataclass(frozen=True)
class Cell:
    """A rectangle of the plane: its place along both axes (0 to 1), and what the trials in it came to."""

    x: float
    y: float
    trials: int
    mean: float
    best: float


@dataclass(frozen=True)
class Landscape:
    """Trials of one model over two of its hyperparameters.

    Attributes:
        model: the model, None when no trial is complete.
        x, y: the hyperparameters; None where fewer than two varied.
        cells: rectangles that any trial lies in.
        widths: of a cell along both axes, in positions from 0 to 1.
        studies, numbers, scores: one value a trial that has both hyperparameters, from the worst to the best.
        measure: what trials are measured by.
    """

    model: str | None
    x: Axis | None
    y: Axis | None
    cells: tuple[Cell, ...]
    widths: tuple[float, float]
    studies: tuple[str, ...]
    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    measure: Measure = ACCURACY


def landscape(
    trials: pd.DataFrame,
    pair: tuple[str, str] | None = None,
    limit: int = 4000,
    measure: Measure = ACCURACY,
) -> Landscape:
    """Lay the complete trials of the best model over two of its hyperparameters.

    Args:
        trials: a trials frame.
        pair: full names of the hyperparameters; without them the two that matter most.
        limit: trials to look at.
        measure: what trials are measured by.
    """
    lines = parallel(trials, limit=limit, measure=measure)
    axes = _pair(lines, trials, pair, measure)
    if axes is None:
        return Landscape(lines.model, None, None, (), (0.0, 0.0), (), (), (), measure)
    x, y = axes
    kept = [place for place, at in enumerate(zip(x.positions, y.positions, strict=True)) if None not in at]
    x, y = (_only(axis, kept) for axis in axes)
    scores = tuple(lines.scores[place] for place in kept)
    widths = (_width(x, len(kept)), _width(y, len(kept)))
    return Landscape(
        model=lines.model,
        x=x,
        y=y,
        cells=_cells(x, y, scores, widths, measure),
        widths=widths,
        studies=tuple(lines.studies[place] for place in kept),
        numbers=tuple(lines.numbers[place] for place in kept),
        scores=scores,
        measure=measure,
    )


def _pair(
    lines: Parallel, trials: pd.DataFrame, pair: tuple[str, str] | None, measure: Measure
) -> tuple[Axis, Axis] | None:
    if len(lines.axes) < 2:
        return None
    wanted = pair or tuple(_by_influence(lines, trials, measure))
    ranked = sorted(
        lines.axes, key=lambda axis: wanted.index(axis.key) if axis.key in wanted else len(wanted)
    )
    return next(((one, other) for one, other in combinations(ranked, 2) if _meet(one, other)), None)


def _meet(one: Axis, other: Axis) -> bool:
    """Whether any trial has both: the rates of two optimizers exclude each other."""
    return any(None not in at for at in zip(one.positions, other.positions, strict=True))


def _by_influence(lines: Parallel, trials: pd.DataFrame, measure: Measure) -> list[str]:
    groups = importance(trials, limit=500, measure=measure).groups
    return [one.name for group in groups if group.model == lines.model for one in group.influences]


def _only(axis: Axis, kept: list[int]) -> Axis:
    positions = tuple(axis.positions[place] for place in kept)
    return Axis(
        axis.name, axis.ticks, positions, tuple(axis.values[place] for place in kept), axis.key, axis.is_log
    )


def _width(axis: Axis, trials: int) -> float:
    distinct = len(set(axis.positions))
    cells = min(_MOST, max(_FEWEST, round(math.sqrt(trials / 3))))
    return 1.0 / (min(cells, distinct) - 1) if 1 < distinct <= cells else 1.0 / cells


def _cells(
    x: Axis, y: Axis, scores: tuple[float, ...], widths: tuple[float, float], measure: Measure
) -> tuple[Cell, ...]:
    found: dict[tuple[float, float], list[float]] = {}
    for across, up, score in zip(_centres(x, widths[0]), _centres(y, widths[1]), scores, strict=True):
        found.setdefault((across, up), []).append(score)
    choose = max if measure.maximize else min
    return tuple(
        Cell(*place, trials=len(inside), mean=sum(inside) / len(inside), best=choose(inside))
        for place, inside in sorted(found.items())
    )


def _centres(axis: Axis, width: float) -> list[float]:
    """The middle of the cell that each position lies in; a few distinct values are the middles themselves."""
    cells = round(1 / width)
    positions = [at or 0.0 for at in axis.positions]
    if len(set(positions)) <= cells + 1:
        return [round(at / width) * width for at in positions]
    return [(min(int(at / width), cells - 1) + 0.5) * width for at in positions]
