"""What came of a study: counts, and its best trial."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
import pandas as pd

from tunescope.search.kept import is_kept
from tunescope.search.objectives import directions, rank
from tunescope.search.strategies.portfolio import final_choice
from tunescope.store import Store, frames
from tunescope.store import trials as trial_rows


def ranked(trials: pd.DataFrame, objective: Sequence[str]) -> pd.DataFrame:
    """Complete trials of a frame, best first.

    Trials of one configuration that was measured several times count with the mean of their values, so that
    luck does not win; a configuration with fewer measurements than another gets no credit for that.
    """
    complete = trials[trials["state"] == "COMPLETE"].copy()
    first = complete["repeats"].fillna(complete["number"])
    complete["mean_value"] = complete.groupby(first)["value"].transform("mean")
    rows = complete[["mean_value", "log_loss", "seconds"]].itertuples(index=False)
    keys = [rank(value, loss, seconds, objective) for value, loss, seconds in rows]
    return complete.iloc[sorted(range(len(keys)), key=keys.__getitem__)]


def summarize(store: Store, study_id: int, study: str) -> dict[str, Any]:
    """A study as plain data: counts by state, seconds, why it ended, and ``best`` (``None`` without one)."""
    trials = frames.trials_frame(store, study=study)
    record = trial_rows.study_record(store, study_id)
    objective = record["objective"].split("+")
    best = _recommended_first(store, study, ranked(trials, objective), objective)
    counts = trials["state"].value_counts()
    return {
        "name": study,
        "strategy": record["strategy"],
        "objective": objective,
        "trials": int(sum(counts.get(state, 0) for state in ("COMPLETE", "PRUNED", "FAIL"))),
        "complete": int(counts.get("COMPLETE", 0)),
        "pruned": int(counts.get("PRUNED", 0)),
        "failed": int(counts.get("FAIL", 0)),
        "best_validation_accuracy": None if best.empty else float(best["validation_accuracy"].max()),
        "seconds": float(record["seconds"]),
        "stopped_because": record["stopped_because"],
        "best": None if best.empty else _trial(best.iloc[0]),
    }


def _recommended_first(
    store: Store, study: str, best: pd.DataFrame, objective: Sequence[str]
) -> pd.DataFrame:
    """The winner in front: what a strategy that measures again recommends, else the best with a model."""
    numbers = list(best["number"])
    if len(objective) == 1 and best["repeats"].notna().any():
        trials = optuna.load_study(study_name=study, storage=store.storage).get_trials(deepcopy=False)
        numbers.insert(0, final_choice(trials, directions(objective)[0]))
    there = {
        number for number, folder in zip(best["number"], best["folder"], strict=True) if is_kept(Path(folder))
    }
    winner = next((number for number in numbers if number in there), None)
    return (
        best if winner is None else best.sort_values("number", key=lambda one: one != winner, kind="stable")
    )


def best_of(summaries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The best trial over several studies, ranked as within one; ``study`` names where it is from."""
    candidates = [
        {**one["best"], "study": one["name"], "objective": one["objective"]}
        for one in summaries
        if one["best"]
    ]
    return min(
        candidates,
        key=lambda one: rank(one["mean_value"], one["log_loss"], one["train_seconds"], one["objective"]),
        default=None,
    )


def _trial(row: "pd.Series[Any]") -> dict[str, Any]:
    return {
        "trial_id": int(row["trial_id"]),
        "trial": int(row["number"]),
        "model": row["params"]["model"],
        "params": row["params"],
        "value": float(row["value"]),
        "mean_value": float(row["mean_value"]),
        "validation_accuracy": float(row["validation_accuracy"]),
        "log_loss": None if pd.isna(row["log_loss"]) else float(row["log_loss"]),
        "train_seconds": float(row["seconds"]),
        "folder": row["folder"],
    }
