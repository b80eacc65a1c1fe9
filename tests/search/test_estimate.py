"""How long a search will take, from what earlier trials took."""

import math
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState

from tunescope.parameters import SearchParameters
from tunescope.search import Budget, Space
from tunescope.search.estimate import (
    count_in_words,
    duration_in_words,
    estimate,
    grid_warning,
    measured_trials,
    roughly,
    span_in_words,
    typical_seconds,
)
from tunescope.store import Store, open_store, runs, trials

MODELS = CategoricalDistribution(["svm", "cnn", "knn"])
MOMENT = datetime(2026, 1, 5, 9, 0, 0)


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sentences on every machine."""
    monkeypatch.setattr("tunescope.search.estimate.usable_cores", lambda: 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/trials.db")
    yield opened
    opened.close()


def _run(
    store: Store,
    run_id: str,
    measured: dict[str, list[float]],
    host: str | None = None,
    images: int | None = None,
    state: TrialState = TrialState.COMPLETE,
    **search: Any,
) -> None:
    """Enter a finished run whose trials took so many seconds, a list a model."""
    runs.claim(store, run_id, {"search": search}, Path("unused"))
    if images is not None:
        dataset = trials.enter_dataset(
            store,
            fingerprint=f"{images:064}",
            name=f"d{images}",
            source="",
            folder="",
            classes=["a", "b"],
            image_shape=[8, 8, 3],
            splits={},
            images=images,
            rejected=0,
        )
        runs.relate(store, run_id, dataset_id=dataset)
    runs.relate(store, run_id, host=host or socket.gethostname())
    study = optuna.create_study(study_name=f"{run_id}-tpe", storage=store.storage)
    trials.enter_study(store, study._study_id, run_id, "tpe", "accuracy", {})
    for number, (model, seconds) in enumerate((m, s) for m, all_of in measured.items() for s in all_of):
        value = 0.5 if state == TrialState.COMPLETE else None
        study.add_trial(
            optuna.trial.create_trial(
                state=state, value=value, params={"model": model}, distributions={"model": MODELS}
            )
        )
        trial_id = study._storage.get_trial_id_from_study_id_trial_number(study._study_id, number)
        trials.enter_trial(store, trial_id, worker=0, seed=0, folder="")
        trials.enter_outcome(store, trial_id, seconds=seconds)


def _search(**changes: Any) -> SearchParameters:
    usual = {"strategies": ("tpe",), "models": ("svm", "cnn"), "workers": 2, "max_seconds": None}
    return SearchParameters(**{**usual, **changes})


def test_an_empty_store_says_that_nothing_was_measured(store: Store) -> None:
    found = estimate(store, _search(max_seconds=180))
    assert (found.trial_seconds, found.seconds, found.trials, found.measured) == (None, None, None, 0)
    assert found.note == (
        "No trial of these models has been measured yet: the search ends after 3 min at the latest"
    )


def test_failed_trials_are_no_measure(store: Store) -> None:
    _run(store, "a", {"svm": [1.0, 2.0]}, state=TrialState.FAIL)
    assert estimate(store, _search(max_trials=10)).seconds is None


def test_a_number_of_trials_becomes_a_time(store: Store) -> None:
    _run(store, "a", {"svm": [1.0, 2.0, 3.0, 4.0, 5.0], "cnn": [10.0] * 3, "knn": [1000.0]})
    found = estimate(store, _search(max_trials=20))
    # Means over models of median 3 and 10, lower quartile 2 and 10, upper quartile 4 and 10.
    assert found.trial_seconds == 6.5
    assert found.trials == (20, 20)
    # Ten rounds of two workers after four seconds to start.
    assert found.seconds == (4 + 10 * 6, 4 + 10 * 7)
    assert found.note == "About 1 minute: 20 trials, from 8 measured trials on this machine"


def test_a_time_becomes_a_number_of_trials(store: Store) -> None:
    _run(store, "a", {"svm": [1.0, 2.0, 3.0, 4.0, 5.0], "cnn": [10.0] * 3})
    found = estimate(store, _search(max_seconds=88, target_accuracy=0.9))
    assert found.trials == (math.floor(84 * 2 / 7), math.floor(84 * 2 / 6))
    assert found.seconds == (pytest.approx(88), pytest.approx(88))
    assert found.note == (
        "About 1 minute: 24 to 28 trials, from 8 measured trials on this machine; "
        "less if the target accuracy or the patience ends it"
    )


def test_studies_share_the_budget_and_follow_one_another(store: Store) -> None:
    _run(store, "a", {"svm": [2.0]})
    found = estimate(store, _search(strategies=("tpe", "random", "evolutionary"), models="svm", max_trials=7))
    assert found.trials == (7, 7)
    assert found.seconds == (3 * 4 + (2 + 1 + 1) * 2, 3 * 4 + (2 + 1 + 1) * 2)


def test_a_grid_ends_with_its_last_point(store: Store) -> None:
    _run(store, "a", {"svm": [2.0]})
    space = {"svm": {name: {"choices": [1.0]} for name in ("C", "gamma", "variance")}}
    search = _search(strategies="grid", models="svm", max_trials=10**6)
    found = estimate(store, search)
    assert found.trials is not None
    assert found.trials[0] == found.trials[1] < 10**6
    assert "the grid has" not in found.note
    smaller = estimate(store, search.model_copy(update={"space": {"svm": {"C": space["svm"]["C"]}}}))
    assert smaller.trials is not None
    assert smaller.trials[0] < found.trials[0]


def test_a_grid_too_large_is_told(store: Store) -> None:
    _run(store, "a", {"svm": [2.0]})
    spread = {"low": 0.1, "high": 100.0, "grid": 10_000}
    search = _search(strategies="grid", models="svm", max_seconds=180, space={"svm": {"C": spread}})
    found = estimate(store, search)
    assert "points, which at 2.0 s each on 2 workers would take " in found.note
    assert "the budget of 3 min tries about 176 of them, in shuffled order" in found.note


def test_more_workers_than_cores_are_told_measured_or_not(store: Store) -> None:
    told = "; 100 workers share 2 cores: each takes memory of its own, and they wait for one another"
    search = _search(models="svm", max_trials=200, workers=100, training={"device": "cpu"})
    assert told in estimate(store, search).note
    _run(store, "a", {"svm": [2.0]})
    assert told in estimate(store, search).note
    on_a_gpu = search.training.model_copy(update={"device": "cuda:0"})
    assert "share" not in estimate(store, search.model_copy(update={"training": on_a_gpu})).note
    assert "share" not in estimate(store, search.model_copy(update={"workers": 2})).note


def test_more_workers_than_cores_get_no_more_done(store: Store) -> None:
    _run(store, "a", {"svm": [2.0]})
    few = _search(models="svm", max_seconds=100, workers=2, training={"device": "cpu"})
    assert estimate(store, few.model_copy(update={"workers": 100})).trials == estimate(store, few).trials


def test_trials_of_other_machines_count_only_where_there_are_none_of_this_one(store: Store) -> None:
    _run(store, "a", {"svm": [100.0]}, host="elsewhere")
    there = estimate(store, _search(models="svm", max_trials=2))
    assert there.trial_seconds == 100
    assert there.note.endswith("from 1 measured trial on other machines")
    _run(store, "b", {"svm": [1.0]})
    here = estimate(store, _search(models="svm", max_trials=2))
    assert (here.trial_seconds, here.measured) == (1, 1)


def test_models_that_were_never_measured_are_named(store: Store) -> None:
    _run(store, "a", {"svm": [1.0]})
    assert "(none of `cnn`)" in estimate(store, _search(max_trials=2)).note


def test_seconds_grow_with_the_images_the_folds_and_the_shares(store: Store) -> None:
    _run(store, "a", {"svm": [6.0]}, images=100, folds=3)
    search = _search(models="svm", max_trials=2)
    assert estimate(store, search, images=500).trial_seconds == pytest.approx(10)
    assert estimate(store, search.model_copy(update={"folds": 5})).trial_seconds == pytest.approx(10)
    shares = estimate(store, search.model_copy(update={"fidelity": "images"})).trial_seconds
    assert shares == pytest.approx(2 * 13 / 9)


def test_datasets_of_about_the_same_size_are_asked_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tunescope.search.estimate._ENOUGH_TRIALS", 3)
    _run(store, "near", {"svm": [1.0] * 3}, images=100)
    _run(store, "far", {"svm": [1.0] * 3}, images=10_000)
    found = estimate(store, _search(models="svm", max_trials=2), images=200)
    assert (found.trial_seconds, found.measured) == (pytest.approx(2), 3)


def test_a_model_that_large_runs_lack_is_looked_for_further(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tunescope.search.estimate._ENOUGH_TRIALS", 3)
    _run(store, "older", {"cnn": [5.0]})
    _run(store, "newer", {"svm": [1.0] * 3})
    assert estimate(store, _search(max_trials=2)).trial_seconds == 3


GRID = Space.from_dict({f"x{number}": {"low": 0, "high": 9, "grid": 10} for number in range(9)})


@pytest.mark.parametrize(
    ("seconds", "budget", "sentence"),
    [
        (
            2.1,
            Budget(max_seconds=180),
            "the grid has 1,000,000,000 points, which at 2.1 s each on 2 workers would take 33 years; "
            "the budget of 3 min tries about 167 of them, in shuffled order",
        ),
        (
            None,
            Budget(max_trials=50),
            "the grid has 1,000,000,000 points; the budget of 50 trials ends it early, in shuffled order",
        ),
        (
            None,
            Budget(max_seconds=60),
            "the grid has 1,000,000,000 points; the budget of 1 min ends it early, in shuffled order",
        ),
    ],
)
def test_a_huge_grid_is_told_with_its_size_and_time(
    seconds: float | None, budget: Budget, sentence: str
) -> None:
    assert grid_warning(GRID, seconds, 2, budget) == sentence


def test_a_grid_that_fits_is_not_spoken_of() -> None:
    small = Space.from_dict({"x": [1, 2, 3]})
    assert grid_warning(small, 1.0, 1, Budget(max_seconds=60)) is None
    assert grid_warning(small, None, 1, Budget(max_seconds=60)) is None
    assert grid_warning(small, None, 1, Budget(max_trials=2)) is not None


def test_even_a_grid_beyond_floating_point_numbers_is_told() -> None:
    beyond = Space.from_dict({f"x{number}": {"low": 0, "high": 9, "grid": 10} for number in range(400)})
    told = grid_warning(beyond, 1.0, 1, Budget(max_seconds=60))
    assert told is not None
    assert told.startswith(
        "the grid has about 10^400 points, which at 1.0 s each on 1 worker would take more"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 seconds"),
        (1, "1 second"),
        (45.2, "45 seconds"),
        (59.4, "59 seconds"),
        (59.7, "1 minute"),
        (180, "3 minutes"),
        (3580, "1 hour"),
        (9000, "2.5 hours"),
        (86_400 * 3, "3 days"),
        (1.05e9, "33 years"),
        (1e40, "about 10^32 years"),
        (math.inf, "more than 10^300 years"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration_in_words(seconds) == words


@pytest.mark.parametrize(
    ("trials", "told"),
    [
        ((2_418, 4_272), (2_400, 4_300)),
        ((102, 180), (100, 180)),
        ((37, 66), (37, 66)),
        ((103, 103), (103, 103)),
    ],
)
def test_a_range_of_trials_has_the_digits_that_matter(trials: tuple[int, int], told: tuple[int, int]) -> None:
    assert roughly(trials) == told


@pytest.mark.parametrize(
    ("shortest", "longest", "words"),
    [
        (32, 40, "32 to 40 seconds"),
        (50, 150, "50 seconds to 2 minutes"),
        (57, 60, "1 minute"),
        (60, 180, "1 to 3 minutes"),
        (90 * 60, 7 * 3600, "1.5 to 7 hours"),
    ],
)
def test_a_range_of_durations_says_each_unit_once(shortest: float, longest: float, words: str) -> None:
    assert span_in_words(shortest, longest) == words


def test_thousands_stand_apart() -> None:
    assert count_in_words(1_234_567) == "1,234,567"


def test_each_study_is_estimated_and_together_they_are_the_search(store: Store) -> None:
    _run(store, "earlier", {"svm": [1.0] * 4})
    found = estimate(store, _search(strategies=("random", "tpe"), models="svm", max_trials=7))
    assert [(one.strategy, one.trials) for one in found.studies] == [("random", (4, 4)), ("tpe", (3, 3))]
    assert found.trials == (7, 7)
    assert found.seconds == pytest.approx(
        [sum(one.seconds[side] for one in found.studies) for side in (0, 1)]
    )


def test_what_was_measured_once_serves_several_estimates(store: Store) -> None:
    _run(store, "earlier", {"svm": [1.0, 2.0, 3.0], "cnn": [8.0]}, images=100)
    trials = measured_trials(store, ["svm", "cnn", "rnn"], images=200)
    assert typical_seconds(trials) == {"svm": 4.0, "cnn": 16.0}
    search = _search(models="svm", max_trials=2)
    assert estimate(store, search, trials=trials) == estimate(store, search, images=200)


def test_nothing_is_typical_where_nothing_was_measured(store: Store) -> None:
    assert typical_seconds(measured_trials(store, ["svm"])) == {}
