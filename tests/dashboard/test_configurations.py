"""Configurations are written one a line, and read back as they were."""

import pytest

from dashboard import form
from dashboard.configurations import configurations_of, text_of


def test_each_line_is_a_configuration() -> None:
    text = "model: svm, svm.C: 10\n\n- {model: cnn, cnn.learning_rate: 1e-3, cnn.mirror: never}\n"
    assert configurations_of(text) == [
        {"model": "svm", "svm.C": 10},
        {"model": "cnn", "cnn.learning_rate": 0.001, "cnn.mirror": "never"},
    ]


def test_what_was_read_is_written_so_that_it_is_read_again() -> None:
    given = [
        {"model": "svm", "svm.C": 0.5, "svm.standardize": True, "svm.note": "a, b: {c}"},
        {"model": "cnn"},
    ]
    assert configurations_of(text_of(given)) == given


@pytest.mark.parametrize("line", ["svm", "{model: svm", "model", "a: [1"])
def test_a_line_that_is_none_is_a_fault_of_its_field(line: str) -> None:
    found = form.faults({**form.defaults(), "search.seed_trials": line})
    assert list(found) == ["search.seed_trials"]


def test_a_configuration_that_the_space_does_not_have_is_a_fault_of_its_field() -> None:
    found = form.faults({**form.defaults(), "search.seed_trials": "model: svm, svm.C: -1"})
    assert list(found) == ["search.seed_trials"]
    assert "svm.C" in found["search.seed_trials"]


def test_configurations_become_a_list_in_the_tree() -> None:
    tree = form.changed({**form.defaults(), "search.seed_trials": "model: svm"})
    assert tree == {"search": {"seed_trials": [{"model": "svm"}]}}
