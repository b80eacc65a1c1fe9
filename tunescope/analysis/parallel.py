"""The hyperparameters of one model side by side."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tunescope.analysis.scales import is_logarithmic, is_number
from tunescope.analysis.selection import complete, evenly


@dataclass(frozen=True)
class Axis:
    """One hyperparameter.

    Attributes:
        name: its name without the model's.
        ticks: pairs of a position and the value there, from low to high.
        positions: where each trial lies, 0 at the lowest value and 1 at the highest; None where it had no
            such hyperparameter.
        values: the value of each trial, None where it had none.
    """

    name: str
    ticks: tuple[tuple[float, str], ...]
    positions: tuple[float | None, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Parallel:
    """The complete trials of one model, from the worst to the best; one value a trial in each tuple.

    Attributes:
        model: the model, None when no trial is complete.
        axes: hyperparameters in the order in which they were chosen; those that never varied are left out.
        studies: names of the studies.
        numbers: trial numbers.
        accuracies: validation accuracies.
        left_out: trials that are too many to show.
    """

    model: str | None
    axes: tuple[Axis, ...]
    studies: tuple[str, ...]
    numbers: tuple[int, ...]
    accuracies: tuple[float, ...]
    left_out: int = 0


def parallel(trials: pd.DataFrame, model: str | None = None, limit: int = 300) -> Parallel:
    """Lay the complete trials of a model over its hyperparameters.

    Args:
        trials: a trials frame.
        model: which model; without one the model of the most accurate trial.
        limit: trials to keep: the worst, the best and an even selection between them.
    """
    rows = complete(trials)
    if model is None and len(rows):
        model = rows["model"].iloc[rows["validation_accuracy"].astype(float).argmax()]
    ranked = rows[rows["model"] == model].sort_values("validation_accuracy", kind="stable")
    kept = ranked.iloc[evenly(len(ranked), limit)]
    return Parallel(
        model=model,
        axes=_axes(kept["params"].tolist(), f"{model}."),
        studies=tuple(kept["study"]),
        numbers=tuple(int(number) for number in kept["number"]),
        accuracies=tuple(kept["validation_accuracy"].astype(float).tolist()),
        left_out=len(ranked) - len(kept),
    )


def _axes(params: list[dict[str, Any]], prefix: str) -> tuple[Axis, ...]:
    names = dict.fromkeys(name for trial in params for name in trial if name.startswith(prefix))
    columns = {name: [trial.get(name) for trial in params] for name in names}
    axes = (_axis(name.removeprefix(prefix), values) for name, values in columns.items())
    return tuple(axis for axis in axes if len(axis.ticks) > 1)


def _axis(name: str, values: list[Any]) -> Axis:
    seen = [value for value in values if value is not None]
    make = _scale if all(is_number(value) for value in seen) else _choices
    ticks, places = make(seen)
    positions = tuple(None if value is None else places[value] for value in values)
    return Axis(name, ticks, positions, tuple(values))


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
