"""A worker process: trains one assignment after the other and reports over its pipe."""

import contextlib
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from tunescope.datasets import PackedDataset, fold_views, share_views
from tunescope.execution.measuring import measured
from tunescope.execution.messages import (
    Assignment,
    EpochEnded,
    StepScored,
    TrialEnded,
    TrialFailed,
    Workbench,
)
from tunescope.execution.slots import device_of
from tunescope.models import MODELS
from tunescope.training import Epoch, Stopped, Trained, train, train_in_folds, train_on_shares


def work(pipe: Connection, workbench: Workbench, number: int) -> None:
    """Serve until the other end of the pipe is closed, which is also what a dead parent looks like.

    Args:
        pipe: brings assignments, and takes what is to be said of them.
        workbench: what all workers share.
        number: of this worker, from 0, which decides its GPU.
    """
    # An interrupt of the terminal reaches the whole group: the search decides what becomes of trials.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    place = _Place(pipe, workbench, PackedDataset.open(workbench.dataset), number)
    try:
        while True:
            assignment = pipe.recv()
            if isinstance(assignment, Assignment):
                pipe.send(_run(assignment, place))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


@dataclass(frozen=True)
class _Place:
    """Where one worker works."""

    pipe: Connection
    workbench: Workbench
    dataset: PackedDataset
    number: int

    @cached_property
    def views(self) -> Mapping[int, PackedDataset]:
        """What a trial trains on, by steps; the same for all trials, and made once."""
        if self.workbench.folds is not None:
            return fold_views(self.dataset, self.workbench.folds)
        return share_views(self.dataset)


def _run(assignment: Assignment, place: _Place) -> TrialEnded | TrialFailed:
    # More threads than cores, over all workers, made linear algebra ten times slower.
    threads = assignment.threads or place.workbench.threads
    threadpool_limits(threads)
    try:
        trained = _train(assignment, place, threads)
        _save(assignment, trained, place.dataset)
        further = measured(place.workbench.objectives, trained, place.dataset, assignment.folder)
    except Stopped:
        return TrialFailed(assignment.trial_id, "stopped", "stopped")
    # Whatever one configuration does wrong must not end the search: it is kept with its reason.
    except Exception as error:
        return TrialFailed(assignment.trial_id, "error", f"{type(error).__name__}: {error}")
    return _ended(assignment, trained, {**trained.scores, **further})


def _train(assignment: Assignment, place: _Place, threads: int) -> Trained:
    def report(epoch: Epoch) -> None:
        place.pipe.send(EpochEnded(assignment.trial_id, epoch.number, _epoch_columns(epoch)))

    def report_step(step: int, scores: Mapping[str, float]) -> None:
        place.pipe.send(StepScored(assignment.trial_id, step, scores))

    workbench, model = place.workbench, assignment.model
    options: dict[str, Any] = {
        "seed": assignment.seed,
        "threads": threads,
        "device": _device(model, workbench.training.device, place.number),
        "options": workbench.training,
        "cache": workbench.cache,
        "checkpoint": assignment.checkpoint,
        "on_epoch": report,
        "should_stop": _StopRequest(place.pipe),
    }
    chosen, features = assignment.hyperparameters, workbench.features
    if workbench.folds is not None:
        return train_in_folds(model, chosen, place.views, features, on_step=report_step, **options)
    if workbench.fidelity == "images":
        return train_on_shares(model, chosen, place.views, features, on_step=report_step, **options)
    return train(model, chosen, place.dataset, features, **options)


def _device(model: str, wanted: str, number: int) -> str:
    """Where this worker trains a model; a GPU becomes that of the whole process."""
    if MODELS[model].kind != "deep":
        return "cpu"
    device = device_of(number, wanted)
    if device.startswith("cuda:"):
        import torch

        torch.cuda.set_device(device)
    return device


class _StopRequest:
    """Anything that arrives while a trial runs is the request to stop it; so is a closed pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._heard = False

    def __call__(self) -> bool:
        """Whether it has come; a trial of several trainings asks again after it has."""
        if not self._heard and self._pipe.poll():
            self._heard = True
            with contextlib.suppress(EOFError, ConnectionResetError):
                self._pipe.recv()
        return self._heard


def _save(assignment: Assignment, trained: Trained, dataset: PackedDataset) -> None:
    assignment.folder.mkdir(parents=True, exist_ok=True)
    trained.predictor.save(assignment.folder)
    rows = dataset.indices("validation")
    np.savez(
        assignment.folder / "validation.npz",
        probabilities=trained.validation_probabilities,
        labels=dataset.labels[rows],
        rows=rows,
    )


def _epoch_columns(epoch: Epoch) -> dict[str, Any]:
    return {
        "train_loss": epoch.train_loss,
        "train_accuracy": epoch.train_accuracy,
        "validation_loss": epoch.validation_loss,
        "validation_accuracy": epoch.validation_accuracy,
        "learning_rate": epoch.learning_rate,
        "seconds": epoch.seconds,
        "predictions": epoch.predictions,
    }


def _ended(assignment: Assignment, trained: Trained, scores: Mapping[str, float]) -> TrialEnded:
    columns: dict[str, Any] = {
        "validation_accuracy": scores["accuracy"],
        "balanced_accuracy": scores["balanced_accuracy"],
        "macro_f1": scores["macro_f1"],
        "log_loss": scores["log_loss"],
        "seconds": trained.seconds,
        "images_per_second": trained.images_per_second,
        "peak_memory_bytes": trained.peak_memory_bytes,
        "weights": trained.weights,
        "notes": list(trained.notes) or None,
        **(asdict(trained.costs) if trained.costs else {}),
    }
    return TrialEnded(assignment.trial_id, scores, columns, trained.phases)
