"""A limit that is reached already is known to end the run, or the study at work, at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dashboard_samples import Samples

from tunescope.search.foresight import Ending, endings
from tunescope.store import Store, frames, open_store
from tunescope.store import trials as trial_rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A run of nine trials in 22.5 seconds, and one of six by its first study, whose second has not begun."""
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    samples = Samples(store, tmp_path)
    samples.run("alone", trials=9, strategies=["grid"])
    samples.run("first", trials=0, strategies=["grid", "tpe"])
    samples.study("first", "grid", 6)
    yield store
    store.close()


def best(store: Store, run_id: str) -> tuple[float, int]:
    """The best accuracy, and how many trials came after it."""
    frame = frames.trials_frame(store, run_id).sort_values("end")
    accuracies = list(frame["validation_accuracy"])
    return max(accuracies), len(accuracies) - 1 - accuracies.index(max(accuracies))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"max_trials": 10}, []),
        ({"max_trials": 9}, [Ending("max_trials", 9)]),
        ({"max_seconds": 23}, []),
        ({"max_seconds": 22, "max_trials": 2}, [Ending("max_seconds", 22.5), Ending("max_trials", 9)]),
        ({"max_trials": None, "workers": 2}, []),
    ],
)
def test_a_limit_below_what_was_used_ends_the_run(
    store: Store, changes: dict[str, Any], expected: list[Ending]
) -> None:
    assert endings(store, "alone", changes) == expected


def test_an_accuracy_that_was_reached_ends_the_run_even_where_another_study_follows(store: Store) -> None:
    reached, _ = best(store, "first")
    assert endings(store, "first", {"target_accuracy": reached}) == [Ending("target_accuracy", reached)]
    assert endings(store, "first", {"target_accuracy": reached + 0.001}) == []


def test_patience_is_told_from_the_trials_since_the_best(store: Store) -> None:
    _, later = best(store, "alone")
    assert later >= 2, "the last two trials have no result"
    assert endings(store, "alone", {"patience": later + 1}) == []
    assert endings(store, "alone", {"patience": later}) == [Ending("patience", later)]


def test_a_study_ends_by_its_share_while_the_next_has_not_begun(store: Store) -> None:
    assert endings(store, "first", {"max_trials": 13}) == []
    assert endings(store, "first", {"max_trials": 12}) == [Ending("max_trials", 6, "grid")]
    # The share of the second study is none.
    assert endings(store, "first", {"max_trials": 1}) == [Ending("max_trials", 6)]


def test_a_study_that_is_over_counts_for_the_run_but_is_ended_no_more(store: Store) -> None:
    study = int(frames.studies_frame(store, "first")["study_id"].iloc[0])
    trial_rows.update_study(store, study, stopped_because="max_trials reached")
    assert endings(store, "first", {"max_trials": 12}) == []
    assert endings(store, "first", {"max_trials": 1}) == [Ending("max_trials", 6)]
