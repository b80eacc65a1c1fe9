"""What pages read from the store, and no more often than it changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from dashboard import connection
from dashboard.wording import is_missing, number
from tunescope.analysis.selection import with_models
from tunescope.parameters import Parameters
from tunescope.store import Store, frames, runs

LIVE = runs.LIVE
RESUMABLE = ("interrupted", "stopped", "failed")
ENDED = ("COMPLETE", "PRUNED", "FAIL")
# How the steps that search end, after the strategy.
SEARCH = ".search_models"
# Learning curves are drawn for the trials that run and for this many of the best.
CURVES = 8
_LOG_BYTES = 12_000
# Runs sign every two seconds.
_SILENT_SECONDS = 20.0


def prepared(trials: pd.DataFrame) -> pd.DataFrame:
    """A trials frame with a column ``model`` and one ``settings``: its hyperparameters as text."""
    known = with_models(trials)
    settings = [settings_text(params) for params in known["params"]]
    return known.assign(settings=pd.Series(settings, index=known.index, dtype=object))


def settings(params: Mapping[str, Any]) -> dict[str, Any]:
    """The hyperparameters of a trial by their own names, without the model's."""
    prefix = f"{params.get('model', '')}."
    return {name.removeprefix(prefix): value for name, value in params.items() if name != "model"}


def settings_text(params: Mapping[str, Any]) -> str:
    """The hyperparameters of a trial in one line."""
    return ", ".join(f"{name} {number(value, 3)}" for name, value in settings(params).items())


def begun(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials that were at least begun: one that only waits in a queue has nothing to show."""
    return trials[trials["state"] != "WAITING"]


def settled(store: Store, trials: pd.DataFrame) -> pd.DataFrame:
    """The trials with state ``INTERRUPTED`` for those that nobody trains any more."""
    working = runs.at_work(store)
    is_left = [
        state == "RUNNING" and not is_missing(run_id) and runs.is_left(working, run_id, start)
        for state, run_id, start in zip(trials["state"], trials["run_id"], trials["start"], strict=True)
    ]
    return trials.assign(state=trials["state"].mask(np.array(is_left, dtype=bool), "INTERRUPTED"))


@dataclass(frozen=True)
class Tally:
    """What the trials of one run came to so far; ``best_trial`` is the id of the best one."""

    ended: int = 0
    running: int = 0
    best: float | None = None
    best_trial: int | None = None


def tallies() -> dict[str, Tally]:
    """A tally for each run that has trials."""
    found = connection.table().refresh().tallies()
    return {
        str(row["run_id"]): Tally(
            int(row["ended"]),
            int(row["running"]),
            None if is_missing(row["best"]) else row["best"],
            None if is_missing(row["best_trial"]) else int(row["best_trial"]),
        )
        for row in records(found)
    }


def searched(store: Store, run_id: str) -> float:
    """Seconds of search of a run, over all its studies."""
    return float(frames.studies_frame(store, run_id)["seconds"].astype(float).sum())


def is_silent(run: Mapping[str, Any]) -> bool:
    """Whether the process of a run is there, but has given no sign of life for a while."""
    return run["state"] in ("running", "paused") and since(run["heartbeat"]) > _SILENT_SECONDS


def stage_name(name: str) -> str:
    """A step of the pipeline as people read it: ``search with grid``."""
    if name.endswith(SEARCH):
        return f"search with {name.removesuffix(SEARCH)}"
    return name.replace("__", " ").replace("_", " ").replace(".", ": ")


def parameters_of(row: Mapping[str, Any]) -> Parameters | None:
    """The typed parameters of a run, ``None`` when another version wrote ones that we do not know."""
    try:
        return Parameters.model_validate(row["parameters"])
    except ValidationError:
        return None


def curve_epochs(store: Store, trials: pd.DataFrame, limit: int = CURVES) -> pd.DataFrame:
    """Epochs of the trials that have not ended and of the best ``limit`` that have any."""
    has_ended = trials["state"].isin(ENDED)
    running, trained = trials[~has_ended], trials[has_ended & trials["epochs"].notna()]
    best = trained.sort_values("validation_accuracy", ascending=False, kind="stable").head(limit)
    ids = [int(trial) for trial in pd.concat([running["trial_id"], best["trial_id"]])]
    return frames.epochs_frame(store, trial_ids=ids)


def log_tail(folder: Path) -> str:
    """The end of a run's log, or of its raw output when it has not written one yet."""
    for name in ("run.log", "launch.log"):
        text = _tail(folder / name)
        if text:
            return text
    return ""


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = max(0, path.stat().st_size - _LOG_BYTES)
            file.seek(start)
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text.partition("\n")[2] if start else text


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def since(at: datetime) -> float:
    """Seconds since a time of the store, at least 0."""
    return max(0.0, (datetime.now(UTC).replace(tzinfo=None) - at).total_seconds())
