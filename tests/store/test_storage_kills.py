"""Searches that are killed lose no trial that was told, double none, and leave none half-written."""

import multiprocessing
import random
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from store_workers import REPORTS, optimize

from tunescope.store import open_store

STUDY = "killed"
AT_ONCE = 2


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
def test_every_trial_that_was_told_is_there_once_and_whole_after_kills(tmp_path: Path, kills: int) -> None:
    url = f"sqlite:///{tmp_path}/trials.db"
    store = open_store(url)
    optuna.create_study(study_name=STUDY, storage=store.storage)
    store.close()
    moments = random.Random(kills)
    for launch in range(kills):
        told_before = len(_told(tmp_path))
        # Every second one dies right after a `tell`, by its own hand.
        die_after = moments.randint(1, 30) if launch % 2 else None
        _launch_and_kill(url, tmp_path, die_after, moments)
        assert len(_told(tmp_path)) > told_before
    _require_whole(url, _told(tmp_path))


def _launch_and_kill(url: str, folder: Path, die_after: int | None, moments: random.Random) -> None:
    context = multiprocessing.get_context("fork")  # the libraries are imported already
    files = [folder / f"told-{worker}" for worker in range(AT_ONCE)]
    before = [_lines(file) for file in files]
    workers = [context.Process(target=optimize, args=(url, STUDY, file, die_after)) for file in files]
    for worker in workers:
        worker.start()
    if die_after is None:
        while any(_lines(file) == known for file, known in zip(files, before, strict=True)):
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.1))
        for worker in workers:
            worker.kill()
    for worker in workers:
        worker.join()
        worker.close()


def _require_whole(url: str, told: list[int]) -> None:
    """What Optuna's own storage reads: all numbers once, and all that was told complete."""
    storage = optuna.storages.RDBStorage(url)
    trials = optuna.load_study(study_name=STUDY, storage=storage).get_trials(deepcopy=False)
    storage.remove_session()
    storage.engine.dispose()
    assert [trial.number for trial in trials] == list(range(len(trials)))
    complete = {trial.number for trial in trials if trial.state == TrialState.COMPLETE}
    assert len(set(told)) == len(told)
    assert set(told) <= complete
    for trial in trials:
        assert trial.state in (TrialState.COMPLETE, TrialState.RUNNING)
        assert trial.state == TrialState.RUNNING or _is_whole(trial)


def _is_whole(trial: FrozenTrial) -> bool:
    reports = {step: trial.params["x"] * step for step in range(REPORTS)}
    return (trial.value, len(trial.params), trial.intermediate_values) == (trial.params["x"], 5, reports)


def _told(folder: Path) -> list[int]:
    return [int(line) for file in sorted(folder.glob("told-*")) for line in file.read_text().split()]


def _lines(file: Path) -> int:
    return len(file.read_text().split()) if file.exists() else 0
