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
from tunescope.errors import ParameterError
from tunescope.execution import (
    Assignment,
    EpochEnded,
    StepScored,
    TrialEnded,
    TrialFailed,
    TrialMessage,
    Workbench,
    Workers,
)
from tunescope.features import extract
from tunescope.models import MODELS
from tunescope.parameters import DatasetParameters, TrainingParameters
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


def _ended(messages: list[TrialMessage]) -> TrialEnded:
    (ended,) = [message for message in messages if isinstance(message, TrialEnded)]
    return ended


@pytest.mark.parametrize("model", ["gaussian_nb", "cnn"])
def test_a_trial_reports_its_folds_and_ends_with_their_means(
    workbench: Workbench, tmp_path: Path, model: str
) -> None:
    chosen = {"extractor": "hog"} if model == "gaussian_nb" else {"epochs": 2, "width": 8, "blocks": 0}
    with Workers(1, replace(workbench, folds=3)) as workers:
        workers.assign(_assignment(tmp_path, 1, model, **chosen))
        heard = _heard(workers, TrialEnded)
    steps = [message for message in heard if isinstance(message, StepScored)]
    assert [message.step for message in steps] == [1, 2, 3]
    ended = _ended(heard)
    assert steps[-1].scores == ended.scores
    assert ended.columns["validation_accuracy"] == ended.scores["accuracy"]
    stored = np.load(tmp_path / "1/validation.npz")
    of_first = (stored["probabilities"].argmax(1) == stored["labels"]).mean()
    assert steps[0].scores["accuracy"] == of_first
    epochs = [message.epoch for message in heard if isinstance(message, EpochEnded)]
    assert epochs == ([1, 2] if model == "cnn" else [])


def test_a_shallow_trial_reports_its_shares(workbench: Workbench, tmp_path: Path) -> None:
    with Workers(1, replace(workbench, fidelity="images")) as workers:
        workers.assign(_assignment(tmp_path, 1, "gaussian_nb", extractor="hog"))
        heard = _heard(workers, TrialEnded)
    steps = {message.step: message.scores for message in heard if isinstance(message, StepScored)}
    assert list(steps) == [3, 9]  # a ninth of 24 training images of three classes is too little
    assert steps[9] == _ended(heard).scores
    assert _ended(heard).phases["rungs"] > 0


@pytest.mark.parametrize("change", [{"folds": 3}, {"fidelity": "images"}])
def test_a_trial_of_several_trainings_obeys_between_them(
    workbench: Workbench, tmp_path: Path, change: dict[str, object]
) -> None:
    """The request comes after the first training was reported, and no later one is."""
    with Workers(1, replace(workbench, **change)) as workers:
        workers.assign(_assignment(tmp_path, 1, "cnn", epochs=40, width=8, blocks=0))
        _heard(workers, StepScored)
        workers.stop(1)
        heard = _heard(workers, TrialFailed)
        assert not [message for message in heard if isinstance(message, StepScored)]
        assert (heard[-1].trial_id, heard[-1].kind) == (1, "stopped")
        before = _worker_pids()
        workers.assign(_assignment(tmp_path, 2, "gaussian_nb", extractor="hog"))
        _heard(workers, TrialEnded)
        assert _worker_pids() == before


def test_only_the_objectives_that_are_asked_for_are_measured(workbench: Workbench, tmp_path: Path) -> None:
    objectives = ("accuracy", "latency", "size", "training_time")
    with Workers(1, replace(workbench, objectives=objectives)) as workers:
        for trial_id, model in ((1, "gaussian_nb"), (2, "cnn")):
            chosen = {"extractor": "hog"} if trial_id == 1 else {"epochs": 1, "width": 8, "blocks": 0}
            workers.assign(_assignment(tmp_path, trial_id, model, **chosen))
            ended = _ended(_heard(workers, TrialEnded))
            assert ended.scores["latency"] > 0
            assert ended.scores["training_time"] == ended.columns["seconds"]
            others = {"validation.npz"}
            sizes = [
                one.stat().st_size for one in (tmp_path / str(trial_id)).iterdir() if one.name not in others
            ]
            assert ended.scores["size"] == sum(sizes)


def test_scores_alone_are_told_where_nothing_else_is_asked_for(workers: Workers, tmp_path: Path) -> None:
    workers.assign(_assignment(tmp_path, 1, "gaussian_nb", extractor="hog"))
    scores = _ended(_heard(workers, TrialEnded)).scores
    assert set(scores) == {"accuracy", "balanced_accuracy", "macro_f1", "log_loss"}


def test_more_workers_take_trials_at_once(workers: Workers, tmp_path: Path) -> None:
    for trial_id in (1, 2):
        workers.assign(_assignment(tmp_path, trial_id, "cnn", epochs=100_000))
    assert workers.idle == 0
    workers.resize(3)
    assert (workers.count, workers.idle) == (3, 1)
    workers.assign(_assignment(tmp_path, 3, "gaussian_nb", extractor="hog"))
    assert _heard(workers, TrialEnded)[-1].trial_id == 3
    assert sorted(workers.running) == [1, 2]


def test_surplus_workers_end_when_their_trials_do(workbench: Workbench, tmp_path: Path) -> None:
    others = _worker_pids()
    with Workers(3, workbench) as workers:
        wait_until(lambda: len(_worker_pids() - others) == 3)
        for trial_id in (1, 2):
            workers.assign(_assignment(tmp_path, trial_id, "cnn", epochs=100_000))
        workers.resize(1)
        # The idle one ends at once; those with a trial go on, and nobody begins another.
        assert len(_worker_pids() - others) == 2
        assert workers.idle == 0
        assert workers.running == [1, 2]
        begun: set[int] = set()
        wait_until(lambda: begun.update(one.trial_id for one in workers.messages(0.1)) or begun == {1, 2})
        for trial_id, idle in ((2, 0), (1, 1)):
            workers.stop(trial_id)
            assert _heard(workers, TrialEnded)[-1].trial_id == trial_id
            assert workers.idle == idle
        assert len(_worker_pids() - others) == 1
        workers.assign(_assignment(tmp_path, 3, "gaussian_nb", extractor="hog"))
        _heard(workers, TrialEnded)


@pytest.mark.parametrize("count", [0, -1])
def test_no_workers_at_all_are_refused(workbench: Workbench, workers: Workers, count: int) -> None:
    with pytest.raises(ParameterError, match=rf"`search.workers` is {count}, but must be at least 1"):
        workers.resize(count)
    assert workers.count == 2


def test_fits_that_do_not_hear_are_killed_together(workbench: Workbench, tmp_path: Path) -> None:
    """One after the other, they would take so many grace periods."""
    count = 6
    with Workers(count, workbench) as workers:
        for trial_id in range(count):
            workers.assign(_assignment(tmp_path, trial_id, "random_forest", extractor="hog", trees=500_000))
        list(workers.messages(0.5))
        for trial_id in range(count):
            workers.stop(trial_id)
        wait_until(lambda: time.monotonic() >= max(one.kill_at or 0 for one in workers._workers.values()))
        # One that was about to begin its fit has heard.
        ended = sorted((message.trial_id, message.kind) for message in workers.messages(0))
        assert ended == [(trial_id, "stopped") for trial_id in range(count)]
        assert workers.idle == count


def test_an_end_that_waits_to_be_heard_is_not_lost_to_a_kill(workers: Workers, tmp_path: Path) -> None:
    """The search may be busy elsewhere while a trial ends and its time to stop runs out."""
    workers.assign(_assignment(tmp_path, 1, "cnn", epochs=3, width=8, blocks=0))
    wait_until((tmp_path / "1/validation.npz").exists)
    workers.stop(1)
    worker = next(one for one in workers._workers.values() if one.kill_at is not None)
    wait_until(lambda: time.monotonic() >= (worker.kill_at or 0))
    heard = list(workers.messages(0))
    assert [type(message) for message in heard] == [EpochEnded] * 3 + [TrialEnded]
    assert worker.process.is_alive()


@pytest.mark.parametrize(("count", "threads"), [(1, 4), (2, 2), (3, 1), (8, 1)])
def test_workers_share_the_same_threads_however_many_they_are(
    workbench: Workbench, tmp_path: Path, count: int, threads: int
) -> None:
    with Workers(2, replace(workbench, threads=2)) as workers:
        workers.resize(count)
        workers.assign(_assignment(tmp_path, 1, "gaussian_nb", extractor="hog"))
        assert [one.assignment.threads for one in workers._workers.values() if one.assignment] == [threads]
        _heard(workers, TrialEnded)


def test_each_worker_trains_on_a_gpu_of_its_own(workbench: Workbench, tmp_path: Path) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    gpus = torch.cuda.device_count()
    on_gpus = replace(workbench, training=TrainingParameters(device="cuda"))
    with Workers(gpus, on_gpus) as workers:
        for number in range(gpus):
            workers.assign(_assignment(tmp_path, number, "cnn", epochs=1, width=8, blocks=0))
        heard: list[TrialMessage] = []
        wait_until(lambda: heard.extend(workers.messages(0.1)) or not workers.running)
    devices = sorted(message.columns["device"] for message in heard if isinstance(message, TrialEnded))
    assert devices == [f"cuda:{number}" for number in range(gpus)]
