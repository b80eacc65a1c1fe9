"""What people ask of a running search is typed and checked before it is sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard_samples import SPACE, Samples

from tunescope.errors import ParameterError, RunError, UnknownNameError
from tunescope.search.space import Space
from tunescope.search.steering import (
    ask,
    assignments,
    check_limits,
    configuration_of,
    limits_of,
    space_of,
)
from tunescope.store import Store, commands, open_store, runs

NAMES = Space.from_dict(SPACE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    Samples(store, tmp_path).run("signs", trials=2, strategies=["grid"])
    yield store
    store.close()


def test_texts_become_values_of_the_types_of_the_space() -> None:
    given = {"model": "svm", "svm.C": "1e-1", "svm.extractor": "hog", "svm.cells": "4"}
    found = configuration_of(NAMES, given)
    assert found == {"model": "svm", "svm.C": 0.1, "svm.extractor": "hog", "svm.cells": 4}
    assert type(configuration_of(NAMES, {"model": "svm", "svm.C": "10"})["svm.C"]) is float


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"svm.C": "10"}, ["`model` is missing", "`svm`, `cnn`"]),
        ({"model": "forest"}, ["`model`", "forest"]),
        ({"model": "svm", "svm.C": "5000"}, ["`svm.C` is 5000", "0.01 to 1000"]),
        ({"model": "svm", "svm.C": "much"}, ["`svm.C`", "much"]),
        ({"model": "svm", "svm.cells": "2.5"}, ["`svm.cells`", "2.5"]),
        ({"model": "svm", "svm.D": "1"}, ["`svm.D` is no hyperparameter"]),
        ({"model": "svm", "cnn.epochs": "5"}, ["`cnn.epochs`", "`model` cnn"]),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(given: dict[str, str], words: list[str]) -> None:
    with pytest.raises(ParameterError) as caught:
        configuration_of(NAMES, given)
    assert all(word in str(caught.value) for word in words)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        configuration_of(NAMES, {"model": "svm", "svm.C": "0", "svm.D": "1"})
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["svm.C", "=10", "svm.C:10"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="name=value"):
        assignments([text])


def test_a_name_is_given_once() -> None:
    assert assignments(["model=svm", "svm.C = 10"]) == {"model": "svm", "svm.C": "10"}
    with pytest.raises(ParameterError, match="twice"):
        assignments(["model=svm", "model=cnn"])


def test_the_space_of_a_run_is_that_of_its_studies(store: Store, tmp_path: Path) -> None:
    assert space_of(store, "signs").to_dict() == NAMES.to_dict()
    runs.announce(store, "young", {}, tmp_path)
    with pytest.raises(RunError, match="has not begun to search"):
        space_of(store, "young")


def test_limits_are_checked_by_the_rules_of_the_parameters(store: Store) -> None:
    assert limits_of(store, "signs")["max_trials"] == 40
    check_limits(store, "signs", {"max_trials": None, "workers": 3})
    with pytest.raises(ParameterError, match=r"`search.max_trials` is 0, but must be at least 1"):
        check_limits(store, "signs", {"max_trials": 0})
    with pytest.raises(ParameterError, match="needs an end"):
        check_limits(store, "signs", {"max_trials": None, "max_seconds": None})


def test_a_run_that_has_ended_is_asked_for_nothing(store: Store) -> None:
    assert ask(store, "signs", "pause") == commands.pending(store, "signs")[0].id
    runs.finish(store, "signs", "finished")
    with pytest.raises(RunError, match=r"`signs` is finished.*only a run at work can be steered"):
        ask(store, "signs", "pause")
    with pytest.raises(UnknownNameError, match="no run `other`"):
        ask(store, "other", "pause")
