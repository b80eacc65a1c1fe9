"""What mattered by a second method, fANOVA: slower than PED-ANOVA, and about all trials, not the best."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tunescope.analysis.importance import MINIMUM_TRIALS, Importance, ImportanceGroup, Influence
from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.scales import is_logarithmic, is_number
from tunescope.analysis.selection import complete

SAMPLE = 1000
NO_DIFFERENCE = "Nothing that was varied made a difference"
# As Optuna has it.
_TREES, _DEPTH = 64, 64
# Of more names the rarest are one: what few trials have tells the forest next to nothing.
_MOST_CHOICES = 24
Params = Mapping[str, Any]
Floats = npt.NDArray[np.float64]


def fanova(
    trials: pd.DataFrame,
    minimum: int = MINIMUM_TRIALS,
    limit: int = SAMPLE,
    measure: Measure = ACCURACY,
    seed: int = 0,
) -> Importance:
    """Estimate which hyperparameters explain how accuracy, or another measure, varies over all trials.

    Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing hyperparameter importance" (ICML
    2014, https://proceedings.mlr.press/v32/hutter14.html): a forest of regression trees, and the share of its
    variance that each hyperparameter explains alone. Ranges are those that the trials
    span, on a logarithmic scale where trials were drawn from one. A trial without some hyperparameter gets a
    value that another trial has of it, at random: so it can tell nothing but by the trials that have it.

    Args:
        trials: a trials frame.
        minimum: complete trials that a group needs, or it only says that they are too few.
        limit: complete trials that are looked at in all; of more, a sample at random.
        measure: what trials are measured by.
        seed: of the sample and of the forest.

    Returns:
        All models together first, then each model; ``trials`` of a group are those of the sample.
    """
    rows = complete(trials, measure)
    if len(rows) > limit:
        rows = rows.sample(limit, random_state=seed).sort_index()
    by_trials = rows["model"].value_counts(sort=False).sort_values(ascending=False, kind="stable").index
    groups = [_group(model, rows[rows["model"] == model], minimum, measure, seed) for model in by_trials]
    if len(groups) > 1:
        groups.insert(0, _group(None, rows, minimum, measure, seed))
    return Importance(tuple(groups), measure)


def _group(
    model: str | None, rows: pd.DataFrame, minimum: int, measure: Measure, seed: int
) -> ImportanceGroup:
    if len(rows) < minimum:
        return ImportanceGroup(model, len(rows), (), f"Needs {minimum} finished trials")
    params: list[Params] = [
        {name: value for name, value in one.items() if model is None or name != "model"}
        for one in rows["params"]
    ]
    merits = measure.sign * rows[measure.column].to_numpy(float)
    shares = _shares(params, merits, seed)
    if not shares:
        return ImportanceGroup(model, len(rows), (), NO_DIFFERENCE)
    best = rows["params"].iloc[int(merits.argmax())]
    influences = (Influence(name, share, best.get(name)) for name, share in shares.items())
    return ImportanceGroup(model, len(rows), tuple(influences))


def _shares(params: Sequence[Params], merits: Floats, seed: int) -> dict[str, float]:
    """Shares of the influence by name, largest first; empty when none has any."""
    random = np.random.default_rng(seed)
    names = sorted({name for one in params for name in one})
    if not names:
        return {}
    columns = np.array([_column(_filled(params, name, random)) for name in names]).T.reshape(len(params), -1)
    # Squares of the largest numbers are no numbers any more.
    found = _explained(columns, merits / (np.abs(merits).max() or 1.0), seed)
    total = found.sum()
    ranked = sorted(zip(names, found.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return {name: float(value / total) for name, value in ranked} if total > 0 else {}


def _filled(params: Sequence[Params], name: str, random: np.random.Generator) -> list[Any]:
    """The values of all trials; those that have none take one from another trial, at random."""
    known = [one[name] for one in params if name in one]
    return [one[name] if name in one else known[random.integers(len(known))] for one in params]


def _column(values: list[Any]) -> Floats:
    """From 0 to 1: numbers on the scale they were drawn on, names at even distances."""
    if not all(is_number(value) for value in values):
        return _places([str(value) for value in values])
    # Halves, as the span of the largest numbers is no number any more.
    numbers = np.log(values) if is_logarithmic(values) else np.array(values, float) / 2
    low, span = numbers.min(), np.ptp(numbers)
    return np.asarray((numbers - low) / span if span > 0 else np.zeros(len(values)), float)


def _places(names: list[str]) -> Floats:
    """Names, in the middle of intervals that share a side of the box equally; the rarest share one."""
    frequent = {name for name, _ in Counter(names).most_common(_MOST_CHOICES)}
    shown = [name if name in frequent else "" for name in names]
    order = {name: index for index, name in enumerate(sorted(set(shown)))}
    return np.array([(order[name] + 0.5) / len(order) for name in shown])


def _explained(columns: Floats, merits: Floats, seed: int) -> Floats:
    """The share of a forest's variance that each column (trials, columns; from 0 to 1) explains alone."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(_TREES, max_depth=_DEPTH, random_state=seed).fit(columns, merits)
    found = [_explained_by_tree(each.tree_, columns.shape[1]) for each in forest.estimators_]
    return np.asarray(
        np.mean([each for each in found if each is not None] or [np.zeros(columns.shape[1])], axis=0)
    )


def _explained_by_tree(tree: Any, sides: int) -> Floats | None:
    """The same of one tree, ``None`` where it predicts the same everywhere.

    A tree cuts the unit box into smaller ones, in each of which it predicts one value. Along one side, its
    mean over all others is a staircase; the variance of that is what the side explains.
    """
    low, high = _boxes(tree, sides)
    widths = high - low
    volumes = widths.prod(axis=1)
    values = tree.value[tree.children_left < 0, 0, 0]
    values = values - volumes @ values
    total = float(volumes @ values**2)
    if total <= 0:
        return None
    shares = np.zeros(sides)
    for side in np.unique(tree.feature[tree.feature >= 0]):
        has_width = widths[:, side] > 0
        height = (values * volumes)[has_width] / widths[has_width, side]
        edges, ends = np.unique([low[has_width, side], high[has_width, side]], return_inverse=True)
        rises = np.bincount(ends.ravel(), np.concatenate([height, -height]), len(edges))
        shares[side] = np.cumsum(rises)[:-1] ** 2 @ np.diff(edges) / total
    return shares


def _boxes(tree: Any, sides: int) -> tuple[Floats, Floats]:
    """Lower and upper corners of a tree's leaves in the unit box; a node comes before its children."""
    low, high = np.zeros((tree.node_count, sides)), np.ones((tree.node_count, sides))
    cuts = zip(tree.children_left, tree.children_right, tree.feature, tree.threshold, strict=True)
    for node, (left, right, side, threshold) in enumerate(cuts):
        if left >= 0:
            low[[left, right]], high[[left, right]] = low[node], high[node]
            high[left, side] = low[right, side] = threshold
    is_leaf = tree.children_left < 0
    return low[is_leaf], high[is_leaf]
