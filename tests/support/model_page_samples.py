"""A trained model over a prepared dataset, as a search leaves it, with predictions that are known."""

from pathlib import Path

import numpy as np
import optuna
from prepared_samples import enter_prepared

from tunescope.datasets import PackedDataset
from tunescope.store import Store
from tunescope.store import trials as trial_rows

RUN, STUDY = "prepare-shapes-1", "shapes-grid"
SPACE = {"model": {"type": "categorical", "choices": ["svm"]}}


def enter_model(store: Store, root: Path, classes: tuple[str, ...] = ("a", "b", "<b>c</b>")) -> int:
    """Write a dataset, and a trial whose model takes all of `a` for `b` and two of `b` for `a`.

    Returns the id of the trial. Each class has four validation images; the model is never quite sure.
    """
    packed = enter_prepared(store, root, "shapes", "f00dbeef", RUN, classes=classes)
    study = optuna.create_study(study_name=STUDY, storage=store.storage, direction="maximize")
    trial_rows.enter_study(store, study._study_id, RUN, "grid", "accuracy", SPACE)
    trial = study.ask()
    trial.suggest_categorical("model", ["svm"])
    trial.suggest_float("svm.C", 0.1, 10)
    folder = root / "models" / STUDY / "0"
    trial_rows.enter_trial(store, trial._trial_id, worker=0, seed=7, folder=str(folder))
    write_predictions(folder, packed)
    trial_rows.enter_outcome(store, trial._trial_id, {"fit": 0.3}, validation_accuracy=0.5, seconds=0.3)
    study.tell(trial, 0.5)
    return int(trial._trial_id)


def write_predictions(folder: Path, packed: Path) -> None:
    """Save predictions on the validation split; the n-th image is answered with 0.5 + n / 100."""
    dataset = PackedDataset.open(packed)
    rows = dataset.indices("validation")
    labels = dataset.labels[rows]
    predicted = labels.copy()
    predicted[labels == 0] = 1
    predicted[np.flatnonzero(labels == 1)[:2]] = 0
    sure = 0.5 + np.arange(len(rows)) / 100
    probabilities = np.repeat((1 - sure)[:, None] / (len(dataset.classes) - 1), len(dataset.classes), axis=1)
    probabilities[np.arange(len(rows)), predicted] = sure
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "validation.npz", probabilities=probabilities, labels=labels, rows=rows)
    (folder / "model.json").write_text("{}")
    (folder / "test.npz").write_bytes(b"sealed")
