"""A worker process: trains one assignment after the other and reports over its pipe."""

import contextlib
import signal
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from tunescope.datasets import PackedDataset
from tunescope.execution.messages import Assignment, EpochEnded, TrialEnded, TrialFailed, Workbench
from tunescope.training import Epoch, Stopped, Trained, train


def work(pipe: Connection, workbench: Workbench) -> None:
    """Serve until the other end of the pipe is closed, which is also what a dead parent looks like."""
    # An interrupt of the terminal reaches the whole group: the search decides what becomes of trials.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # More threads than cores, over all workers, made linear algebra ten times slower.
    threadpool_limits(workbench.threads)
    dataset = PackedDataset.open(workbench.dataset)
    try:
        while True:
            assignment = pipe.recv()
            if isinstance(assignment, Assignment):
                pipe.send(_run(assignment, workbench, dataset, pipe))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _run(
    assignment: Assignment, workbench: Workbench, dataset: PackedDataset, pipe: Connection
) -> TrialEnded | TrialFailed:
    try:
        trained = _train(assignment, workbench, dataset, pipe)
        _save(assignment, trained, dataset)
    except Stopped:
        return TrialFailed(assignment.trial_id, "stopped", "stopped")
    # Whatever one configuration does wrong must not end the search: it is kept with its reason.
    except Exception as error:
        return TrialFailed(assignment.trial_id, "error", f"{type(error).__name__}: {error}")
    return _ended(assignment, trained)


def _train(assignment: Assignment, workbench: Workbench, dataset: PackedDataset, pipe: Connection) -> Trained:
    def report(epoch: Epoch) -> None:
        pipe.send(EpochEnded(assignment.trial_id, epoch.number, _epoch_columns(epoch)))

    return train(
        assignment.model,
        assignment.hyperparameters,
        dataset,
        workbench.features,
        seed=assignment.seed,
        threads=workbench.threads,
        device=_device(workbench.training.device),
        options=workbench.training,
        cache=workbench.cache,
        checkpoint=assignment.checkpoint,
        on_epoch=report,
        should_stop=_stop_request(pipe),
    )


def _device(wanted: str) -> str:
    """`auto` is the GPU where there is one."""
    if wanted != "auto":
        return wanted
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _stop_request(pipe: Connection) -> Callable[[], bool]:
    """Anything that arrives while a trial runs is the request to stop it; so is a closed pipe."""

    def requested() -> bool:
        if not pipe.poll():
            return False
        with contextlib.suppress(EOFError, ConnectionResetError):
            pipe.recv()
        return True

    return requested


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


def _epoch_columns(epoch: Epoch) -> dict[str, float]:
    return {
        "train_loss": epoch.train_loss,
        "train_accuracy": epoch.train_accuracy,
        "validation_loss": epoch.validation_loss,
        "validation_accuracy": epoch.validation_accuracy,
        "learning_rate": epoch.learning_rate,
        "seconds": epoch.seconds,
    }


def _ended(assignment: Assignment, trained: Trained) -> TrialEnded:
    scores = trained.scores
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
