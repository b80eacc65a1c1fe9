"""What is read of the runs that are compared."""

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dashboard import connection, reading, results
from dashboard.reading import Tally
from dashboard.wording import is_missing
from tunescope.analysis.benchmarking import Measured, measurements
from tunescope.analysis.comparison import StudyComparison, compare_studies
from tunescope.analysis.run_comparison import TestAnswers
from tunescope.store import frames, runs
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter

MOST = 4
_OF_TRIALS = ("trial_id", "study", "number", "state", "model", "start", "end", "validation_accuracy")
# What numpy raises for files that are cut off, damaged, or of another kind.
_DAMAGES = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class ComparedRun:
    """A run: its row, what its trials came to, its best trial, and what was measured on its winner."""

    row: Mapping[str, Any]
    tally: Tally
    best: Mapping[str, Any] | None
    measured: Measured | None
    predictions: str | None

    @property
    def run_id(self) -> str:
        """Its id."""
        return str(self.row["run_id"])

    @property
    def fingerprint(self) -> str | None:
        """Tells the images that it worked on."""
        return None if is_missing(self.row["fingerprint"]) else str(self.row["fingerprint"])

    @property
    def parameters(self) -> Mapping[str, Any]:
        """All that it was started with, defaults too; as it stands where another version wrote it."""
        known = reading.parameters_of(self.row)
        given: Mapping[str, Any] = self.row["parameters"]
        return known.model_dump(mode="json") if known else given

    def has(self, name: str) -> bool:
        """Whether its folder holds a file."""
        return (Path(self.row["folder"]) / name).is_file()


def read(run_ids: Sequence[str]) -> list[ComparedRun]:
    """Read some runs.

    Raises:
        UnknownNameError: when the store has no run of one of the ids.
    """
    store = connection.store()
    for run_id in run_ids:
        runs.get(store, run_id)
    rows = {row["run_id"]: row for row in reading.records(frames.runs_frame(store))}
    tallies, benchmarks = reading.tallies(), results.benchmarked()
    measured = {one.run_id: one for one in reversed(measurements(benchmarks))}
    predictions = dict(zip(benchmarks["run_id"], benchmarks["predictions"], strict=True))
    best = results.trials_by_id(
        tally.best_trial for tally in map(tallies.get, run_ids) if tally and tally.best_trial is not None
    )
    return [
        ComparedRun(
            rows[run_id],
            tally := tallies.get(run_id, Tally()),
            best.get(tally.best_trial or -1),
            measured.get(run_id),
            predictions.get(run_id),
        )
        for run_id in run_ids
    ]


def studies_of(run_ids: Sequence[str]) -> StudyComparison:
    """The studies of some runs, side by side."""
    table = connection.table().refresh()
    studies = frames.studies_frame(connection.store())
    studies = studies[studies["run_id"].isin(run_ids)]
    return _studies_of(table, f"{table.version} {studies.to_json()}", tuple(run_ids))


@lru_cache(maxsize=4)
def _studies_of(table: TrialTable, _: str, run_ids: tuple[str, ...]) -> StudyComparison:
    studies = frames.studies_frame(connection.store())
    trials = table.columns(TrialFilter(choices=(("run_id", run_ids),)), _OF_TRIALS)
    found = compare_studies(trials, studies[studies["run_id"].isin(run_ids)])
    # Strategies alone would not tell from which run a study is.
    return replace(found, studies=tuple(replace(one, label=one.study) for one in found.studies))


def answers(compared: Sequence[ComparedRun]) -> list[TestAnswers]:
    """What the winners answered to their test images, of those whose file can be read."""
    found = (_answers(one) for one in compared)
    return [one for one in found if one is not None]


def _answers(one: ComparedRun) -> TestAnswers | None:
    if one.predictions is None or one.fingerprint is None:
        return None
    path = Path(one.predictions)
    try:
        rows, right = _right(path, path.stat().st_mtime_ns)
    except _DAMAGES:
        return None
    return TestAnswers(one.run_id, one.fingerprint, rows, right)


@lru_cache(maxsize=16)
def _right(path: Path, _: int) -> tuple[Any, Any]:
    # Opened here, for numpy leaves a file that is no archive open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        given, labels, rows = (arrays[name] for name in ("probabilities", "labels", "rows"))
    return np.asarray(rows), np.asarray(given).argmax(axis=1) == np.asarray(labels)
