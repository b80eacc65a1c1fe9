"""What the page of one run shows, read at one moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.connection import Connection
from dashboard.launch import is_preparation
from dashboard.reading import LIVE, is_silent, parameters_of, records, settings_text, since
from dashboard.wording import is_missing
from tunescope.analysis.remaining import Remaining, StudyProgress, remaining
from tunescope.models import MODELS
from tunescope.parameters import Parameters
from tunescope.search.budget import Budget
from tunescope.store import Store, frames, live, runs
from tunescope.store.columns import TrialTable
from tunescope.store.engine import database_stamp
from tunescope.store.selection import TrialFilter

# Trials that are listed.
_NEWEST = 12
_COUNTS = ("ended", "running", "pruned", "failed")


@dataclass(frozen=True)
class RunTally:
    """What the trials of a run came to so far.

    Attributes:
        ended, running, pruned, failed: how many; the ended ones are the complete, pruned and failed.
        newest: the highest id.
        best: highest validation accuracy of a complete one.
        best_trial: the id of that one.
        by_study: how many of each study have ended.
    """

    ended: int
    running: int
    pruned: int
    failed: int
    newest: int
    best: float | None
    best_trial: int | None
    by_study: Mapping[str, int]


@dataclass(frozen=True)
class RunView:
    """A run as it stands.

    Attributes:
        row: its columns and ``state``.
        parameters: None when another version wrote ones that we do not know.
        studies, stages, commands: frames of :mod:`tunescope.store.frames`.
        benchmark: of its winner.
        dataset: the prepared one.
        machine: the manifest of the one that it works on; empty before it is known.
        tally: of its trials; None while the store's trials are still being read.
        trials: those in training and the newest, newest first.
        best, winner: the best so far, and the one that was measured at the end.
        epochs: the latest epoch of each trial in training, by id.
        predicted: the latest epoch with predictions of each listed trial that has any, by id.
        stamp: of the store when it was read.
    """

    row: dict[str, Any]
    parameters: Parameters | None
    studies: pd.DataFrame
    stages: pd.DataFrame
    commands: pd.DataFrame
    benchmark: dict[str, Any] | None
    dataset: dict[str, Any] | None
    machine: dict[str, Any]
    tally: RunTally | None
    trials: list[dict[str, Any]]
    best: dict[str, Any] | None
    winner: dict[str, Any] | None
    epochs: dict[int, dict[str, Any]]
    predicted: dict[int, int]
    stamp: Any = None

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return str(self.row["run_id"])

    @property
    def state(self) -> str:
        """How the run stands."""
        return str(self.row["state"])

    @property
    def folder(self) -> Path:
        """Where the run's files are."""
        return Path(self.row["folder"])

    @property
    def is_live(self) -> bool:
        """Whether a process works on the run."""
        return self.state in LIVE

    @property
    def is_preparation(self) -> bool:
        """Whether it prepares a dataset and searches nothing."""
        return is_preparation(self.run_id)

    @property
    def seconds(self) -> float:
        """How long its launches have worked, this one up to now."""
        seconds = float(self.row["seconds"])
        is_at_work = self.state in ("running", "paused") and not self.is_silent
        return seconds + (since(self.row["heartbeat"]) if is_at_work else 0.0)

    @property
    def is_silent(self) -> bool:
        """Whether its process is there, but has given no sign of life for a while."""
        return is_silent(self.row)

    def name_of(self, trial: Mapping[str, Any]) -> str:
        """A trial of this run, where the run's own id would say nothing: ``grid #4``."""
        return f"{str(trial['study']).removeprefix(f'{self.run_id}-')} #{trial['number']}"

    @cached_property
    def searched(self) -> float:
        """Seconds of search, over all its studies."""
        return float(self.studies["seconds"].astype(float).sum())

    @cached_property
    def running(self) -> list[dict[str, Any]]:
        """The trials in training."""
        return [trial for trial in self.trials if trial["state"] == "RUNNING"]

    @cached_property
    def is_deep(self) -> bool:
        """Whether any of its models learns in epochs."""
        chosen = self.parameters.search.models if self.parameters else ()
        return any(name in MODELS and MODELS[name].kind == "deep" for name in chosen)

    @property
    def is_unwatched(self) -> bool:
        """Whether epochs have ended, or none comes any more, and no predictions were noted."""
        has_epochs = self.epochs or any(not is_missing(one["epochs"]) for one in self.trials)
        return not self.predicted and bool(has_epochs or not self.is_live)

    @cached_property
    def pending(self) -> list[dict[str, Any]]:
        """What was asked of the launch at work and is not answered yet."""
        return [one for one in self.asked if is_missing(one["acknowledged"])]

    @cached_property
    def asked(self) -> list[dict[str, Any]]:
        """What was asked of the latest launch, oldest first."""
        return asked_of(self.commands, self.row)


def asked_of(commands: pd.DataFrame, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The commands to the latest launch of a run, oldest first."""
    return records(commands[commands["created"] >= row["started"]])


def run_view(
    here: Connection, run_id: str, before: RunView | None = None, enough: int | None = None
) -> RunView:
    """Read a run; only how it stands where nothing was written since ``before``.

    Args:
        here: what the app works with.
        run_id: of the run.
        before: the same run as it was read last.
        enough: where the store's trials were never read, so many may be read before the answer; None for all.

    Raises:
        UnknownNameError: when the store has no such run.
    """
    store = here.store()
    stamp = database_stamp(store)
    row = runs.get(store, run_id)
    if (
        before is not None
        and before.tally
        and stamp
        and (stamp, row["state"]) == (before.stamp, before.state)
    ):
        return replace(before, row=row)
    return _read(store, here.table().refresh(enough), row, stamp)


def _read(store: Store, table: TrialTable, row: dict[str, Any], stamp: Any) -> RunView:
    run_id = str(row["run_id"])
    tally = _tally(table, run_id) if table.is_whole else None
    benchmark = next(iter(records(frames.benchmarks_frame(store, run_id))), None)
    winner = None if benchmark is None else int(benchmark["trial_id"])
    best = None if tally is None else tally.best_trial
    listed = [] if tally is None else table.newest(run_id, _NEWEST)
    trials = _trials(table, [*listed, *(one for one in (best, winner) if one is not None)])
    shown = [trials[trial_id] for trial_id in listed if trial_id in trials]
    return RunView(
        row=row,
        parameters=parameters_of(row),
        studies=frames.studies_frame(store, run_id),
        stages=frames.stages_frame(store, run_id),
        commands=frames.commands_frame(store, run_id),
        benchmark=benchmark,
        dataset=frames.dataset(store, run_id),
        machine=frames.device(store, run_id),
        tally=tally,
        trials=shown,
        best=trials.get(best),
        winner=trials.get(winner),
        epochs=live.latest_epochs(store, [one["trial_id"] for one in shown if one["state"] == "RUNNING"]),
        predicted=live.predicted_epochs(store, [int(one) for one in trials if one is not None]),
        stamp=stamp,
    )


def _tally(table: TrialTable, run_id: str) -> RunTally:
    studies = records(table.study_tallies(run_id))
    best = max((one for one in studies if not is_missing(one["best"])), key=_score, default=None)
    return RunTally(
        **{name: sum(int(one[name]) for one in studies) for name in _COUNTS},
        newest=max((int(one["newest"]) for one in studies), default=0),
        best=None if best is None else float(best["best"]),
        best_trial=None if best is None else int(best["best_trial"]),
        by_study={str(one["study"]): int(one["ended"]) for one in studies},
    )


def _score(study: Mapping[str, Any]) -> tuple[float, float]:
    """As the winner of a run is chosen: of equal accuracies, that with the lowest log loss."""
    return float(study["best"]), -float(study["best_loss"])


def _trials(table: TrialTable, trial_ids: Collection[int]) -> dict[int | None, dict[str, Any]]:
    """Some trials by id."""
    if not trial_ids:
        return {}
    found = table.records(set(trial_ids))
    return {one["trial_id"]: {**one, "settings": settings_text(one["params"])} for one in found}


def whole_frame(table: TrialTable, run_id: str) -> pd.DataFrame:
    """Every trial of a run, without its parameters."""
    return table.frame(TrialFilter(choices=(("run_id", (run_id,)),)))


def time_left(view: RunView) -> Remaining | None:
    """What is left of the search by its budget; None where nobody knows the budget."""
    if view.parameters is None or view.tally is None:
        return None
    search = view.parameters.search
    known = {str(one["strategy"]): one for one in records(view.studies)}
    progress = [
        _progress(Budget.share(search, strategy), known.get(strategy), view.tally.by_study)
        for strategy in search.strategies
    ]
    return remaining(progress)


def _progress(share: Budget, study: Mapping[str, Any] | None, ended: Mapping[str, int]) -> StudyProgress:
    if study is None:
        return StudyProgress(share.max_trials, share.max_seconds)
    return StudyProgress(
        share.max_trials,
        share.max_seconds,
        ended.get(str(study["study"]), 0),
        float(study["seconds"] or 0.0),
        not is_missing(study["stopped_because"]),
    )
