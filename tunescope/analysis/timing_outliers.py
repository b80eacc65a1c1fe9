"""Trials that took much longer than others of their kind, and why."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tunescope.analysis.timing_machines import numbers

# Iglewicz and Hoaglin (1993), "How to detect and handle outliers": 0.6745 |x - median| / MAD over 3.5.
SCALE, CUT = 0.6745, 3.5
# Of logarithms of times; below, noise of a machine would count as an outlier among very steady trials.
LEAST_MAD = 0.05
LEAST_PEERS = 8
# Less is not worth an explanation.
LEAST_RATIO = 1.5
_KIND = ["dataset", "model", "machine", "batch"]


@dataclass(frozen=True)
class Outlier:
    """One slow trial.

    Attributes:
        study: its study.
        number: of the trial.
        model: its model.
        seconds: that it took, of one epoch where it has epochs.
        is_epoch: whether ``seconds`` are of one epoch.
        ratio: to the median of its kind.
        peers: how many trials of its kind there are, this one included.
        phase: the phase to which most of the excess belongs; None where phases were not timed.
        phase_share: how much of the excess.
        work: how many times the median's operations its network needs for an image; None where unknown.
        peak: the peak that its device reached just before, over the median of its kind; None where unknown.
        notes: what was adapted for it, in sentences.
    """

    study: str
    number: int
    model: str
    seconds: float
    is_epoch: bool
    ratio: float
    peers: int
    phase: str | None
    phase_share: float
    work: float | None
    peak: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Outliers:
    """The slowest for their kind first; ``found`` counts those that are not shown, too."""

    shown: tuple[Outlier, ...]
    found: int
    looked_at: int


def outliers(trials: pd.DataFrame, timings: pd.DataFrame, most: int = 20) -> Outliers:
    """Find complete trials that took much longer than others of their dataset, model, machine and batch size.

    Args:
        trials: trials with machines.
        timings: a timings frame.
        most: how many to explain.
    """
    rows = _timed(trials)
    logs = np.log(rows["time"])
    kinds = rows.groupby(_KIND, dropna=False)
    peers, middle = kinds["time"].transform("size"), kinds["time"].transform("median")
    deviation = logs - np.log(middle)
    mad = deviation.abs().groupby([rows[key] for key in _KIND], dropna=False).transform("median")
    is_far = SCALE * deviation / mad.clip(lower=LEAST_MAD) > CUT
    is_slow = is_far & (deviation > np.log(LEAST_RATIO)) & (peers >= LEAST_PEERS)
    found = rows.assign(ratio=np.exp(deviation), peers=peers)[is_slow]
    worst = found.sort_values("ratio", ascending=False, kind="stable").head(most)
    shown = tuple(_explained(row, _peers_of(row, rows), timings) for _, row in worst.iterrows())
    return Outliers(shown, len(found), int((peers >= LEAST_PEERS).sum()))


def _timed(trials: pd.DataFrame) -> pd.DataFrame:
    """Complete trials with ``time``: seconds of an epoch, or of all where there are no epochs."""
    seconds, epochs = numbers(trials, "seconds"), numbers(trials, "epochs")
    epochs = epochs.where(epochs > 0, 1.0)
    time = seconds / epochs
    rows = trials.assign(time=time, per=epochs, batch=numbers(trials, "batch_size"))
    return rows.loc[(rows["state"] == "COMPLETE") & np.isfinite(time) & (time > 0)]


def _peers_of(row: "pd.Series[Any]", rows: pd.DataFrame) -> pd.DataFrame:
    is_peer = pd.Series(True, index=rows.index)
    for key in _KIND:
        is_peer &= rows[key].isna() if pd.isna(row[key]) else rows[key] == row[key]
    return rows[is_peer]


def _explained(row: "pd.Series[Any]", peers: pd.DataFrame, timings: pd.DataFrame) -> Outlier:
    phase, share = _dearest(row, peers, timings)
    return Outlier(
        study=str(row["study"]),
        number=int(row["number"]),
        model=str(row["model"]),
        seconds=float(row["time"]),
        is_epoch=pd.notna(row.get("epochs")) and row["epochs"] > 0,
        ratio=float(row["ratio"]),
        peers=int(row["peers"]),
        phase=phase,
        phase_share=share,
        work=_relative(row, peers, "flops_per_image"),
        peak=_relative(row, peers, "peak_flops"),
        notes=tuple(row["notes"]) if isinstance(row.get("notes"), list) else (),
    )


def _dearest(row: "pd.Series[Any]", peers: pd.DataFrame, timings: pd.DataFrame) -> tuple[str | None, float]:
    """The phase with the largest excess over the median of the peers, and its share of all excess."""
    parts = timings[timings["trial_id"].isin(peers["trial_id"])]
    if row["trial_id"] not in set(parts["trial_id"]):
        return None, 0.0
    wide = parts.pivot_table(index="trial_id", columns="phase", values="seconds", aggfunc="sum", fill_value=0)
    each = wide.div(peers.set_index("trial_id")["per"].reindex(wide.index), axis=0)
    own = each[each.index == row["trial_id"]].iloc[0]
    excess = own - each.drop(index=row["trial_id"]).median()
    whole = float(excess.clip(lower=0).sum())
    return (None, 0.0) if not whole > 0 else (str(excess.idxmax()), float(excess.max()) / whole)


def _relative(row: "pd.Series[Any]", peers: pd.DataFrame, column: str) -> float | None:
    values = numbers(peers, column)
    own, middle = float(pd.to_numeric(row.get(column, np.nan))), float(values.median())
    return own / middle if np.isfinite(own) and middle > 0 else None
