"""A search that is killed again and again keeps every finished trial, once."""

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from projects import draw_photos

from tunescope.datasets import inspect, pack
from tunescope.execution import Workbench
from tunescope.features import extract
from tunescope.parameters import DatasetParameters

SCRIPT = Path(__file__).parents[1] / "support/searching.py"


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kills")
    draw_photos(root / "photos")
    parameters = DatasetParameters(source=str(root / "photos"), image_size=16)
    dataset = pack(inspect(parameters.source, parameters), root / "packed")
    features = {"hog": extract(dataset, "hog", root / "features")}
    path = root / "workbench.pickle"
    path.write_bytes(pickle.dumps(Workbench(Path(dataset.folder), features, root / "features", threads=1)))
    return path


@pytest.mark.parametrize(("strategy", "kills", "trials"), [("random", 3, 24)])
def test_a_search_killed_three_times_ends_with_every_finished_trial_once(
    strategy: str, kills: int, trials: int, workbench: Path, tmp_path: Path
) -> None:
    _kill_and_check(strategy, kills, trials, workbench, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("strategy", "kills", "trials"), [("evolutionary", 25, 200), ("grid", 25, 200)])
def test_a_search_killed_fifty_times_ends_with_every_finished_trial_once(
    strategy: str, kills: int, trials: int, workbench: Path, tmp_path: Path
) -> None:
    _kill_and_check(strategy, kills, trials, workbench, tmp_path)


def _kill_and_check(strategy: str, kills: int, trials: int, workbench: Path, folder: Path) -> None:
    """Kill by turns right after some trial was told, and at any moment after that."""
    moments, told = random.Random(0), set[int]()
    url = f"sqlite:///{folder}/trials.db"
    command = [
        sys.executable,
        str(SCRIPT),
        url,
        str(workbench),
        str(folder / "models"),
        strategy,
        str(trials),
    ]
    for turn in range(kills):
        with _started(command) as lines:
            heard = [int(next(lines)) for _ in range(moments.randint(1, 3))]
            time.sleep(moments.uniform(0, 0.1) if turn % 2 else 0.0)
        assert not told & set(heard), "a trial that had ended was told again"
        told |= set(heard)
        assert told <= _complete(url, strategy)
    with _started(command) as lines:
        rest = list(lines)
    assert rest[-1] == "done"
    assert told <= _complete(url, strategy)
    _check_all(url, strategy, trials)


class _started:  # noqa: N801  # used as a function is
    """A search whose whole process group is killed at the end of the block."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True, env={**os.environ}
        )

    def __enter__(self) -> Iterator[str]:
        assert self.process.stdout is not None
        return (line.strip() for line in self.process.stdout)

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def _trials(url: str, strategy: str) -> list[optuna.trial.FrozenTrial]:
    storage = optuna.storages.RDBStorage(url)
    trials = optuna.load_study(study_name=f"killed-{strategy}", storage=storage).trials
    storage.remove_session()
    storage.engine.dispose()
    return trials


def _complete(url: str, strategy: str) -> set[int]:
    return {trial.number for trial in _trials(url, strategy) if trial.state.name == "COMPLETE"}


def _check_all(url: str, strategy: str, wanted: int) -> None:
    trials = _trials(url, strategy)
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert all(trial.state.is_finished() for trial in trials)
    complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
    assert all(trial.value is not None and trial.params for trial in complete)
    retried = [trial.user_attrs["retry_of"] for trial in trials if "retry_of" in trial.user_attrs]
    assert len(set(retried)) == len(retried)
    tried_nothing = [trial for trial in trials if not (trial.params or "fixed_params" in trial.system_attrs)]
    spent = len(trials) - len(retried) - len(tried_nothing)
    assert spent == wanted
    if strategy == "grid":
        points = [tuple(sorted(trial.params.items())) for trial in complete]
        assert len(set(points)) == len(points), "a point of the grid was trained twice"
    if strategy == "grid":
        points = [tuple(sorted(trial.params.items())) for trial in complete]
        assert len(set(points)) == len(points)
