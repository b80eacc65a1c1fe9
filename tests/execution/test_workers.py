"""Real worker processes: they train, report, stop when asked, and are replaced when they die."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from projects import draw_photos, wait_until

from tunescope.datasets import PackedDataset, inspect, pack
from tunescope.execution import (
    Assignment,
    EpochEnded,
    TrialEnded,
    TrialFailed,
    TrialMessage,
    Workbench,
    Workers,
)
from tunescope.features import extract
from tunescope.models import MODELS
from tunescope.parameters import DatasetParameters
from tunescope.search import Space


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    root = tmp_path_factory.mktemp("bench")
    draw_photos(root / "photos")
    parameters = DatasetParameters(source=str(root / "photos"), image_size=16)
    dataset = pack(inspect(parameters.source, parameters), root / "packed")
    features = {"hog": extract(dataset, "hog", root / "features")}
    return Workbench(Path(dataset.folder), features, root / "features", threads=1)


@pytest.fixture
def workers(workbench: Workbench) -> Iterator[Workers]:
    with Workers(2, workbench) as workers:
        yield workers


def _assignment(folder: Path, trial_id: int, model: str, **changes: object) -> Assignment:
    (configuration,) = Space.from_dict(MODELS[model].space).defaults()
    return Assignment(trial_id, model, {**configuration, **changes}, seed=1, folder=folder / str(trial_id))


def _with_checkpoint(assignment: Assignment, checkpoint: Path) -> Assignment:
    return replace(assignment, checkpoint=checkpoint)


def _heard(workers: Workers, until: type[TrialMessage], seconds: float = 60) -> list[TrialMessage]:
    heard: list[TrialMessage] = []
    limit = time.monotonic() + seconds
    while not any(isinstance(message, until) for message in heard):
        assert time.monotonic() < limit, heard
        heard.extend(workers.messages(0.2))
    return heard


def test_a_shallow_trial_comes_back_scored_with_its_files(
    workers: Workers, tmp_path: Path, workbench: Workbench
) -> None:
    workers.assign(_assignment(tmp_path, 7, "gaussian_nb", extractor="hog"))
    ended = _heard(workers, TrialEnded)[-1]
    assert isinstance(ended, TrialEnded)
    assert ended.trial_id == 7
    assert workers.idle == 2
    stored = np.load(tmp_path / "7/validation.npz")
    dataset = PackedDataset.open(workbench.dataset)
    assert set(stored["rows"]) == set(dataset.indices("validation"))
    assert ended.scores["accuracy"] == (stored["probabilities"].argmax(1) == stored["labels"]).mean()


def test_a_deep_trial_reports_its_epochs(workers: Workers, tmp_path: Path) -> None:
    workers.assign(_assignment(tmp_path, 1, "cnn"))
    heard = _heard(workers, TrialEnded)
    epochs = [message.epoch for message in heard if isinstance(message, EpochEnded)]
    assert epochs == list(range(1, len(epochs) + 1))
    assert epochs


def test_a_deep_trial_that_is_stopped_gives_what_it_has_learned(workers: Workers, tmp_path: Path) -> None:
    workers.assign(_assignment(tmp_path, 1, "cnn", epochs=100_000))
    _heard(workers, EpochEnded)
    asked = time.monotonic()
    workers.stop(1)
    ended = _heard(workers, TrialEnded)[-1]
    assert ended.trial_id == 1
    assert time.monotonic() - asked < 10
    assert workers.idle == 2
    assert (tmp_path / "1/validation.npz").exists()


def test_a_worker_goes_on_after_it_was_stopped(workers: Workers, tmp_path: Path) -> None:
    workers.assign(_assignment(tmp_path, 1, "cnn", epochs=100_000))
    _heard(workers, EpochEnded)
    workers.stop(1)
    _heard(workers, TrialEnded)
    for trial_id in (2, 3):
        workers.assign(_assignment(tmp_path, trial_id, "gaussian_nb", extractor="hog"))
    ended: set[int] = set()
    wait_until(lambda: ended.update(_ids(workers)) or ended == {2, 3})


def test_a_fit_that_does_not_hear_is_killed(workers: Workers, tmp_path: Path) -> None:
    workers.assign(_assignment(tmp_path, 1, "random_forest", extractor="hog", trees=500_000))
    list(workers.messages(0.5))
    asked = time.monotonic()
    workers.stop(1)
    failed = _heard(workers, TrialFailed)[-1]
    assert (failed.kind, failed.trial_id) == ("stopped", 1)
    assert time.monotonic() - asked < 10
    assert workers.idle == 2


def test_an_impossible_configuration_fails_with_its_reason(workers: Workers, tmp_path: Path) -> None:
    workers.assign(_assignment(tmp_path, 1, "svm", extractor="hog", C=-1.0))
    failed = _heard(workers, TrialFailed)[-1]
    assert failed.kind == "error"
    assert "C" in failed.reason
    assert workers.idle == 2


def test_a_killed_worker_loses_its_trial_only_and_is_replaced(workers: Workers, tmp_path: Path) -> None:
    before = _worker_pids()
    workers.assign(_assignment(tmp_path, 1, "cnn", epochs=100_000))
    _heard(workers, EpochEnded)
    busy = max(before, key=lambda pid: sum(psutil.Process(pid).cpu_times()[:2]))
    os.kill(busy, signal.SIGKILL)
    failed = _heard(workers, TrialFailed)[-1]
    assert (failed.kind, failed.trial_id) == ("lost", 1)
    assert "killed by signal 9" in failed.reason
    assert workers.idle == 2
    workers.assign(_assignment(tmp_path, 2, "gaussian_nb", extractor="hog"))
    _heard(workers, TrialEnded)


def test_closing_leaves_no_process_behind(workbench: Workbench, tmp_path: Path) -> None:
    others = _worker_pids()
    with Workers(2, workbench) as workers:
        wait_until(lambda: len(_worker_pids() - others) == 2)
        workers.assign(_assignment(tmp_path, 1, "cnn", epochs=100_000))
        ours = _worker_pids() - others
    assert not ours & _worker_pids()


def _ids(workers: Workers) -> list[int]:
    return [message.trial_id for message in workers.messages(0.1) if isinstance(message, TrialEnded)]


def _worker_pids() -> set[int]:
    """Children of the fork server, which is a child of this process."""
    children = psutil.Process().children()
    return {worker.pid for child in children for worker in child.children() if worker.status() != "zombie"}


def test_a_training_whose_worker_is_killed_is_finished_by_another(workers: Workers, tmp_path: Path) -> None:
    """The system kills a worker that takes too much memory; nothing of an ended epoch is lost."""
    chosen = {"epochs": 40, "width": 8, "blocks": 0, "ema": 0.1}
    cut = _with_checkpoint(_assignment(tmp_path, 1, "cnn", **chosen), tmp_path / "unfinished.pt")
    workers.assign(cut)
    while not (tmp_path / "unfinished.pt").exists():
        list(workers.messages(0.1))
    os.kill(workers._workers[0].process.pid or 0, signal.SIGKILL)
    lost = _heard(workers, TrialFailed)[-1]
    assert isinstance(lost, TrialFailed)
    assert lost.kind == "lost"
    assert lost.reason == "its worker process died (killed by signal 9: out of memory?)"

    workers.assign(replace(cut, trial_id=2, folder=tmp_path / "2"))
    resumed = _heard(workers, TrialEnded)
    workers.assign(_assignment(tmp_path, 3, "cnn", **chosen))
    unbroken = _heard(workers, TrialEnded)
    assert _scores(resumed) == _scores(unbroken)
    assert [one.epoch for one in resumed if isinstance(one, EpochEnded)] == list(range(1, 41))
    assert not (tmp_path / "unfinished.pt").exists()


def _scores(messages: list[TrialMessage]) -> object:
    ended = messages[-1]
    assert isinstance(ended, TrialEnded)
    return ended.scores
