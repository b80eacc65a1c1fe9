"""What trials and runs came to: the best model of each dataset, and what was measured on finished models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard import connection
from dashboard.reading import Tally, records
from dashboard.wording import is_missing
from tunescope.analysis.timing_machines import with_machines
from tunescope.store import frames
from tunescope.store.selection import TrialFilter

_OF_TRIALS = ("trial_id", "study", "number", "model", "validation_accuracy")


@dataclass(frozen=True)
class BestModel:
    """The best model of a dataset so far: the winner of a finished run, or the best trial of another.

    Attributes:
        run_id: the run that it is from.
        study: its study.
        number: its number there.
        model: name of the model.
        validation_accuracy: what it was chosen by.
        test_accuracy: None before it was measured.
        test_interval: bounds of the 95 % interval of that, None likewise.
    """

    run_id: str
    study: str
    number: int
    model: str
    validation_accuracy: float
    test_accuracy: float | None = None
    test_interval: tuple[float, float] | None = None


def best_models(
    rows: Sequence[Mapping[str, Any]], tallies: Mapping[str, Tally], benchmarks: pd.DataFrame
) -> dict[str, BestModel]:
    """The best model by fingerprint of the dataset; chosen by validation accuracy alone, the test is sealed.

    Args:
        rows: runs, with their fingerprints.
        tallies: of the runs that have trials.
        benchmarks: what was measured on the winners of finished runs.
    """
    measured = {row["run_id"]: row for row in reversed(records(benchmarks))}
    candidates = {run: tally.best_trial for run, tally in tallies.items() if tally.best_trial is not None}
    candidates |= {run: int(row["trial_id"]) for run, row in measured.items()}
    trials = trials_by_id(candidates.values())
    found: dict[str, BestModel] = {}
    for row in rows:
        trial = trials.get(candidates.get(row["run_id"], -1))
        if is_missing(row["fingerprint"]) or trial is None or is_missing(trial["validation_accuracy"]):
            continue
        one = _best_model(row["run_id"], trial, measured.get(row["run_id"]))
        known = found.get(row["fingerprint"])
        found[row["fingerprint"]] = one if known is None or _merit(one) > _merit(known) else known
    return found


def trials_by_id(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Study, number, model and validation accuracy of some trials, by their ids."""
    picked = tuple(ids)
    if not picked:  # which the table would take for no choice at all
        return {}
    found = connection.table().columns(TrialFilter(picked=picked), _OF_TRIALS)
    return {int(row["trial_id"]): row for row in records(found)}


def _best_model(run_id: str, trial: Mapping[str, Any], measured: Mapping[str, Any] | None) -> BestModel:
    tested = {} if measured is None else measured
    bounds = (tested["test_accuracy_low"], tested["test_accuracy_high"]) if tested else None
    return BestModel(
        run_id,
        str(trial["study"]),
        int(trial["number"]),
        str(trial["model"]),
        float(trial["validation_accuracy"]),
        tested.get("test_accuracy"),
        bounds,
    )


def _merit(one: BestModel) -> tuple[float, bool]:
    """Of equal ones, one that was tested says more."""
    return one.validation_accuracy, one.test_accuracy is not None


def benchmarked() -> pd.DataFrame:
    """What was measured on finished models, newest first: the benchmarks frame, and of each trial dataset,
    model, strategy, validation accuracy, weights, device, machine, and ``fingerprint`` of the dataset."""
    store = connection.store()
    measured = frames.benchmarks_frame(store)
    keys = ("trial_id", "dataset", "model", "strategy", "validation_accuracy", "weights", "device")
    picked = TrialFilter(picked=tuple(map(int, measured["trial_id"])) or (-1,))
    trials = connection.table().refresh().columns(picked, keys)
    fingerprints = frames.runs_frame(store).set_index("run_id")["fingerprint"]
    rows = measured.merge(trials, on="trial_id", how="inner")
    rows = rows.assign(fingerprint=rows["run_id"].map(fingerprints))
    return with_machines(rows, frames.manifests(store))
