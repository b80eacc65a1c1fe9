"""Steering a run from its page: what clicks send, what is shown of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from dash_client import Answer, Browser
from dashboard_samples import Samples

from dashboard import form
from dashboard.app import create_app
from dashboard.components.steering import ending_text
from dashboard.wording import NOTHING
from tunescope.search.foresight import Ending
from tunescope.store import Store, commands, frames, runs


@pytest.fixture
def samples(store: Store, tmp_path: Path) -> Samples:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=2, stages=3, strategies=["grid"])
    return samples


@pytest.fixture
def browser(store: Store, samples: Samples) -> Browser:
    return Browser(create_app(store.url))


def fields(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """Values and ids of repeated controls, as callbacks get them."""
    sent: dict[str, Any] = {}
    for key, value in values.items():
        component = {"type": kind, "key": key}
        sent |= {f"{json.dumps(component)}.value": value, f"{json.dumps(component)}.id": component}
    return sent


def click(browser: Browser, button: str, **values: Any) -> Answer:
    sent = {f"{button}.n_clicks": 1, "run-id.data": "signs", "run-poll.n_intervals": 4, **values}
    return browser.call(f"{button}.disabled", sent, f"{button}.n_clicks")


def confirm(browser: Browser, dialog: str, kind: str, entered: dict[str, Any]) -> Answer:
    button = f"{dialog}-confirm"
    sent = {f"{button}.n_clicks": 1, "run-id.data": "signs", **fields(kind, entered)}
    return browser.call(f"{dialog}-dialog.is_open", sent, f"{button}.n_clicks", trigger=button)


def asked(store: Store) -> list[tuple[str, Any]]:
    return [(command.name, command.argument) for command in commands.pending(store, "signs")]


@pytest.mark.parametrize(
    ("button", "name"), [("run-pause", "pause"), ("run-continue", "resume"), ("run-stop-confirm", "stop")]
)
def test_a_button_sends_its_command_and_the_page_looks_again(
    browser: Browser, store: Store, button: str, name: str
) -> None:
    assert click(browser, button).side["run-poll"] == {"n_intervals": 5}
    assert asked(store) == [(name, None)]


def test_a_paused_run_says_so_and_can_be_resumed(browser: Browser, store: Store) -> None:
    assert '"run-pause"' in browser.show("/runs/signs")
    runs.pause(store, "signs", True)
    shown = browser.show("/runs/signs")
    assert "No new trial begins until you resume" in shown
    assert '"run-continue"' in shown
    assert '"run-pause"' not in shown
    assert "Paused" in browser.show("/")


def test_a_paused_search_in_which_nothing_trains_is_at_rest(
    browser: Browser, store: Store, samples: Samples
) -> None:
    runs.begin_stage(store, runs.Launch("signs", 1, "new"), "grid.search_models")
    runs.pause(store, "signs", True)
    assert "step-paused" in browser.show("/runs/signs")
    samples.running("signs-grid")
    shown = browser.show("/runs/signs")
    assert "step-paused" not in shown
    assert "step-running" in shown


def test_a_pause_is_told_of_once(browser: Browser, store: Store) -> None:
    commands.send(store, "signs", "pause")
    assert "answer state-waiting" in browser.show("/runs/signs")
    runs.pause(store, "signs", True)
    commands.acknowledge(store, commands.pending(store, "signs")[0], "Paused.")
    shown = browser.show("/runs/signs")
    assert "No new trial begins until you resume" in shown
    assert "answer state-finished" not in shown


def test_a_run_that_stops_says_so_and_what_is_still_in_training(
    browser: Browser, store: Store, samples: Samples
) -> None:
    samples.running("signs-grid")
    commands.send(store, "signs", "stop", {"finish_trials": True})
    commands.acknowledge(store, commands.pending(store, "signs")[0], "Stopping: 2 trials will end.")
    shown = browser.show("/runs/signs")
    assert '"Stopping"' in shown
    assert "No new trial begins. 1 trial in training goes on to its end." in shown
    assert "waits for a trial" not in shown


def test_a_run_that_stops_at_once_does_not_say_so_twice(browser: Browser, store: Store) -> None:
    commands.send(store, "signs", "stop")
    commands.acknowledge(store, commands.pending(store, "signs")[0], "Stopping: running trials end now.")
    assert '"Running trials end now."' in browser.show("/runs/signs")


def test_names_in_an_answer_are_shown_as_names(browser: Browser, store: Store) -> None:
    commands.send(store, "signs", "prune", {"study": "signs-grid", "number": 9})
    outcome = "Not done: trial 9 of `signs-grid` is not in training."
    commands.acknowledge(store, commands.pending(store, "signs")[0], outcome)
    shown = browser.show("/runs/signs")
    assert "is not in training." in shown
    assert "`" not in shown


def test_what_was_asked_is_shown_with_its_answer(browser: Browser, store: Store) -> None:
    assert "Asked of this run" not in browser.show("/runs/signs")
    configuration = {"model": "svm", "svm.C": 10.0}
    commands.send(store, "signs", "enqueue", {"configuration": configuration})
    commands.send(store, "signs", "budget", {"max_trials": 100, "max_seconds": None})
    commands.acknowledge(store, commands.pending(store, "signs")[0], "Queued.")
    shown = browser.show("/runs/signs")
    assert "Try svm with C 10" in shown
    assert "Queued." in shown
    assert "Budget: 100 trials, no time limit" in shown
    assert "waits for the search to read it" in shown
    runs.finish(store, "signs", "finished")
    assert "the run ended before it read this" in browser.show("/runs/signs")


def test_a_trial_in_training_can_be_pruned_once(browser: Browser, store: Store, samples: Samples) -> None:
    assert "run-prune" not in browser.show("/runs/signs")
    samples.running("signs-grid")
    assert browser.show("/runs/signs").count("run-prune") == 1
    button = json.dumps({"number": 2, "study": "signs-grid", "type": "run-prune"}, separators=(",", ":"))
    values = {f"{button}.id": json.loads(button), "run-id.data": "signs", "run-poll.n_intervals": 0}
    for clicks in (None, 1):
        assert asked(store) == []
        values |= {f"{button}.n_clicks": clicks}
        browser.call(
            '{"number":["MATCH"],"study":["MATCH"],"type":"run-prune"}', values, f"{button}.n_clicks"
        )
    assert asked(store) == [("prune", {"study": "signs-grid", "number": 2})]
    assert "Ending" in browser.show("/runs/signs")
    refused = "Not done: trial 2 of `signs-grid` is not in training."
    commands.acknowledge(store, commands.pending(store, "signs")[0], refused)
    assert "Ending" not in browser.show("/runs/signs")


def test_the_dialog_of_a_configuration_opens_with_the_defaults(browser: Browser) -> None:
    values = {"run-enqueue.n_clicks": 1, "run-id.data": "signs"}
    answer = browser.call("run-enqueue.disabled", values, "run-enqueue.n_clicks")
    assert answer.side["run-enqueue-dialog"] == {"is_open": True}
    body = json.dumps(answer.side["run-enqueue-body"])
    assert '"key": "svm.C"' in body
    assert "0.01 to 1000, logarithmic" in body
    assert "cnn.epochs" not in body


def test_another_model_brings_its_own_fields(browser: Browser) -> None:
    model = json.dumps({"key": "model", "type": "run-value-field"}, separators=(",", ":"))
    callback = browser.callbacks["run-enqueue-fields.children"]
    body = {
        "output": "run-enqueue-fields.children",
        "outputs": {"id": "run-enqueue-fields", "property": "children"},
        "inputs": [{"id": json.loads(model), "property": "value", "value": "cnn"}],
        "state": [{**callback["state"][0], "value": "signs"}],
        "changedPropIds": [f"{model}.value"],
    }
    answer = browser.client.post("/_dash-update-component", json=body)
    assert "cnn.epochs" in answer.text
    assert "svm.C" not in answer.text


def test_a_configuration_is_sent_without_what_does_not_exist_or_was_left_empty(
    browser: Browser, store: Store
) -> None:
    entered = {
        "model": "svm",
        "svm.C": 10,
        "svm.extractor": "colour_histogram",
        "svm.cells": 4,
        "cnn.epochs": None,
    }
    answer = confirm(browser, "run-enqueue", "run-value-field", entered)
    assert answer.outputs["run-enqueue-dialog"] == {"is_open": False}
    configuration = {"model": "svm", "svm.C": 10.0, "svm.extractor": "colour_histogram"}
    assert asked(store) == [("enqueue", {"configuration": configuration})]


def test_a_configuration_that_cannot_be_stays_in_its_dialog(browser: Browser, store: Store) -> None:
    answer = confirm(browser, "run-enqueue", "run-value-field", {"model": "svm", "svm.C": 5000})
    assert "run-enqueue-dialog" not in answer.outputs
    assert "0.01 to 1000" in answer.text("run-enqueue-problem")
    assert asked(store) == []


def limits(**changes: Any) -> dict[str, Any]:
    now = {"max_trials": 40, "max_seconds": 180.0, "target_accuracy": None, "patience": None, "workers": None}
    return {f"search.{name}": value for name, value in {**now, **changes}.items()}


def test_only_the_limits_that_changed_are_sent(browser: Browser, store: Store) -> None:
    entered = limits(max_trials=100, max_seconds="", workers=2)
    confirm(browser, "run-limits", "run-limit-field", entered)
    assert asked(store) == [
        ("budget", {"max_trials": 100, "max_seconds": None}),
        ("workers", {"count": 2}),
    ]


def test_limits_that_cannot_be_are_told(browser: Browser, store: Store) -> None:
    answer = confirm(browser, "run-limits", "run-limit-field", limits(max_trials=None, max_seconds=None))
    assert "needs an end" in answer.text("run-limits-problem")
    assert asked(store) == []


def test_a_limit_that_is_reached_says_as_it_is_typed_what_it_ends(browser: Browser, store: Store) -> None:
    def warnings(**changes: Any) -> dict[str, Any]:
        sent = {"run-id.data": "signs", **fields("run-limit-field", limits(**changes))}
        changed = next(key for key in sent if key.endswith(".value"))
        outputs = browser.call('{"key":["ALL"],"type":"run-limit-fault"}', sent, changed).outputs
        found = {json.loads(key)["key"]: one for key, one in outputs.items() if "run-limit-warning" in key}
        return {key.removeprefix("search."): one["children"] for key, one in found.items()}

    assert set(warnings(max_trials=3).values()) == {None}
    assert warnings(max_trials=2)["max_trials"] == ["2 trials are done: this limit ends the run at once."]
    assert set(warnings(max_trials=0).values()) == {None}
    confirm(browser, "run-limits", "run-limit-field", limits(max_trials=2))
    assert asked(store) == [("budget", {"max_trials": 2})]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending("max_trials", 1), "1 trial is done: this limit ends the run at once."),
        (
            Ending("max_seconds", 90, "tpe"),
            "The search of tpe has taken 1 min 30 s: its share of this limit ends its study at once.",
        ),
        (Ending("target_accuracy", 0.933), "93.3% is reached: this limit ends the run at once."),
        (Ending("patience", 5), "The last 5 trials brought nothing better: this limit ends the run at once."),
    ],
)
def test_an_ending_is_told_with_its_reason(ending: Ending, words: str) -> None:
    assert ending_text(ending) == words


def test_a_command_to_a_run_that_has_just_ended_is_one_sentence(browser: Browser, store: Store) -> None:
    runs.finish(store, "signs", "finished")
    answer = click(browser, "run-pause")
    assert answer.outputs == {}
    assert "is finished, and reads no commands any more" in str(answer.side["shell-toasts"])


def test_several_objectives_show_their_front(browser: Browser, store: Store, samples: Samples) -> None:
    assert "has-front" not in browser.show("/runs/signs")
    samples.weighed("signs", "tpe", 8)
    assert "has-front" in browser.show("/runs/signs")
    values = {"run-id.data": "signs", "run-poll.interval": 1000}
    answer = browser.call("run-state.children", values, "run-poll.n_intervals")
    assert "on the front of accuracy and latency" in answer.text("run-fronts")
    assert "Latency of one image (ms)" in answer.text("run-pareto")


# ---- the form of a new run ----


def entered(**changes: Any) -> dict[str, Any]:
    return fields("new-field", {**form.defaults(), **changes})


def test_what_is_edited_of_a_space_reaches_the_command_and_the_run(browser: Browser) -> None:
    space = fields("new-space", {"svm.C.low": 2})
    values = {**entered(), **space, "new-edits.data": {"space": {}, "options": {}}}
    changed = json.dumps({"type": "new-space", "key": "svm.C.low"}) + ".value"
    edits = browser.call("new-edits.data", values, changed).outputs["new-edits"]["data"]
    assert edits["space"]["svm"]["C"]["low"] == 2
    key = '{"key":["ALL"],"type":"new-fault"}.children'
    answer = browser.call(key, {**entered(), "new-edits.data": edits}, "new-edits.data")
    assert "low: 2" in answer.text("new-command")


def test_another_choice_of_models_brings_their_spaces(browser: Browser) -> None:
    callback = browser.callbacks["new-spaces.children"]
    chosen = {"search.models": ["svm"], "features.extractors": ["hog"], "learning_rate.policy": ["fix"]}
    inputs = [
        {"id": json.loads(one["id"]), "property": "value", "value": chosen.get(json.loads(one["id"])["key"])}
        for one in callback["inputs"]
    ]
    body = {
        "output": "new-spaces.children",
        "outputs": {"id": "new-spaces", "property": "children"},
        "inputs": inputs,
        "state": [{**callback["state"][0], "value": {"space": {"svm": {"C": {"low": 3}}}, "options": {}}}],
        "changedPropIds": ["x.value"],
    }
    text = browser.client.post("/_dash-update-component", json=body).text
    assert "svm.C.low" in text
    assert '"value":3' in text
    assert "1 changed" in text
    assert "cnn." not in text


def test_the_form_says_how_long_it_will_take(browser: Browser) -> None:
    answer = browser.call("new-estimate.children", entered(), "new-edits.data")
    assert "grid has" in answer.text("new-estimate-basis")
    faulty = browser.call("new-estimate.children", entered(**{"search.max_trials": 0}), "new-edits.data")
    assert NOTHING in faulty.text("new-estimate")
    shown = browser.show("/new")
    assert shown.index('"new-start"') < shown.index('"new-estimate-basis"'), (
        "what comes late moves the button"
    )
    assert "At most" not in faulty.text("new-estimate")


def test_a_run_like_an_earlier_one_takes_over_its_space(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    search = {"models": ["svm"], "space": {"svm": {"C": {"low": 3}}}, "objective": "macro_f1"}
    runs.announce(store, "old", {"dataset": {"source": "x.zip"}, "search": search}, tmp_path)
    shown = browser.show("/new", "?from=old")
    assert "1 changed" in shown
    assert "low: 3" in shown or "svm.C.low=3" in shown
    assert '["macro_f1"]' in shown
    assert len(frames.runs_frame(store)) == 2
