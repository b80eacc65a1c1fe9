"""What came of a study: counts, and its best trial."""

from typing import Any

import pandas as pd

from tunescope.store import Store, frames
from tunescope.store import trials as trial_rows


def ranked(trials: pd.DataFrame) -> pd.DataFrame:
    """Complete trials of a frame, best first."""
    complete = trials[trials["state"] == "COMPLETE"]
    keys = [rank(*row) for row in complete[["value", "log_loss", "seconds"]].itertuples(index=False)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return complete.iloc[order]


def summarize(store: Store, study_id: int, study: str) -> dict[str, Any]:
    """A study as plain data: counts by state, seconds, why it ended, and ``best`` (``None`` without one)."""
    trials = frames.trials_frame(store, study=study)
    record = trial_rows.study_record(store, study_id)
    best = ranked(trials)
    counts = trials["state"].value_counts()
    return {
        "name": study,
        "strategy": record["strategy"],
        "trials": int(sum(counts.get(state, 0) for state in ("COMPLETE", "PRUNED", "FAIL"))),
        "complete": int(counts.get("COMPLETE", 0)),
        "pruned": int(counts.get("PRUNED", 0)),
        "failed": int(counts.get("FAIL", 0)),
        "best_validation_accuracy": None if best.empty else float(best["validation_accuracy"].max()),
        "seconds": float(record["seconds"]),
        "stopped_because": record["stopped_because"],
        "best": None if best.empty else _trial(best.iloc[0]),
    }


def best_of(summaries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The best trial over several studies, ranked as within one; ``study`` names where it is from."""
    candidates = [{**one["best"], "study": one["name"]} for one in summaries if one["best"]]
    return min(
        candidates,
        key=lambda one: rank(one["value"], one["log_loss"], one["train_seconds"]),
        default=None,
    )


def rank(value: float, log_loss: float | None, seconds: float) -> tuple[float, float, float]:
    """A key that sorts complete trials, best first: by the objective; equal ones by log loss, then by time.

    Small validation splits make ties common, and log loss still tells a sure model from a lucky one.
    """
    return (-value, float("inf") if log_loss is None or log_loss != log_loss else log_loss, seconds)


def _trial(row: "pd.Series[Any]") -> dict[str, Any]:
    return {
        "trial_id": int(row["trial_id"]),
        "trial": int(row["number"]),
        "model": row["params"]["model"],
        "params": row["params"],
        "value": float(row["value"]),
        "validation_accuracy": float(row["validation_accuracy"]),
        "log_loss": None if pd.isna(row["log_loss"]) else float(row["log_loss"]),
        "train_seconds": float(row["seconds"]),
        "folder": row["folder"],
    }
