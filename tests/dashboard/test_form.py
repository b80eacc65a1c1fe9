"""The form of a new run speaks the language of the parameters."""

from pathlib import Path

import pytest

from dashboard import form, form_fields
from tunescope.parameters import Parameters


def test_the_form_begins_with_what_the_project_is_configured_to_do() -> None:
    values = form.defaults()
    assert values["dataset.source"] == "data/01_raw/hand_signs.zip"
    assert values["search.strategies"] == ["grid", "evolutionary", "tpe"]
    assert form.changed(values) == {}


def test_the_first_form_can_be_started_as_it_stands() -> None:
    assert form.faults(form.defaults()) == {}


def test_every_field_is_a_parameter() -> None:
    for field in form_fields.FIELDS:
        *sections, name = field.key.split(".")
        model = Parameters
        for section in sections:
            model = model.model_fields[section].annotation  # type: ignore[assignment]
        assert name in model.model_fields


def test_every_option_of_a_field_is_accepted() -> None:
    for field in form_fields.FIELDS:
        if field.options:
            for name in field.options():
                value = [name] if field.kind == "names" else name
                # To split by group takes a group.
                given = {**form.defaults(), "dataset.group": "x", field.key: value}
                assert form.faults(given) == {}, (field.key, name)


def test_an_empty_text_is_nothing() -> None:
    tree = form.tree_of({**form.defaults(), "run.id": "  ", "search.max_trials": None})
    assert tree["run"]["id"] is None
    assert tree["search"]["max_trials"] is None


def test_only_what_differs_from_the_configuration_is_written_out() -> None:
    assert form.changed({**form.defaults(), "search.seed": 7}) == {"search": {"seed": 7}}


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("search.max_trials", 0, "at least 1"),
        ("search.max_seconds", -3, "more than 0"),
        ("search.max_trials", 1.5, "whole number"),
        ("search.target_accuracy", 2, "at most 1"),
        ("search.strategies", [], "at least 1"),
        ("search.models", ["svn"], "svm"),
        ("features.extractors", ["hogg"], "hog"),
        ("learning_rate.policy", ["fixed"], "fix"),
        ("learning_rate.policy", [], "at least 1"),
        ("run.id", "Bad Id", "Bad Id"),
        ("dataset.source", "", "missing"),
        ("dataset.source", "no/such/photos.zip", "no such file or folder"),
        ("dataset.split", "group", "give `dataset.group`"),
        ("dataset.group", "(", "no regular expression"),
        ("dataset.corrections", "no/such.csv", "no such file"),
        ("dataset.corrections", "~nobody/such.csv", "no such file"),
        ("search.training.weights", "no/such.pth", "no such file or folder"),
        ("search.training.weights", "~nobody/weights", "no such file or folder"),
    ],
)
def test_a_fault_is_one_sentence_at_its_field(key: str, value: object, word: str) -> None:
    found = form.faults({**form.defaults(), key: value})
    assert list(found) == [key]
    assert word in found[key] or key in found[key]
    assert "\n" not in found[key]


def test_a_folder_without_images_is_told_at_its_field(tmp_path: Path) -> None:
    found = form.faults({**form.defaults(), "dataset.source": str(tmp_path)})
    assert list(found) == ["dataset.source"]
    assert "no image was found in it" in found["dataset.source"]


def test_weights_that_are_there_are_no_fault_and_those_of_an_extractor_count_where_it_is_chosen(
    tmp_path: Path,
) -> None:
    assert form.faults({**form.defaults(), "search.training.weights": str(tmp_path)}) == {}
    carried = {"features": {"embedding": {"weights": "no/such.pth"}}}
    assert form.faults(form.defaults(), carried) == {}
    found = form.faults({**form.defaults(), "features.extractors": ["hog", "embedding"]}, carried)
    assert found == {
        "features.extractors": "`features.embedding.weights` is `no/such.pth`, "
        "but there is no such file or folder: name one that can be read"
    }


def test_a_source_that_is_a_name_is_ready() -> None:
    assert form.faults({**form.defaults(), "dataset.source": "sklearn:digits"}) == {}


def test_a_finding_has_a_field_with_the_choices_of_its_policy() -> None:
    choices = {field.key: set(field.options()) for field in form_fields.CLEANING if field.options}
    assert choices["dataset.cleaning.exact_duplicate"] == {"drop", "keep"}
    assert choices["dataset.cleaning.leakage"] == {"drop", "fix", "keep"}
    values = {**form.preparation_defaults(), "dataset.cleaning.blurred": "drop"}
    assert form.changed(values) == {"dataset": {"cleaning": {"blurred": "drop"}}}
    assert form.preparation_faults(values, "data/01_raw/hand_signs.zip") == {}


def test_what_no_field_shows_is_carried_over_from_an_earlier_run() -> None:
    tree = {
        "run": {"id": "old"},
        "dataset": {
            "source": "x.zip",
            "seed": 7,
            "name": "x",
            "cleaning": {"dark": "drop", "blurred": "keep"},
        },
        "search": {"max_trials": 3, "training": {"profile": True}},
    }
    assert form.unshown(tree) == {
        "dataset": {"seed": 7, "name": "x", "cleaning": {"dark": "drop"}},
        "search": {"training": {"profile": True}},
    }


def test_a_preparation_again_keeps_what_was_chosen_about_the_images() -> None:
    tree = {"run": {"id": "old"}, "dataset": {"source": "x.zip", "seed": 7}, "search": {"max_trials": 3}}
    assert form.dataset_tree(tree, source="x.zip", corrections="y.csv") == {
        "dataset": {"source": "x.zip", "seed": 7, "corrections": "y.csv"}
    }


def test_a_search_without_an_end_is_a_fault_of_its_budget() -> None:
    found = form.faults({**form.defaults(), "search.max_seconds": None, "search.max_trials": None})
    assert list(found) == ["search.max_seconds"]


def test_several_faults_are_shown_at_once() -> None:
    found = form.faults({**form.defaults(), "search.max_trials": 0, "search.workers": 0})
    assert set(found) == {"search.max_trials", "search.workers"}
