"""The form of a new run, called as the browser calls it: cards, estimates, address, start."""

import json
from pathlib import Path
from typing import Any

import pytest
from dash_client import Browser
from dashboard_samples import Samples
from prepared_samples import enter_prepared
from projects import wait_until

from dashboard import foresight, form, space_form
from dashboard.app import create_app
from dashboard.components import new_choices, new_side, space_editor
from dashboard.launch import Launcher
from dashboard.presets import GOALS, PRESETS
from tunescope.models import MODELS
from tunescope.search import STRATEGIES
from tunescope.search.estimate import Estimate, typical_seconds
from tunescope.store import Store, runs
from tunescope.training import POLICIES

CARRIED = {"origin": {}, "tree": {}, "source": None}


@pytest.fixture
def browser(store: Store, launcher: Launcher) -> Browser:
    return Browser(create_app(store.url, launcher))


def entered(**changes: Any) -> dict[str, Any]:
    """The values of the form as its callbacks get them."""
    values = {**form.defaults(), **{key.replace("__", "."): value for key, value in changes.items()}}
    return placed("new-field", "value", values)


def placed(kind: str, name: str, values: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for key, value in values.items():
        component = {"type": kind, "key": key}
        sent |= {f"{json.dumps(component)}.{name}": value, f"{json.dumps(component)}.id": component}
    return sent


def pick(browser: Browser, key: str, carried: dict[str, Any] | None = None) -> tuple[dict[str, Any], Any]:
    """The values that a card sets, by field, and what is carried over then."""
    values = {
        "new-carried.data": carried or CARRIED,
        **entered(),
        **placed("new-pick", "n_clicks", {key: 1}),
    }
    changed = json.dumps({"type": "new-pick", "key": key}) + ".n_clicks"
    answer = browser.call('{"key":["ALL"],"type":"new-field"}.value', values, changed)
    fields = {
        json.loads(name)["key"]: one["value"] for name, one in answer.outputs.items() if "new-field" in name
    }
    return fields, answer.outputs.get("new-carried", {}).get("data")


def check(browser: Browser, carried: dict[str, Any] | None = None, **changes: Any) -> Any:
    values = {**entered(**changes), "new-carried.data": carried or CARRIED}
    return browser.call('{"key":["ALL"],"type":"new-fault"}.children', values, "new-edits.data")


def test_an_id_that_a_run_has_is_told_before_the_start(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    assert "field must be mended" not in check(browser, run__id="taken").text("new-to-mend")
    runs.announce(store, "taken", {}, tmp_path)
    assert "there is a run of that name: choose another" in check(browser, run__id="taken").text(
        "new-to-mend"
    )


def test_a_study_to_begin_with_that_is_not_there_is_told_before_the_start(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    Samples(store, tmp_path).run("signs", 1, strategies=["grid"])
    assert "field must be mended" not in check(browser, search__seed_study="signs-grid").text("new-to-mend")
    text = check(browser, search__seed_study="sings-grid").text("new-to-mend")
    assert "there is no such study" in text
    assert "did you mean" in text


def test_the_page_shows_every_preset_goal_model_and_strategy(browser: Browser) -> None:
    shown = browser.show("/new")
    for name in (*(one.title for one in PRESETS.values()), *(title for _, title, _ in GOALS.values())):
        assert name in shown
    for one in (*MODELS.values(), *STRATEGIES.values()):
        assert one.suits[1:] in shown


def test_a_preset_fills_the_fields_that_it_sets_and_no_others(browser: Browser) -> None:
    fields, carried = pick(browser, "preset:deep")
    assert fields == PRESETS["deep"].values()
    assert carried["origin"] == {"preset": "deep"}


def test_a_goal_is_the_objectives(browser: Browser) -> None:
    fields, carried = pick(browser, "goal:latency")
    assert fields == {"search.objective": ["accuracy", "latency"]}
    assert carried is None


def test_images_are_chosen_with_the_choices_that_they_were_prepared_with(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=0)
    source = "data/01_raw/hand_signs.zip"
    fields, carried = pick(browser, f"images:{source}")
    assert fields["dataset.source"] == source
    assert all(key.startswith("dataset.") for key in fields)
    assert carried == {
        "origin": {"prepared": "signs"},
        "tree": {"dataset": {"name": "hand-signs"}},
        "source": source,
    }


def test_the_chosen_cards_are_told(browser: Browser) -> None:
    keys = ["preset:usual", "preset:quick", "goal:accuracy", "goal:size", "images:photos"]
    values = {
        **entered(search__objective=["accuracy", "size"], dataset__source="photos"),
        **placed("new-pick", "aria-pressed", dict.fromkeys(keys, "false")),
        "new-carried.data": {**CARRIED, "origin": {"preset": "quick"}},
    }
    answer = browser.call('{"key":["ALL"],"type":"new-pick"}.aria-pressed', values, "new-carried.data")
    pressed = {
        json.loads(key)["key"]: one["aria-pressed"]
        for key, one in answer.outputs.items()
        if "new-pick" in key
    }
    chosen = [key for key in keys if pressed[key] == "true"]
    assert chosen == ["preset:quick", "goal:size", "images:photos"]


def test_what_is_entered_stands_in_the_address_the_command_and_the_file(browser: Browser) -> None:
    answer = check(browser, search__seed=7)
    assert answer.outputs["new-query"] == {"data": "?search.seed=7"}
    assert "search.seed=7" in answer.text("new-command")
    assert "seed: 7" in answer.text("new-yaml")
    assert answer.outputs["new-to-mend"]["children"] is None


def test_faults_are_listed_beside_the_start(browser: Browser) -> None:
    answer = check(browser, search__max_trials=0, search__workers=0)
    assert "2 fields must be mended" in answer.text("new-to-mend")
    assert '"data-field": "search.workers"' in answer.text("new-to-mend")


def test_presets_and_models_say_what_they_will_take(store: Store, launcher: Launcher, tmp_path: Path) -> None:
    values = form.defaults()
    with create_app(store.url, launcher).server.app_context():
        before = foresight.foresee_presets(store, values, foresight.measured(store, None))
        Samples(store, tmp_path).run("signs", trials=12)
        trials = foresight.measured(store, values["dataset.source"])
        after, seconds = foresight.foresee_presets(store, values, trials), typical_seconds(trials)
    quick = PRESETS["quick"].values()
    assert new_side.preset_note(before["quick"], quick) == "1 min at most"
    assert "trials" in new_side.preset_note(after["quick"], quick)
    alone = Estimate(60.0, (60.0, 60.0), (1, 1), measured=3, note="")
    assert new_side.preset_note(alone, quick) == "About 1 minute, 1 trial"
    assert set(seconds) == {"svm", "cnn"}
    assert new_choices.cost(seconds["svm"]).endswith(" s a trial")


def test_an_earlier_run_is_chosen_on_the_page(browser: Browser, store: Store, tmp_path: Path) -> None:
    Samples(store, tmp_path).run("signs", trials=0)
    assert '"value": "signs"' in browser.show("/new")
    values = {"new-earlier.value": "signs", "new-carried.data": CARRIED}
    answer = browser.call("new-like.href", values, "new-earlier.value")
    assert answer.outputs["new-like"] == {"href": "/new?from=signs"}
    begun = {"new-earlier.value": "signs", "new-carried.data": {**CARRIED, "origin": {"from": "signs"}}}
    assert browser.call("new-like.href", begun, "new-earlier.value").status == 204


def drawn(browser: Browser, changed: str, clicks: int, chosen: list[str]) -> Any:
    values = {
        **entered(learning_rate__policy=chosen),
        "new-policies.n_clicks": clicks,
        "shell-dark.data": False,
    }
    return browser.call("new-schedules.children", values, changed)


def test_the_chosen_policies_are_drawn_when_their_fold_is_opened(browser: Browser) -> None:
    policy = json.dumps({"type": "new-field", "key": "learning_rate.policy"}) + ".value"
    assert drawn(browser, policy, 0, ["cos"]).outputs == {}
    text = drawn(browser, "new-policies.n_clicks", 1, ["cos", "step"]).text("new-schedules")
    assert '"name": "cos"' in text
    assert '"name": "step"' in text
    many = list(POLICIES)[:7]
    assert "The first 6 of 7 are drawn." in drawn(browser, policy, 1, many).text("new-schedules")
    assert drawn(browser, policy, 1, []).outputs["new-schedules"]["children"] is None


def seen(browser: Browser, source: str, edits: Any = None, clicks: int = 1, **fields: Any) -> Any:
    values = {
        **entered(dataset__source=source, search__models=["svm", "cnn"], **fields),
        "new-augmentation.n_clicks": clicks,
        "new-augmentation-model.value": "cnn",
        "new-edits.data": {"space": {}, "options": {}, **(edits or {})},
    }
    return browser.call("new-augmented.children", values, "new-augmentation.n_clicks")


def seen_at_last(browser: Browser, *given: Any) -> str:
    wait_until(lambda: seen(browser, *given).outputs["new-augmentation-wait"]["disabled"])
    return str(seen(browser, *given).text("new-augmented"))


def test_what_training_sees_of_prepared_images_follows_the_space(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    enter_prepared(store, tmp_path, "shapes", "f00d", "prepare-shapes-1")
    source = str(runs.get(store, "prepare-shapes-1")["parameters"]["dataset"]["source"])
    assert seen(browser, source, clicks=0).outputs == {}
    waiting = seen(browser, source).text("new-augmented")
    assert "Changing some images." in waiting
    text = seen_at_last(browser, source)
    assert text.count("data:image/png;base64,") == waiting.count('"skeleton"') == 6 * 6
    assert "Training image 1: as they are" in text
    assert "basic, strength 1, mirrored where that keeps the class" in text
    assert "randaugment, strength " in text

    alone = {"choices": ["randaugment"], "default": "randaugment", "grid": ["randaugment"]}
    unmixed = {"choices": ["none"], "default": "none", "grid": ["none"]}
    edits = {"space": {"cnn": {"augmenter": alone, "mixing": unmixed}}}
    text = seen_at_last(browser, source, edits)
    assert text.count("randaugment, strength ") == 5
    assert "mixup" not in text
    faulty = {"space": {"cnn": {"augmentation": {"low": 2.0, "high": 1.0}}}}
    assert "as soon as the space" in seen(browser, source, faulty).text("new-augmented")


def test_what_training_sees_needs_a_network_and_prepared_images(browser: Browser) -> None:
    assert "have not been prepared yet" in seen(browser, "elsewhere.zip").text("new-augmented")
    values = {
        **entered(dataset__source="elsewhere.zip", search__models=["svm"]),
        "new-augmentation.n_clicks": 1,
        "new-augmentation-model.value": None,
        "new-edits.data": None,
    }
    answer = browser.call("new-augmented.children", values, "new-augmentation-model.value")
    assert "No network is chosen." in answer.text("new-augmented")


def test_the_networks_that_are_chosen_are_offered(browser: Browser) -> None:
    models = json.dumps({"type": "new-field", "key": "search.models"}) + ".value"
    for chosen, kept in (("rnn", "rnn"), ("vit_b_16", "cnn"), (None, "cnn")):
        values = {**entered(search__models=["svm", "cnn", "rnn"]), "new-augmentation-model.value": chosen}
        answer = browser.call("new-augmentation-model.options", values, models)
        offered = answer.outputs["new-augmentation-model"]
        assert [one["value"] for one in offered["options"]] == ["cnn", "rnn"]
        assert offered["value"] == kept


def test_earlier_studies_are_offered_with_what_they_came_to(
    store: Store, tmp_path: Path, launcher: Launcher
) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", 4)
    browser = Browser(create_app(store.url, launcher))
    browser.show("/trials")  # by then the trials are read
    page = browser.show("/new")
    assert '"label": "4 trials, best ' in page
    assert '"value": "signs-grid"' in page


def test_choices_of_a_space_are_written_as_people_write_them() -> None:
    space = space_form.space_of(form.defaults())
    editor = str(space_editor.space_editor(space, ["rnn"], space_form.NO_EDITS))
    assert "'label': 'yes'" in editor  # bidirectional
    assert "'label': '0'" in editor  # clipping
    assert "'label': 'True'" not in editor
