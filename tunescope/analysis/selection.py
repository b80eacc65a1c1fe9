"""Choosing rows: which trials count, and which of very many are shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure

ENDED = ("COMPLETE", "PRUNED", "FAIL")
UNKNOWN_MODEL = "unknown"


def model_of(params: Mapping[str, Any]) -> str:
    """The model that a trial's parameters name."""
    return str(params.get("model", UNKNOWN_MODEL))


def with_models(trials: pd.DataFrame) -> pd.DataFrame:
    """The same trials with a column ``model``, which a frame may have already."""
    if "model" in trials:
        return trials
    return trials.assign(model=pd.Series(map(model_of, trials["params"]), index=trials.index, dtype=object))


def complete(trials: pd.DataFrame, measure: Measure = ACCURACY) -> pd.DataFrame:
    """The trials that were trained to their end and measured, with a column ``model``."""
    values = pd.to_numeric(trials[measure.column])
    return with_models(trials[(trials["state"] == "COMPLETE") & np.isfinite(values)])


def labels(studies: pd.DataFrame) -> dict[str, str]:
    """What to call each study (columns ``study``, ``strategy``): its strategy where that tells all apart."""
    pairs = studies[["study", "strategy"]].drop_duplicates("study")
    # Beside the full names of others, a strategy alone would read as all that it did.
    is_telling = pairs["strategy"].dropna().is_unique
    names = pairs["strategy"].fillna(pairs["study"]) if is_telling else pairs["study"]
    return dict(zip(pairs["study"], names, strict=True))


def evenly(count: int, limit: int) -> list[int]:
    """At most ``limit`` of the indices below ``count``, evenly spread, with the first and the last."""
    if count <= limit:
        return list(range(count))
    return sorted({int(index) for index in np.linspace(0, count - 1, limit).round()})


def thinned(count: int, limit: int, keep: Iterable[int] = ()) -> list[int]:
    """As :func:`evenly`, and those to ``keep`` beside them; ascending."""
    return sorted({*evenly(count, limit), *keep})


def sampled(trials: pd.DataFrame, most: int, measure: Measure = ACCURACY) -> pd.DataFrame:
    """Of more trials than ``most`` a third of the best, and an even selection of the rest; in their order."""
    if len(trials) <= most:
        return trials
    merits = measure.sign * pd.to_numeric(trials[measure.column]).to_numpy(float)
    ranked = np.argsort(-merits, kind="stable")  # what was not measured (NaN) comes last
    best, others = ranked[: most // 3], np.sort(ranked[most // 3 :])
    return trials.iloc[np.sort([*best, *others[evenly(len(others), most - len(best))]])]


def text_or_none(value: object) -> str | None:
    """A text of a frame, where pandas has NaN for a missing one."""
    return value if isinstance(value, str) else None


def picked(values: Sequence[Any], indices: Iterable[int]) -> tuple[Any, ...]:
    """The values at some indices."""
    return tuple(values[index] for index in indices)
