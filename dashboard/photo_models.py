"""Which trained models photos can be given to, and why another cannot answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard import links, predictions, reading
from dashboard.reading import parameters_of
from dashboard.wording import is_missing
from tunescope.analysis.selection import evenly
from tunescope.errors import SourceError, UnknownNameError
from tunescope.store import Store, frames
from tunescope.store.lineage import numbered

# What every saved model has, and the last that is written of it.
DESCRIPTION = "model.json"
# Validation images that are offered to who has no photo at hand.
_SAMPLES = 48
_UNENDED = {
    "RUNNING": "It is still being trained: it can be asked when it has ended.",
    "INTERRUPTED": "Its training was interrupted: resume the run to train it again.",
    "FAIL": "It failed, and left no model.",
    "PRUNED": "It was stopped early, and left no model.",
}


@dataclass(frozen=True)
class PhotoModel:
    """A trial whose model may answer photos.

    Attributes:
        study: its name.
        number: of the trial in its study.
        row: of ``reading.prepared`` trials.
        run: row of ``frames.runs_frame``; empty for a study of plain Optuna.
        dataset: row of the prepared dataset; empty where there is none.
        measured: what was measured on it as the winner of its run; empty for any other.
        problem: why it cannot answer, in a sentence; empty when it can.
    """

    study: str
    number: int
    row: Mapping[str, Any]
    run: Mapping[str, Any]
    dataset: Mapping[str, Any]
    measured: Mapping[str, Any]
    problem: str

    @property
    def classes(self) -> list[str]:
        """The names of its classes."""
        return list(self.dataset.get("classes", ()))

    @property
    def is_winner(self) -> bool:
        """Whether it is the best of its run."""
        return bool(self.measured)

    @property
    def address(self) -> str:
        """The page where photos are given to it."""
        return links.predict(self.study, self.number)

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return Path(self.row["folder"])

    @property
    def preparation(self) -> dict[str, Any]:
        """How its images were made square, and cleaned: ``fit`` and ``cleaning``."""
        parameters = parameters_of(self.run)
        # Of a run of another version nothing else is known than what is usual.
        prepared = {} if parameters is None else parameters.dataset.model_dump(mode="json")
        return {"fit": prepared.get("fit", "letterbox"), "cleaning": prepared.get("cleaning", {})}

    def order(self) -> dict[str, Any]:
        """What the process that answers photos must know of it."""
        return {
            "folder": str(self.folder),
            "dataset": str(self.dataset["folder"]),
            **self.preparation,
            # A model that was trained again is another one.
            "stamp": (self.folder / DESCRIPTION).stat().st_mtime_ns,
        }


def find(store: Store, study: str, number: str) -> PhotoModel:
    """The model of a trial.

    Raises:
        UnknownNameError: when there is no such trial.
    """
    # More digits than the store's integers have.
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    trial_id = numbered(store, study, int(number)) if is_number else None
    found = [] if trial_id is None else _models(store, [trial_id])
    if not found:
        raise UnknownNameError(f"There is no trial `{number}` of a study `{study}` in this store.")
    return found[0]


def samples(model: PhotoModel) -> list[dict[str, str]]:
    """Some validation images of a model, each with ``address`` and ``name``; none where it left none."""
    try:
        found = predictions.read(model.row, model.dataset).found
    except SourceError:
        return []
    return [
        {
            "address": links.thumbnail(model.dataset["fingerprint"], int(found.rows[place])),
            "name": f"{model.classes[found.labels[place]]}, validation image {found.rows[place]}",
        }
        for place in evenly(len(found.rows), _SAMPLES)
    ]


def is_saved(row: Mapping[str, Any]) -> bool:
    """Whether a trial left a model, and it is still there."""
    return not is_missing(row["folder"]) and (Path(row["folder"]) / DESCRIPTION).is_file()


def winners(store: Store) -> list[PhotoModel]:
    """The winner of each run that has one, the newest run first."""
    measured = frames.benchmarks_frame(store)
    return _models(store, [int(trial) for trial in measured["trial_id"]])


def _models(store: Store, trial_ids: list[int]) -> list[PhotoModel]:
    """The models of trials, in this order."""
    trials = frames.trials_frame(store, trial_ids=trial_ids)
    rows = reading.records(reading.prepared(reading.settled(store, trials)))
    rows.sort(key=lambda row: trial_ids.index(row["trial_id"]))
    known = {row["run_id"]: row for row in reading.records(frames.runs_frame(store))}
    measured = {row["trial_id"]: row for row in reading.records(frames.benchmarks_frame(store))}
    return [
        _model(store, row, known.get(row["run_id"], {}), measured.get(row["trial_id"], {})) for row in rows
    ]


def _model(
    store: Store, row: Mapping[str, Any], run: Mapping[str, Any], measured: Mapping[str, Any]
) -> PhotoModel:
    dataset = frames.dataset(store, run["run_id"]) if run else None
    return PhotoModel(
        row["study"], int(row["number"]), row, run, dataset or {}, measured, _problem(row, run, dataset)
    )


def _problem(row: Mapping[str, Any], run: Mapping[str, Any], dataset: Mapping[str, Any] | None) -> str:
    if not run:
        return "Another program trained it: Tunescope does not know its model."
    if row["state"] in _UNENDED:
        return _UNENDED[row["state"]]
    if dataset is None:
        return "The store does not know what images it learned from."
    if not is_saved(row):
        return (
            "The files of this model are gone: only the best models of a study are kept, "
            "and somebody may have deleted these. Choose another, or train it again."
        )
    return ""
