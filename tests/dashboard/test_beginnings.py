"""The address of the form of a new run holds where it began and what was changed since."""

from pathlib import Path
from typing import Any

import pytest
from dashboard_samples import Samples

from dashboard import beginnings, form, space_form
from dashboard.beginnings import Beginning
from dashboard.presets import PRESETS, SET
from tunescope.errors import UnknownNameError
from tunescope.store import Store


def again(store: Store, begun: Beginning) -> Beginning:
    """The form that a reload shows."""
    return beginnings.at(store, beginnings.query_of(store, begun))


def changed(begun: Beginning, **changes: Any) -> Beginning:
    values = {**begun.values, **{key.replace("__", "."): value for key, value in changes.items()}}
    return Beginning(begun.origin, values, begun.tree, begun.source, begun.edits)


def test_a_form_that_nobody_changed_has_a_plain_address(store: Store) -> None:
    begun = beginnings.at(store, "")
    assert begun.values == form.defaults()
    assert beginnings.query_of(store, begun) == ""


def test_a_reload_shows_what_was_entered(store: Store) -> None:
    begun = changed(
        beginnings.at(store, ""),
        run__id="mine",
        search__seed=7,
        search__max_seconds=None,
        search__target_accuracy=0.95,
        search__models=["cnn"],
        search__strategies=[],
        search__pruner="asha",
        search__seed_trials="model: cnn, cnn.epochs: 12\nmodel: cnn",
        dataset__group=r"person(\d+)&=+",
    )
    assert again(store, begun).values == begun.values


def test_a_reload_shows_the_ranges_that_were_edited(store: Store) -> None:
    edits = {"space": {"svm": {"C": {"low": 2}}}, "options": {"tpe": {"n_startup_trials": 5}}}
    begun = Beginning({}, form.defaults(), edits=edits)
    assert again(store, begun).edits == edits


def test_edits_that_somebody_wrote_into_the_address_wrongly_are_none(store: Store) -> None:
    for text in ("{", "[]", '{"space": {"svm": 3}, "options": {}}', '{"space": {"svm": {"C": 1}}}'):
        assert beginnings.at(store, f"?edits={text}").edits == form.usual_edits()


def test_numbers_that_are_none_are_empty(store: Store) -> None:
    assert beginnings.at(store, "?search.seed=many").values["search.seed"] is None


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_started_as_it_stands_and_linked_to(store: Store, name: str) -> None:
    begun = beginnings.at(store, f"?preset={name}")
    assert {key: begun.values[key] for key in SET} == PRESETS[name].values()
    assert form.faults(begun.values) == {}
    assert beginnings.query_of(store, begun) == ("" if name == "usual" else f"?preset={name}")


def test_what_is_changed_of_a_preset_is_all_that_stands_beside_it(store: Store) -> None:
    begun = changed(beginnings.at(store, "?preset=quick"), search__max_seconds=90)
    assert beginnings.query_of(store, begun) == "?preset=quick&search.max_seconds=90"
    assert again(store, begun).values == begun.values


def test_a_preset_that_does_not_exist_changes_nothing(store: Store) -> None:
    assert beginnings.at(store, "?preset=best").values == form.defaults()


def test_a_cloned_run_is_changed_and_still_cloned_after_a_reload(store: Store, tmp_path: Path) -> None:
    Samples(store, tmp_path).run("signs", trials=0, seed=5, space={"svm": {"C": {"low": 2}}})
    begun = beginnings.at(store, "?from=signs")
    assert begun.values["search.seed"] == 5
    assert begun.edits["space"] == {"svm": {"C": {"low": 2}}}
    assert beginnings.query_of(store, begun) == "?from=signs"
    other = changed(begun, search__seed=0)
    assert beginnings.query_of(store, other) == "?from=signs&search.seed=0"
    assert again(store, other) == other


def test_a_run_that_is_not_there_cannot_be_cloned(store: Store) -> None:
    with pytest.raises(UnknownNameError, match="nobody"):
        beginnings.at(store, "?from=nobody")


def test_edits_of_models_that_are_not_chosen_do_not_stand_in_the_address(store: Store) -> None:
    edits = {"space": {"vit_b_16": {"epochs": {"high": 9}}}, "options": {}}
    kept = space_form.kept_edits(edits, form.defaults())
    assert beginnings.query_of(store, Beginning({}, form.defaults(), edits=kept)) == ""
