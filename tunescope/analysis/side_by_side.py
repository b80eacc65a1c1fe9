"""A few trials beside each other: their settings, scores and courses."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from tunescope.analysis.selection import evenly, picked

Unit = Literal["share", "number", "seconds", "bytes", "count"]


@dataclass(frozen=True)
class Setting:
    """One parameter.

    Attributes:
        name: its full name.
        values: one value a trial, None where the trial has no such parameter.
        is_set: whether the trial has it: None may be a value too.
    """

    name: str
    values: tuple[Any, ...]
    is_set: tuple[bool, ...]

    @property
    def differs(self) -> bool:
        """Whether any two trials differ in it."""
        return not (all(self.is_set) and all(_same(self.values[0], value) for value in self.values))


@dataclass(frozen=True)
class Score:
    """One score or cost.

    Attributes:
        title: what people call it.
        unit: how its values are written.
        maximize: whether higher is better; None where neither is.
        values: one value a trial, NaN where nothing was measured.
        best: positions of the best trials; empty where the trials cannot be ranked by it.
    """

    title: str
    unit: Unit
    maximize: bool | None
    values: tuple[float, ...]
    best: tuple[int, ...]


@dataclass(frozen=True)
class Course:
    """How a trial went: ``values[i]`` after ``steps[i]``, NaN where nothing finite was measured."""

    position: int
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Courses:
    """Courses of some trials in one measure; trials that left none are missing."""

    step: str
    title: str
    is_share: bool
    courses: tuple[Course, ...]


# Column -> title, unit, whether higher is better, and whether it depends on the images it was measured on.
_SCORES: dict[str, tuple[str, Unit, bool | None, bool]] = {
    "validation_accuracy": ("Validation accuracy", "share", True, True),
    "balanced_accuracy": ("Balanced accuracy", "share", True, True),
    "macro_f1": ("Macro F1", "share", True, True),
    "log_loss": ("Log loss", "number", False, True),
    "train_accuracy": ("Training accuracy", "share", None, True),
    "seconds": ("Training time", "seconds", False, False),
    "epochs": ("Epochs", "count", None, False),
    "images_per_second": ("Images a second in training", "count", True, False),
    "peak_memory_bytes": ("Memory at most", "bytes", False, False),
    "device_memory_bytes": ("Memory of the device at most", "bytes", False, False),
    "energy_joules": ("Energy (joules)", "number", False, False),
    "weights": ("Weights", "count", None, False),
}


def settings(params: Sequence[Mapping[str, Any]]) -> tuple[Setting, ...]:
    """The parameters of all trials (one mapping a trial), in the order in which they first appear."""
    names = dict.fromkeys(name for each in params for name in each)
    return tuple(
        Setting(name, tuple(each.get(name) for each in params), tuple(name in each for each in params))
        for name in names
    )


def scores(trials: pd.DataFrame, directions: Sequence[Sequence[str]], same_images: bool) -> tuple[Score, ...]:
    """What the trials scored and cost; what was measured on none of them is left out.

    A best one is marked only among complete trials, and only where a comparison is fair.

    Args:
        trials: a trials frame, one row a trial.
        directions: of the objectives of each trial's study (``maximize`` or ``minimize``).
        same_images: whether all trials were scored on the same images; if not, no score has a best one.
    """
    complete = [state == "COMPLETE" for state in trials["state"]]
    asked = directions if same_images else [()] * len(directions)
    found = _objectives(trials, asked, complete)
    for column, (title, unit, maximize, of_images) in _SCORES.items():
        if column in trials:
            values = tuple(pd.to_numeric(trials[column], errors="coerce").astype(float))
            rule = maximize if same_images or not of_images else None
            found.append(Score(title, unit, maximize, values, _best(values, rule, complete)))
    return tuple(score for score in found if not all(map(math.isnan, score.values)))


def courses(
    frame: pd.DataFrame,
    trial_ids: Sequence[int],
    column: str,
    step: str,
    title: str,
    is_share: bool = False,
    points: int = 300,
) -> Courses:
    """Gather how trials went.

    Args:
        frame: rows with ``trial_id``, a step and a measure: an epochs or a reports frame.
        trial_ids: the trials, in the order of their positions.
        column: the measure.
        step: column of the steps.
        title: what people call the measure.
        is_share: whether it is written as a percentage.
        points: at most so many steps of each are kept, the first and the last among them.
    """
    by_trial = dict(tuple(frame.sort_values(step, kind="stable").groupby("trial_id")))
    known = [(position, by_trial.get(trial_id)) for position, trial_id in enumerate(trial_ids)]
    kept = [_course(position, rows, column, step, points) for position, rows in known if rows is not None]
    has_any = [one for one in kept if any(map(math.isfinite, one.values))]
    return Courses(step.capitalize(), title, is_share, tuple(has_any))


def _same(one: Any, other: Any) -> bool:
    """Whether two values of a parameter are the same: 1 is 1.0, but not True, and NaN is itself."""
    if one != one or other != other:
        return bool(one != one and other != other)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _objectives(
    trials: pd.DataFrame, directions: Sequence[Sequence[str]], complete: Sequence[bool]
) -> list[Score]:
    """The values that the studies optimize, where they are not the accuracy that stands there anyway."""
    values = [list(each) for each in trials["values"]]
    if all(map(_is_accuracy, values, trials["validation_accuracy"])):
        return []
    amount = max(map(len, values))
    return [_objective(values, directions, complete, number, amount) for number in range(amount)]


def _is_accuracy(values: Sequence[float], accuracy: float) -> bool:
    return not values or (len(values) == 1 and values[0] == accuracy)


def _objective(
    values: Sequence[Sequence[float]],
    directions: Sequence[Sequence[str]],
    complete: Sequence[bool],
    number: int,
    amount: int,
) -> Score:
    known = tuple(float(each[number]) if number < len(each) else math.nan for each in values)
    asked = {each[number] == "maximize" if number < len(each) else None for each in directions}
    maximize = asked.pop() if len(asked) == 1 else None
    title = "Value" if amount == 1 else f"Value {number + 1} of {amount}"
    return Score(title, "number", maximize, known, _best(known, maximize, complete))


def _best(values: Sequence[float], maximize: bool | None, complete: Sequence[bool]) -> tuple[int, ...]:
    """Positions of the best of at least two different values; none where no order is given."""
    rivals = [place for place, value in enumerate(values) if complete[place] and not math.isnan(value)]
    if maximize is None or len({values[place] for place in rivals}) < 2:
        return ()
    best = (max if maximize else min)(values[place] for place in rivals)
    return tuple(place for place in rivals if values[place] == best)


def _course(position: int, rows: pd.DataFrame, column: str, step: str, points: int) -> Course:
    kept = evenly(len(rows), points)
    values = [float(value) if math.isfinite(value) else math.nan for value in rows[column].astype(float)]
    return Course(position, tuple(int(one) for one in picked(list(rows[step]), kept)), picked(values, kept))
