"""The editor of spaces writes what differs from the declared, and nothing else."""

import pytest

from dashboard import form, space_form
from dashboard.launch import command_line
from dashboard.space_form import NO_EDITS, collected, entered_options, kept_edits, space_of

VALUES = {**form.defaults(), "search.models": ["svm"], "search.strategies": ["grid"]}


def edited(**entered: object) -> dict:
    """The edits that controls make, by key with ``__`` for dots."""
    controls = {key.replace("__", "."): value for key, value in entered.items()}
    return dict(collected(VALUES, controls, {}, NO_EDITS)["space"])


def test_an_untouched_editor_changes_nothing() -> None:
    space = space_of(VALUES)
    assert space is not None
    untouched = {
        f"{one.name}.{key}": getattr(one, key)
        for one in space_form.of_model(space, "svm")
        if one.type != "categorical"
        for key in ("low", "high")
    }
    kernel = next(one for one in space.hyperparameters if one.name == "svm.kernel")
    choices = {"svm.kernel.choices": [str(index) for index in range(len(kernel.choices))]}
    assert collected(VALUES, {**untouched, **choices, "svm.C.grid": ""}, {}, NO_EDITS) == NO_EDITS


def test_a_changed_range_keeps_the_grid_and_default_that_still_fit() -> None:
    assert edited(svm__C__low=2, svm__C__high=100) == {
        "svm": {"C": {"low": 2, "grid": [10.0], "default": 10.0}}
    }
    assert edited(svm__C__low=50) == {"svm": {"C": {"low": 50}}}


def test_choices_are_ticked_by_their_place() -> None:
    found = edited(svm__kernel__choices=["1"])
    assert found == {"svm": {"kernel": {"choices": ["linear"]}}}


def test_grid_values_are_read_as_numbers() -> None:
    assert edited(svm__C__grid="0.5, 1e-1,20") == {"svm": {"C": {"grid": [0.5, 0.1, 20]}}}


def test_an_empty_field_is_as_declared() -> None:
    assert edited(svm__C__low=None, svm__C__high="") == {}


def test_edits_become_parameters_that_are_accepted() -> None:
    edits = {"space": edited(svm__C__low=2, svm__kernel__choices=["0"]), "options": {}}
    tree = space_form.edits_tree(edits)
    assert form.faults({**VALUES, "search.models": ["svm"]}, tree) == {}
    space = space_of(VALUES, edits)
    assert space is not None
    assert next(one for one in space.hyperparameters if one.name == "svm.C").low == 2
    assert "--config=run.yml" in command_line(form.changed(VALUES, tree))
    assert "low: 2" in command_line(form.changed(VALUES, tree))


@pytest.mark.parametrize(
    ("entered", "key"),
    [({"svm.C.low": 500}, "search.space.svm.C"), ({"svm.kernel.choices": []}, "search.space.svm.kernel")],
)
def test_a_fault_belongs_to_its_hyperparameter(entered: dict, key: str) -> None:
    edits = collected(VALUES, entered, {}, NO_EDITS)
    found = form.faults(VALUES, space_form.edits_tree(edits))
    assert list(found) == [key]


def test_options_are_read_and_their_faults_belong_to_them() -> None:
    options = entered_options({"evolutionary.population_size": "12", "grid.order": ""})
    assert options == {"evolutionary": {"population_size": 12}}
    values = {**VALUES, "search.strategies": ["evolutionary"]}
    tree = space_form.edits_tree({"space": {}, "options": {"evolutionary": {"population_size": 0}}})
    assert list(form.faults(values, tree)) == ["search.options.evolutionary.population_size"]


def test_edits_of_what_is_not_chosen_are_kept_aside() -> None:
    edits = {"space": {"cnn": {"epochs": {"high": 9}}}, "options": {"tpe": {"n_startup_trials": 3}}}
    assert kept_edits(edits, VALUES) == NO_EDITS
    assert collected(VALUES, {"svm.C.low": 0.1}, {"grid.order": ""}, edits) == edits


def test_nothing_is_edited_while_no_space_can_be_made() -> None:
    assert space_of({**VALUES, "search.models": []}) is None
    assert space_of({**VALUES, "search.models": ["nonsense"]}) is None
