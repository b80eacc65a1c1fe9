"""How much of what is possible between several objectives each study covers, trial by trial."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tunescope.analysis.pareto import COST
from tunescope.analysis.selection import evenly, labels, text_or_none

Floats = npt.NDArray[np.float64]
# Points that three objectives may cost, over all looks at a study: about half a second.
_BUDGET, _LEAST_LOOKS, _MOST_LOOKS = 200_000, 6, 60
# Places in the box that stand for it where there are four or more objectives, and trials compared at a time.
_PLACES, _BLOCK = 1024, 500


@dataclass(frozen=True)
class HypervolumeLine:
    """One study, at those of its finished trials after which it covered more, and at its last one.

    Attributes:
        study: its name.
        label: what to call it.
        strategy: its strategy, None for a study that Tunescope did not make.
        positions: how many of its trials had finished, counted from 1.
        shares: what its front dominated by then, 0 to 1.
    """

    study: str
    label: str
    strategy: str | None
    positions: tuple[int, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Hypervolume:
    """What studies cover of the box between the worst and the best value of each objective.

    Attributes:
        objectives: names, such as ``("accuracy", "latency")``; those that no two trials differ in are no
            sides of the box.
        trials: how many have a value for each of them.
        lines: the studies that came furthest, the first of them first.
        left_out: studies that are too many to show.
        is_exact: whether shares were computed; of four and more objectives they are estimated.
    """

    objectives: tuple[str, ...]
    trials: int
    lines: tuple[HypervolumeLine, ...]
    left_out: int = 0
    is_exact: bool = True


def hypervolume_course(
    trials: pd.DataFrame, studies: pd.DataFrame, most: int = 12, points: int = 300
) -> Hypervolume:
    """Follow the dominated hypervolume of each study of a trials frame.

    Objectives are those of the first study that has several; studies with others are left out. Where none
    has several, accuracy stands against the seconds of training. Only complete trials count, and only those
    with a value for each objective. An infinite value counts as the worst or the best finite one. The box is
    that of all these trials, with its worst corner as the reference point: Zitzler and Thiele,
    "Multiobjective evolutionary algorithms", IEEE TEC 3 (1999).

    Args:
        trials: a trials frame.
        studies: the studies frame that tells objectives and directions.
        most: studies that are kept.
        points: of each of them, at most.
    """
    objectives, signs, rows, values = _valued(trials, studies)
    merits = _scaled(signs * values)
    if not merits.size:
        return Hypervolume(objectives, len(rows), ())
    names = labels(trials)
    groups = {str(study): own for study, own in rows.groupby("study", sort=False).indices.items()}
    shown = list(groups)
    if len(groups) > most:
        shown = sorted(groups, key=lambda study: -_reached(merits[groups[study]]))[:most]
    lines = [
        _line(study, names[study], rows.iloc[groups[study]], merits[groups[study]], points) for study in shown
    ]
    lines.sort(key=lambda line: -line.shares[-1])
    return Hypervolume(objectives, len(rows), tuple(lines), len(groups) - len(lines), merits.shape[1] <= 3)


def _valued(
    trials: pd.DataFrame, studies: pd.DataFrame
) -> tuple[tuple[str, ...], Floats, pd.DataFrame, Floats]:
    """Objectives, their signs, and the trials that have a value for each, as they ended, with these."""
    rows = trials[trials["state"] == "COMPLETE"].sort_values(["end", "trial_id"], kind="stable")
    names: tuple[str, ...]
    several = studies[studies["directions"].map(len) > 1] if len(studies) else studies
    if several.empty:
        values = rows[["validation_accuracy", "seconds"]].to_numpy(float)
        names, directions = ("accuracy", COST), ["maximize", "minimize"]
    else:
        first = several.iloc[0]
        names, directions = _names(first["objective"], len(first["directions"])), list(first["directions"])
        told = zip(several["objective"], several["directions"], strict=True)
        is_same = [_names(one, len(each)) == names for one, each in told]
        rows = rows[rows["study"].isin(several["study"][is_same])]
        given = rows["values"] if "values" in rows else pd.Series([[]] * len(rows), rows.index, dtype=object)
        rows = rows[given.map(len) == len(names)]
        values = np.array(given[rows.index].tolist(), float).reshape(len(rows), len(names))
    is_known = ~np.isnan(values).any(axis=1)
    signs = np.array([1.0 if one == "maximize" else -1.0 for one in directions])
    return names, signs, rows[is_known], values[is_known]


def _names(objective: object, amount: int) -> tuple[str, ...]:
    """A study of plain Optuna does not say what its objectives are."""
    told = text_or_none(objective)
    return tuple(told.split("+")) if told else tuple(f"objective {index + 1}" for index in range(amount))


def _scaled(merits: Floats) -> Floats:
    """From 0, the worst of all, to 1, the best; without the objectives in which none is better."""
    is_finite = np.isfinite(merits)
    # Halves, as the span of the largest numbers is no number any more.
    low = np.where(is_finite, merits, np.inf).min(axis=0, initial=np.inf) / 2
    high = np.where(is_finite, merits, -np.inf).max(axis=0, initial=-np.inf) / 2
    varied = high > low
    low, high = low[varied], high[varied]
    return np.asarray((np.clip(merits[:, varied] / 2, low, high) - low) / (high - low), float)


def _line(study: str, label: str, rows: pd.DataFrame, merits: Floats, points: int) -> HypervolumeLine:
    positions, shares = _course(merits)
    rises = np.flatnonzero(np.diff(shares, prepend=-1.0) > 0)
    kept = sorted({*rises[evenly(len(rises), points - 1)].tolist(), len(shares) - 1})
    return HypervolumeLine(
        study=study,
        label=label,
        strategy=text_or_none(rows["strategy"].iloc[0]),
        positions=tuple(int(positions[index]) for index in kept),
        shares=tuple(float(shares[index]) for index in kept),
    )


def _course(merits: Floats) -> tuple[Sequence[int], Sequence[float]]:
    """Shares of the unit box that the first trials dominate, and after how many trials; ascending both."""
    every = range(1, len(merits) + 1)
    if merits.shape[1] == 1:
        return every, np.maximum.accumulate(merits[:, 0]).tolist()
    if merits.shape[1] == 2:
        front = _Front()
        return every, np.minimum(1.0, [front.add(x, y) for x, y in merits.tolist()]).tolist()
    return _looks(merits) if merits.shape[1] == 3 else (every, _estimated(merits))


def _reached(merits: Floats) -> float:
    """The last of the shares, without those on the way where they are dear."""
    return _volume(merits)[0] if merits.shape[1] == 3 else _course(merits)[1][-1]


class _Front:
    """Points in the plane that no other dominates, from left to right, and the area that they dominate."""

    def __init__(self) -> None:
        self.area = 0.0
        self._across: list[float] = []
        self._up: list[float] = []

    def add(self, x: float, y: float) -> float:
        """The area with one point more, after O(log n) comparisons and one for each point that it beats."""
        across, up = self._across, self._up
        behind = bisect_left(across, x)
        if behind < len(up) and up[behind] >= y:
            return self.area
        end = bisect_right(across, x)
        start = behind
        while start and up[start - 1] <= y:
            start -= 1
        edges = [across[start - 1] if start else 0.0, *across[start:end], x]
        heights = [*up[start:end], up[end] if end < len(up) else 0.0]
        for left, right, height in zip(edges, edges[1:], heights, strict=False):
            self.area += (right - left) * (y - height)
        across[start:end], up[start:end] = [x], [y]
        return self.area


def _looks(merits: Floats) -> tuple[list[int], list[float]]:
    """The shares of three objectives at even intervals, the fewer the larger the front is."""
    reached, survivors = _volume(merits)
    looks = min(_MOST_LOOKS, max(_LEAST_LOOKS, _BUDGET // len(survivors)))
    positions = [1 + index for index in evenly(len(merits), looks)]
    front, shares, before = merits[:0], [], 0
    for position in positions[:-1]:
        volume, front = _volume(np.concatenate([front, merits[before:position]]))
        shares.append(volume)
        before = position
    # Sums of the same parts in another order may differ in their last digit.
    return positions, np.minimum(1.0, np.maximum.accumulate([*shares, reached])).tolist()


def _volume(merits: Floats) -> tuple[float, Floats]:
    """The volume that points in space dominate, and those of them that count: slices from the top down."""
    ordered = merits[np.lexsort((-merits[:, 1], -merits[:, 0], -merits[:, 2]))]
    below = np.append(ordered[1:, 2], 0.0)
    slab, volume, counting = _Front(), 0.0, []
    rows: Iterable[tuple[list[float], float]] = zip(ordered.tolist(), below.tolist(), strict=True)
    for index, ((x, y, z), lower) in enumerate(rows):
        before = slab.area
        if slab.add(x, y) > before:
            counting.append(index)
        volume += slab.area * (z - lower)
    return volume, ordered[counting]


def _estimated(merits: Floats) -> list[float]:
    """The shares of places, spread evenly over the box, that the first trials dominate."""
    places = _places(merits.shape[1])
    found = np.zeros(len(merits))
    for start in range(0, len(merits), _BLOCK):
        block = merits[start : start + _BLOCK]
        beats = np.ones((len(block), len(places)), bool)
        for column, place in zip(block.T, places.T, strict=True):
            beats &= column[:, None] >= place
        reached = beats.any(axis=0)
        np.add.at(found, start + beats.argmax(axis=0)[reached], 1 / _PLACES)
        places = places[~reached]
    shares: list[float] = np.cumsum(found).tolist()
    return shares


def _places(sides: int) -> Floats:
    """Places in the unit box of Roberts' additive recurrence, a generalized golden ratio (2018)."""
    ratio = 2.0
    for _ in range(64):
        ratio = (1 + ratio) ** (1 / (sides + 1))
    steps = ratio ** -np.arange(1.0, sides + 1)
    return np.asarray((0.5 + np.outer(np.arange(1, _PLACES + 1), steps)) % 1.0, float)
