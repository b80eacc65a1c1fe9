"""What a launch makes of the trials that a dead one left behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import optuna
import pytest
from optuna.trial import TrialState

from tunescope.execution import Workers
from tunescope.parameters import SearchParameters
from tunescope.search import Space
from tunescope.search.budget import Budget, Progress
from tunescope.search.listener import Listener
from tunescope.search.loop import search_study
from tunescope.search.study import StudyPlan
from tunescope.store import Store, open_store, runs

SPACE = Space.from_dict({"model": {"type": "categorical", "choices": ["svm", "tree"]}})


class _Count(Listener):
    trials = -1

    def progressed(self, progress: Progress, budget: Budget, running: int) -> None:
        self.trials = progress.trials


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/trials.db")
    runs.claim(opened, "lost", {}, tmp_path / "lost")
    yield opened
    opened.close()


@pytest.fixture
def study(store: Store) -> optuna.Study:
    """A study that a launch has opened and left."""
    return optuna.create_study(study_name="lost-random", storage=store.storage, direction="maximize")


def _taken_stock(store: Store, folder: Path) -> int:
    """Launch the study with no second to spend; returns how many trials it counts as tried."""
    count = _Count()
    plan = StudyPlan(
        "lost", "random", SPACE, SearchParameters(strategies=("random",), max_seconds=1e-9), folder
    )
    search_study(store, plan, cast(Workers, None), count)
    return count.trials


def _waiting(study: optuna.Study) -> list[dict[str, str]]:
    queued = study.get_trials(states=(TrialState.WAITING,))
    return [trial.system_attrs["fixed_params"] for trial in queued if "retry_of" in trial.user_attrs]


def test_a_trial_lost_before_it_tried_anything_does_not_count(
    store: Store, study: optuna.Study, tmp_path: Path
) -> None:
    study.ask()

    assert _taken_stock(store, tmp_path) == 0
    assert study.trials[0].state == TrialState.FAIL
    assert _waiting(study) == []


def test_a_lost_configuration_is_queued_once_more(store: Store, study: optuna.Study, tmp_path: Path) -> None:
    SPACE.suggest(study.ask())

    assert _taken_stock(store, tmp_path) == 0
    assert _waiting(study) == [study.trials[0].params]


def test_a_queued_configuration_lost_before_it_was_suggested_is_queued_again(
    store: Store, study: optuna.Study, tmp_path: Path
) -> None:
    study.enqueue_trial({"model": "tree"})
    study.ask()

    assert _taken_stock(store, tmp_path) == 0
    assert _waiting(study) == [{"model": "tree"}]


def test_a_configuration_lost_twice_stays_lost_and_counts(
    store: Store, study: optuna.Study, tmp_path: Path
) -> None:
    study.enqueue_trial({"model": "tree"}, user_attrs={"retry_of": 7})
    SPACE.suggest(study.ask())

    assert _taken_stock(store, tmp_path) == 1
    assert _waiting(study) == []
