"""The hyperparameters of one model side by side."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.scales import is_logarithmic, is_number
from tunescope.analysis.selection import UNKNOWN_MODEL, complete, evenly


@dataclass(frozen=True)
class Axis:
    """One hyperparameter.

    Attributes:
        name: its name without the model's.
        ticks: pairs of a position and the value there, from low to high.
        positions: where each trial lies, 0 at the lowest value and 1 at the highest; None where it had no
            such hyperparameter.
        values: the value of each trial, None where it had none.
        key: its full name.
        is_log: whether its positions are on a logarithmic scale.
    """

    name: str
    ticks: tuple[tuple[float, str], ...]
    positions: tuple[float | None, ...]
    values: tuple[Any, ...]
    key: str = ""
    is_log: bool = False


@dataclass(frozen=True)
class Parallel:
    """The complete trials of one model, from the worst to the best; one value a trial in each tuple.

    Attributes:
        model: the model, None when no trial is complete.
        axes: hyperparameters in the order in which they were chosen; those that never varied are left out.
        studies: names of the studies.
        numbers: trial numbers.
        scores: what they are measured by.
        left_out: trials that are too many to show.
    """

    model: str | None
    axes: tuple[Axis, ...]
    studies: tuple[str, ...]
    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    left_out: int = 0
    measure: Measure = ACCURACY


def parallel(
    trials: pd.DataFrame, model: str | None = None, limit: int = 300, measure: Measure = ACCURACY
) -> Parallel:
    """Lay the complete trials of a model over its hyperparameters.

    Args:
        trials: a trials frame.
        model: which model; without one the model of the best trial.
        limit: trials to keep: the worst, the best and an even selection between them.
        measure: what tells which are best.
    """
    rows = complete(trials, measure)
    rows = rows.sort_values(measure.column, kind="stable", ascending=measure.maximize)
    if model is None and len(rows):
        model = rows["model"].iloc[-1]
    ranked = rows[rows["model"] == model]
    kept = ranked.iloc[evenly(len(ranked), limit)]
    return Parallel(
        model=model,
        axes=_axes(kept["params"].tolist(), _prefix(model)),
        studies=tuple(kept["study"]),
        numbers=tuple(int(number) for number in kept["number"]),
        scores=tuple(kept[measure.column].astype(float).tolist()),
        left_out=len(ranked) - len(kept),
        measure=measure,
    )


def _prefix(model: str | None) -> str:
    """Of the names of a model's hyperparameters; a plain Optuna study names no model."""
    return "" if model in (None, UNKNOWN_MODEL) else f"{model}."


def _axes(params: list[dict[str, Any]], prefix: str) -> tuple[Axis, ...]:
    names = dict.fromkeys(
        name for trial in params for name in trial if name.startswith(prefix) and name != "model"
    )
    columns = {name: [trial.get(name) for trial in params] for name in names}
    axes = (_axis(name, name.removeprefix(prefix), values) for name, values in columns.items())
    return tuple(axis for axis in axes if len(axis.ticks) > 1)


def _axis(key: str, name: str, values: list[Any]) -> Axis:
    seen = [value for value in values if value is not None]
    make = _scale if all(is_number(value) for value in seen) else _choices
    ticks, places = make(seen)
    positions = tuple(None if value is None else places[value] for value in values)
    is_log = make is _scale and min(seen) != max(seen) and is_logarithmic(seen)
    return Axis(name, ticks, positions, tuple(values), key, is_log)


def _choices(seen: list[Any]) -> tuple[tuple[tuple[float, str], ...], dict[Any, float]]:
    names = sorted(set(seen), key=str)
    places = {name: index / max(1, len(names) - 1) for index, name in enumerate(names)}
    return tuple((place, str(name)) for name, place in places.items()), places


def _scale(seen: list[Any]) -> tuple[tuple[tuple[float, str], ...], dict[Any, float]]:
    low, high = min(seen), max(seen)
    if low == high:
        return ((0.0, number(low)),), {low: 0.0}
    log = is_logarithmic(seen)
    places = {value: _place(value, low, high, log) for value in seen}
    middle = math.sqrt(low * high) if log else (low + high) / 2
    return ((0.0, number(low)), (0.5, number(middle)), (1.0, number(high))), places


def _place(value: float, low: float, high: float, log: bool) -> float:
    if log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def number(value: float) -> str:
    """A number with the digits that matter."""
    return f"{value:.3g}" if abs(value) < 1000 or isinstance(value, float) else str(value)
