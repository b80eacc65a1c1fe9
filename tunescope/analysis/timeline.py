"""When each worker trained which trial, or how busy it was where there are too many to tell apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class TimelineBar:
    """One trial: seconds from the beginning of the timeline to its start, and how long it took."""

    study: str
    number: int
    state: str
    begun: float
    seconds: float


@dataclass(frozen=True)
class TimelineRow:
    """One worker.

    Attributes:
        worker: what to call it.
        trials: how many trials it trained.
        busy: share of the time from its first trial to its last in which it trained one; more than 1 where
            several processes go by the same name.
        bars: its trials; none where there are too many.
        shares: share of each slice of the timeline in which it was busy; none where there are bars.
    """

    worker: str
    trials: int
    busy: float
    bars: tuple[TimelineBar, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Timeline:
    """Workers, those with the most trials first; ``left_out`` are too many to show.

    ``seconds`` is the length of the timeline. It begins with the first trial; where there are several runs or
    studies, with the first of each ``origin`` ("run" or "study").
    """

    rows: tuple[TimelineRow, ...]
    seconds: float
    left_out: int = 0
    origin: str = ""


def timeline(trials: pd.DataFrame, limit: int = 1200, workers: int = 24, slices: int = 120) -> Timeline:
    """Lay ended trials out by worker, a worker of each run; without any known, by study.

    Args:
        trials: a trials frame.
        limit: of more trials, only how busy the workers were is kept.
        workers: workers that are kept.
        slices: of the timeline, when trials are too many to keep.
    """
    known = trials[trials["start"].notna() & trials["end"].notna()]
    if known.empty:
        return Timeline((), 0.0)
    label, groups, origin = _labels(known), *_groups(known)
    rows = known.assign(
        label=label,
        begun=(known["start"] - known.groupby(groups)["start"].transform("min")).dt.total_seconds(),
        took=(known["end"] - known["start"]).dt.total_seconds().clip(lower=0.0),
    )
    length = float((rows["begun"] + rows["took"]).max())
    named = rows["label"].value_counts(sort=False).sort_values(ascending=False, kind="stable").index
    edges = None if len(rows) <= limit else np.linspace(0.0, length, slices + 1)
    kept = tuple(_row(str(name), rows[rows["label"] == name], edges) for name in named[:workers])
    return Timeline(kept, length, len(named) - len(kept), origin)


def _groups(trials: pd.DataFrame) -> tuple["pd.Series[str]", str]:
    """What begins at the same place: days between two runs would leave no width to any trial."""
    groups = trials["run_id"].fillna(trials["study"])
    origin = "run" if trials["run_id"].notna().any() else "study"
    return groups, origin if groups.nunique() > 1 else ""


def _labels(trials: pd.DataFrame) -> "pd.Series[str]":
    runs = trials["run_id"].nunique() > 1
    numbers = trials["worker"].map(lambda one: "" if pd.isna(one) else f"worker {int(one)}")
    places = trials["run_id"].fillna("") if runs else ""
    labelled = (numbers + " " + places).str.strip() if runs else numbers
    return labelled.mask(trials["worker"].isna(), trials["study"])


def _row(name: str, rows: pd.DataFrame, edges: Any) -> TimelineRow:
    begun, took = rows["begun"].to_numpy(float), rows["took"].to_numpy(float)
    span = float((begun + took).max() - begun.min())
    return TimelineRow(
        worker=name,
        trials=len(rows),
        busy=float(took.sum() / span) if span > 0 else 1.0,
        bars=tuple(map(_bar, rows.to_dict("records"))) if edges is None else (),
        shares=() if edges is None else tuple(_busy(begun, took, edges).tolist()),
    )


def _bar(trial: Mapping[Any, Any]) -> TimelineBar:
    return TimelineBar(
        trial["study"], int(trial["number"]), trial["state"], float(trial["begun"]), float(trial["took"])
    )


def _busy(begun: Any, took: Any, edges: Any) -> Any:
    """Share of each slice between two edges that trials fill."""
    filled = np.array([np.clip(edge - begun, 0.0, took).sum() for edge in edges])
    return np.diff(filled) / np.maximum(np.diff(edges), 1e-9)
