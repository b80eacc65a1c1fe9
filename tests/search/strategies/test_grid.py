"""Grid search: every point once, whoever asks, however many there are."""

import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from tunescope.search import Space, make_sampler
from tunescope.search.strategies.grid import GridSampler, Shuffle
from tunescope.store import open_storage

NESTED = {
    "model": {"type": "categorical", "choices": ["svm", "tree"]},
    "svm.C": {"type": "float", "low": 1, "high": 100, "log": True, "when": {"model": "svm"}},
    "svm.kernel": {"type": "categorical", "choices": ["rbf", "linear"], "when": {"model": "svm"}},
    "svm.gamma": {"type": "float", "low": 0, "high": 1, "when": {"model": "svm", "svm.kernel": "rbf"}},
    "tree.depth": {"type": "int", "low": 1, "high": 9, "when": {"model": "tree"}},
}

# What one of several processes does: it asks until there is nothing left, and goes on without a pause.
ASKER = """
import sys, optuna
from tunescope.search import Space, make_sampler
from tunescope.store import open_storage
url, seed = sys.argv[1:]
entry = {"type": "int", "low": 0, "high": 2, "grid": [0, 1, 2]}
space = Space.from_dict({name: entry for name in "abc"})
sampler = make_sampler("grid", space, int(seed))
study = optuna.load_study(study_name="s", storage=open_storage(url), sampler=sampler)
study.optimize(lambda trial: sum(space.suggest(trial).values()))
"""


@pytest.fixture
def space() -> Space:
    return Space.from_dict(NESTED)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1000])
def test_the_shuffled_order_has_every_index_once(size: int) -> None:
    shuffle = Shuffle(size, seed=3)
    assert sorted(shuffle[place] for place in range(size)) == list(range(size))


def test_the_shuffled_order_depends_on_the_seed_and_mixes() -> None:
    first, second = ([Shuffle(1000, seed)[place] for place in range(1000)] for seed in (1, 2))
    assert first != second
    # The mean distance between two random places of a thousand is a third of it, 333.
    assert 280 < sum(abs(a - b) for a, b in pairwise(first)) / 999 < 390


def test_every_point_is_tried_once_and_the_loop_ends(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    study.optimize(lambda trial: len(space.suggest(trial)))
    assert len(study.trials) == space.grid_size
    assert _points(study) == Counter(_frozen(point) for point in space.grid())


def test_points_come_in_the_given_order_when_that_is_chosen(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0, order="given"))
    study.optimize(lambda trial: len(space.suggest(trial)))
    assert [trial.params for trial in study.trials] == list(space.grid())


def test_the_shuffled_order_is_not_the_given_one(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    study.optimize(lambda trial: len(space.suggest(trial)))
    assert [trial.params for trial in study.trials] != list(space.grid())


def test_an_enqueued_point_is_not_tried_again(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    enqueued = space.grid_point(5)
    study.enqueue_trial(enqueued)
    study.optimize(lambda trial: len(space.suggest(trial)))
    assert study.trials[0].params == enqueued
    assert set(_points(study).values()) == {1}
    assert len(study.trials) == space.grid_size


def test_a_failed_point_is_not_tried_again(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    trial = study.ask()
    failed = space.suggest(trial)
    study.tell(trial, state=TrialState.FAIL)
    study.optimize(lambda trial: len(space.suggest(trial)))
    assert _points(study)[_frozen(failed)] == 1


def test_another_sampler_with_another_seed_takes_what_is_left(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    study.optimize(lambda trial: len(space.suggest(trial)), n_trials=7)
    study.sampler = make_sampler("grid", space, 1)
    study.optimize(lambda trial: len(space.suggest(trial)))
    assert _points(study) == Counter(_frozen(point) for point in space.grid())


def test_a_trial_beyond_the_last_point_is_pruned(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    study.optimize(lambda trial: len(space.suggest(trial)))
    study.optimize(lambda trial: len(space.suggest(trial)), n_trials=1)
    assert study.trials[-1].state == TrialState.PRUNED
    assert study.trials[-1].params == {}


def test_a_running_point_is_given_to_nobody_else(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    points = [space.suggest(study.ask()) for _ in range(space.grid_size)]
    assert len({_frozen(point) for point in points}) == space.grid_size
    assert isinstance(study.sampler, GridSampler)
    assert study.sampler.is_exhausted(study)


def test_whoever_finds_another_claim_on_its_point_yields(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another trial claims the same point between our reading what is free and our claim."""
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    other = study.ask()
    claim = GridSampler._claim
    rivals: list[int] = []

    def claim_after_a_rival(sampler: GridSampler, *arguments: object) -> None:
        index = arguments[-1]
        if not rivals and isinstance(index, int):
            rivals.append(index)
            claim(sampler, study, study._storage.get_trial(other._trial_id), index)
        claim(sampler, *arguments)

    monkeypatch.setattr(GridSampler, "_claim", claim_after_a_rival)
    ours = space.suggest(study.ask())
    assert space.grid_point(rivals[0]) != ours
    assert space.suggest(other) == space.grid_point(rivals[0])


def test_a_grid_of_ten_billion_points_begins_at_once() -> None:
    values = list(range(10))
    space = Space.from_dict(
        {f"x{n}": {"type": "int", "low": 0, "high": 9, "grid": values} for n in range(10)}
    )
    study = optuna.create_study(sampler=make_sampler("grid", space, 0))
    study.optimize(lambda trial: sum(space.suggest(trial).values()), n_trials=200)
    assert space.grid_size == 10**10
    assert len(_points(study)) == 200


def test_processes_that_share_a_grid_try_every_point_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}"
    study = optuna.create_study(study_name="s", storage=open_storage(url))
    command = [sys.executable, "-c", ASKER, url]
    askers = [subprocess.Popen([*command, seed], stderr=subprocess.PIPE) for seed in ("0", "0")]
    errors = [asker.communicate(timeout=120)[1].decode() for asker in askers]
    assert [asker.returncode for asker in askers] == [0, 0], errors
    points = _points(study)
    assert len(points) == 27
    assert set(points.values()) == {1}


def _points(study: optuna.Study) -> Counter[frozenset[tuple[str, object]]]:
    return Counter(_frozen(trial.params) for trial in study.get_trials() if trial.params)


def _frozen(params: dict[str, object]) -> frozenset[tuple[str, object]]:
    return frozenset(params.items())
