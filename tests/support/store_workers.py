"""What tests of the storage run in processes of their own."""

import os
import signal
from pathlib import Path

import optuna
from optuna.trial import Trial

from tunescope.store import open_storage

REPORTS = 10


def objective(trial: Trial) -> float:
    """Five parameters of every kind and ten reports, next to no work."""
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_float("rate", 1e-4, 1, log=True)
    trial.suggest_int("depth", 1, 9)
    trial.suggest_int("width", 1, 100, step=3)
    trial.suggest_categorical("kernel", ["rbf", "linear", "poly"])
    for step in range(REPORTS):
        trial.report(x * step, step)
    return x


def optimize(url: str, study_name: str, told: Path, kill_itself_after: int | None = None) -> None:
    """Try and tell for ever, and write down each number that was told; or die right after some `tell`."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.load_study(study_name=study_name, storage=open_storage(url))
    study.sampler = optuna.samplers.RandomSampler()
    descriptor = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    count = 0
    while True:
        trial = study.ask()
        study.tell(trial, objective(trial))
        os.write(descriptor, f"{trial.number}\n".encode())
        count += 1
        if count == kill_itself_after:
            os.kill(os.getpid(), signal.SIGKILL)


def report_and_end(url: str, study_name: str) -> None:
    """Ask and report, and end without a `tell`."""
    study = optuna.load_study(study_name=study_name, storage=open_storage(url))
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    trial.report(0.5, step=3)
