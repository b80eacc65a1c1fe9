"""What the store and the folders of runs hold about learning rates."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dashboard import connection, reading
from tunescope.analysis.learning_rate import PolicyResult, Schedule
from tunescope.analysis.range_test import RangeCurve, range_curves
from tunescope.store import frames
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter
from tunescope.training import POLICIES

FILE = "range_test.json"
_POLICY = ".policy"
_KEYS = ("trial_id", "study", "number", "run_id", "dataset", "model", "validation_accuracy", "seconds")
_POINTS = 240
# A file of more is none of ours.
_LARGEST = 8 * 2**20


def policy_trials(table: TrialTable, chosen: TrialFilter) -> pd.DataFrame:
    """Complete trials of deep models with the policy that each had: what a ranking needs, run and dataset."""
    keys = [key for key in table.fields if key.startswith("param:") and key.endswith(_POLICY)]
    known = [keys, ["validation_accuracy"], ["seconds"]]
    found = table.columns(chosen.with_values("state", ["COMPLETE"]), [*_KEYS, *keys], known)
    policies = found[keys].bfill(axis=1).iloc[:, 0] if keys else pd.Series(index=found.index, dtype=object)
    # Other programs may have parameters of that name too.
    return found[list(_KEYS)].assign(policy=policies)[policies.isin(POLICIES)]


def schedule(name: str, result: PolicyResult | None) -> Schedule:
    """How the rate of a policy moves: in its best trial, or as it does by itself."""
    policy = POLICIES[name]
    if result is None:
        rates = policy(k0=1.0).simulate(_POINTS)
        return _schedule(name, rates, "its usual shape")
    source = f"its best trial, {result.best.study} #{result.best.number}"
    if policy.sees_losses:
        epochs = frames.epochs_frame(connection.store(), trial_ids=[result.best.trial_id])
        rates = epochs["learning_rate"].to_numpy(float)
        return _schedule(name, rates[np.isfinite(rates)], source)
    return _schedule(name, policy.shaped(1.0, _POINTS, _shape(name, result)).simulate(_POINTS), source)


def _shape(name: str, result: PolicyResult) -> dict[str, float]:
    (row,) = reading.records(frames.trials_frame(connection.store(), trial_ids=[result.best.trial_id]))
    settings = reading.settings(row["params"])
    return {one: float(settings[key]) for one in POLICIES[name].shape if (key := f"policy_{one}") in settings}


def _schedule(name: str, rates: Any, source: str) -> Schedule:
    highest = float(np.max(rates)) if len(rates) else 0.0
    shares = np.linspace(0, 1, len(rates))
    kept = np.asarray(rates) / highest if highest > 0 else np.asarray(rates)
    return Schedule(name, tuple(shares.tolist()), tuple(kept.tolist()), source)


def tested_runs(rows: Sequence[Mapping[str, Any]]) -> dict[str, Path]:
    """The range tests that are there, by run, newest first."""
    files = {str(row["run_id"]): Path(row["folder"]) / FILE for row in rows}
    return {run_id: path for run_id, path in files.items() if path.is_file()}


def curves(path: Path) -> tuple[RangeCurve, ...]:
    """The curves of a range test; none when the file cannot be read."""
    try:
        status = path.stat()
        return _curves(path, status.st_mtime_ns) if status.st_size <= _LARGEST else ()
    except (OSError, ValueError, TypeError, AttributeError):
        return ()


@lru_cache(maxsize=8)
def _curves(path: Path, _: int) -> tuple[RangeCurve, ...]:
    return range_curves(json.loads(path.read_text(encoding="utf-8")))
