"""The page of benchmarks, as a browser gets it."""

import json
from pathlib import Path

import optuna
import pytest
from dash import Dash
from dash_client import Answer, Browser
from dashboard_samples import Samples

from dashboard.app import create_app
from tunescope.store import Store


@pytest.fixture(scope="module")
def browser(app: Dash) -> Browser:
    return Browser(app)


def show(browser: Browser, query: str = "", seen: object = None) -> Answer:
    values = {"benchmarks-query.data": f"/benchmarks{query}", "benchmarks-seen.data": seen}
    return browser.call("benchmarks-accuracy.children", values, "benchmarks-query.data")


def test_a_finished_model_stands_there_with_all_that_was_measured(browser: Browser) -> None:
    shown = browser.show("/benchmarks")
    for words in ("92.2%", "84.8", "1.84 ms", "2,910", "398 MB", "/runs/signs-finished", "benchmarks-choice"):
        assert words in shown, words
    assert '"Graph"' in show(browser).text("benchmarks-accuracy")


def test_pictures_are_sent_once(browser: Browser) -> None:
    first = show(browser)
    assert show(browser, seen=first.outputs["benchmarks-seen"]["data"]).outputs == {}
    other = show(browser, "?cost=train_seconds", first.outputs["benchmarks-seen"]["data"])
    assert set(other.outputs) == {"benchmarks-costs", "benchmarks-seen"}


def test_filters_narrow_pictures_and_table(browser: Browser) -> None:
    nothing = json.dumps(show(browser, "?dataset=elsewhere").outputs)
    assert "No model passes the filters" in nothing
    assert "92.2%" in json.dumps(show(browser, "?dataset=hand-signs&model=cnn&model=svm").outputs)
    assert "elsewhere" in browser.show("/benchmarks", "?dataset=elsewhere")  # to be taken away again


def test_choices_go_into_the_address_and_nonsense_out_of_it(browser: Browser) -> None:
    values = {
        '{"name":"model","type":"benchmarks-choice"}.value': ["cnn"],
        '{"name":"model","type":"benchmarks-choice"}.id': {"name": "model", "type": "benchmarks-choice"},
        '{"name":"cost","type":"benchmarks-choice"}.value': "test_seconds",
        '{"name":"cost","type":"benchmarks-choice"}.id': {"name": "cost", "type": "benchmarks-choice"},
        "benchmarks-query.data": "/benchmarks?dataset=signs&moon=full",
    }
    changed = '{"name":"model","type":"benchmarks-choice"}.value'
    answer = browser.call("benchmarks-query.data", values, changed)
    address = answer.outputs["benchmarks-query"]["data"]
    assert address == "/benchmarks?dataset=signs&model=cnn&cost=test_seconds"
    assert "benchmarks-query" in browser.show("/benchmarks", "?cost=<b>&model=")


def test_stores_without_measurements_say_when_there_will_be_some(store: Store) -> None:
    study = optuna.create_study(study_name="plain", storage=store.storage)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    assert "Nothing has been measured yet" in Browser(create_app(store.url)).show("/benchmarks")


def test_the_best_of_a_dataset_stands_out_once_there_are_two(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    for run_id in ("signs-a", "signs-b"):
        samples.run(run_id, 3, strategies=["grid"])
        samples.finish(run_id)
    shown = Browser(create_app(store.url)).show("/benchmarks")
    assert "Green is the best" in shown
    assert shown.count('"best"') >= 2
