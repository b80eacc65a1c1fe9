"""Several objectives at once: which trials no other one beats in all of them, and how far each study came."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tunescope.analysis.selection import labels, text_or_none, thinned, with_models

# What stands beside accuracy where it is the only objective.
COST = "training_time"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ParetoPoint:
    """One complete trial; ``values`` has one value an objective, in the objective's own unit."""

    study: str
    strategy: str | None
    number: int
    model: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class StudyFront:
    """How far one study came.

    Attributes:
        study: its name.
        label: what to call it.
        trials: number of its complete trials.
        front: how many of them are on its own Pareto front.
        hypervolume: share, 0 to 1, of the rectangle between the worst and the best values of all studies that
            its front dominates; None with other than two objectives, or where the rectangle has no area.
    """

    study: str
    label: str
    trials: int
    front: int
    hypervolume: float | None


@dataclass(frozen=True)
class Pareto:
    """Trials by their objectives.

    Attributes:
        objectives: names, such as ``("accuracy", "latency")``.
        directions: `maximize` or `minimize` for each.
        points: complete trials, sorted by the second objective from its best value on.
        front: those of them that no other trial beats in one objective without being worse in another.
        studies: one entry a study.
        left_out: trials that are too many to show; none of them is on the front.
    """

    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    points: tuple[ParetoPoint, ...]
    front: tuple[ParetoPoint, ...]
    studies: tuple[StudyFront, ...]
    left_out: int = 0


def has_several(studies: pd.DataFrame) -> bool:
    """Whether a study of a studies frame has several objectives."""
    return bool(len(studies)) and bool((studies["directions"].map(len) > 1).any())


def pareto(trials: pd.DataFrame, studies: pd.DataFrame, limit: int = 1500) -> Pareto:
    """Set the objectives of a trials frame against each other; those of the first study that has several.

    Studies with other objectives are left out. Where none has several, accuracy stands against the seconds of
    training. At most ``limit`` trials and the front are kept.
    """
    objectives, directions, rows = _told(trials, studies)
    values = np.array([list(one) for one in rows["objectives"]], float).reshape(len(rows), len(objectives))
    signs = np.array([1.0 if one == "maximize" else -1.0 for one in directions])
    order = np.lexsort((-values[:, 0] * signs[0], -values[:, 1] * signs[1]))
    rows, values = rows.iloc[order], values[order]
    merits = values * signs
    on_front = non_dominated(merits)
    kept = thinned(len(rows), limit, on_front)
    shown = zip(rows.iloc[kept].to_dict("records"), values[kept].tolist(), strict=True)
    points = dict(zip(kept, (_point(*one) for one in shown), strict=True))
    return Pareto(
        objectives=objectives,
        directions=directions,
        points=tuple(points.values()),
        front=tuple(points[index] for index in on_front),
        studies=_studies(rows, merits, labels(trials)),
        left_out=len(rows) - len(kept),
    )


def non_dominated(merits: Floats) -> list[int]:
    """Indices of the rows of ``merits`` (trials, objectives; more is better) that no other row dominates.

    Equal rows stand for one another: only the first of them is named.
    """
    # In this order only an earlier row can dominate a later one, or equal it.
    rest = np.lexsort(tuple(-column for column in merits.T[::-1]))
    if merits.shape[1] == 2:
        second = merits[rest, 1]
        before = np.maximum.accumulate(np.concatenate([[-np.inf], second[:-1]]))
        return sorted(rest[second > before].tolist())
    found: list[int] = []
    while len(rest):
        found.append(int(rest[0]))
        rest = rest[(merits[rest] > merits[rest[0]]).any(axis=1)]
    return sorted(found)


def hypervolume(front: Floats, low: Floats, high: Floats) -> float | None:
    """Share of the rectangle from ``low`` to ``high`` (2,) that points (trials, 2; more is better) dominate.

    Zitzler and Thiele, "Multiobjective evolutionary algorithms", IEEE TEC 3 (1999); ``low`` is the reference.
    """
    span = high - low
    if not (span > 0).all():
        return None
    area, reached = 0.0, 0.0
    scaled = (front - low) / span
    for x, y in scaled[np.argsort(-scaled[:, 0], kind="stable")]:
        area += x * max(0.0, y - reached)
        reached = max(reached, y)
    return float(area)


def _told(
    trials: pd.DataFrame, studies: pd.DataFrame
) -> tuple[tuple[str, ...], tuple[str, ...], pd.DataFrame]:
    """Objectives, directions, and the complete trials that have a value for each of them."""
    complete = with_models(trials[trials["state"] == "COMPLETE"])
    told = studies[studies["objective"].notna()]
    several = told[told["directions"].map(len) > 1] if len(told) else told
    if several.empty:
        given = complete[["validation_accuracy", "seconds"]].to_numpy(float).tolist()
        objectives, directions = ("accuracy", COST), ("maximize", "minimize")
    else:
        first = several.iloc[0]
        objectives, directions = tuple(first["objective"].split("+")), tuple(first["directions"])
        same = several[several["objective"] == first["objective"]]["study"]
        complete = complete[complete["study"].isin(same)]
        given = complete["values"].tolist()
    rows = complete.assign(objectives=pd.Series(given, index=complete.index, dtype=object))
    is_known = [len(each) == len(objectives) and all(map(math.isfinite, each)) for each in given]
    return objectives, directions, rows[np.array(is_known, bool)]


def _studies(rows: pd.DataFrame, merits: Floats, names: dict[str, str]) -> tuple[StudyFront, ...]:
    if not len(rows):
        return ()
    low, high = merits.min(axis=0), merits.max(axis=0)
    found = []
    for study in rows["study"].unique():
        own = merits[(rows["study"] == study).to_numpy()]
        front = non_dominated(own)
        area = hypervolume(own[front], low, high) if merits.shape[1] == 2 else None
        found.append(StudyFront(study, names[study], len(own), len(front), area))
    return tuple(found)


def _point(trial: Mapping[Any, Any], values: Sequence[float]) -> ParetoPoint:
    return ParetoPoint(
        study=trial["study"],
        strategy=text_or_none(trial["strategy"]),
        number=int(trial["number"]),
        model=trial["model"],
        values=tuple(values),
    )
