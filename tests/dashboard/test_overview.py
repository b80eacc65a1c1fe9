"""The overview: the best model of each dataset, and what it says of runs."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from dash import Dash
from dash_client import Browser
from dashboard_samples import Samples

from dashboard import connection, reading
from dashboard.app import create_app
from dashboard.results import BestModel, best_models
from tunescope.store import Store, commands, frames, runs
from tunescope.store.schema import now


@pytest.fixture(scope="module")
def browser(app: Dash) -> Browser:
    return Browser(app)


def best(app: Dash) -> dict[str, BestModel]:
    with app.server.app_context():
        rows = reading.records(frames.runs_frame(connection.store()))
        return best_models(rows, reading.tallies(), frames.benchmarks_frame(connection.store()))


def test_each_dataset_stands_there_with_the_way_to_its_best_model(browser: Browser, app: Dash) -> None:
    shown = browser.show("/")
    found = best(app)["f00d0"]
    assert f'"/trials/{found.study}/{found.number}"' in shown
    assert f'"/predict?study={found.study}&trial={found.number}"' in shown
    assert "600 images, 10 classes" in shown
    assert "/datasets/hand-signs?fingerprint=f00d0" in shown


def test_a_dataset_whose_folder_is_gone_says_so(browser: Browser) -> None:
    assert "Its folder is gone" in browser.show("/")


def test_the_best_model_is_chosen_by_validation_accuracy_alone(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs-a", 5, strategies=["grid"])
    samples.finish("signs-a")  # tested, with 92.2 %
    samples.run("signs-b", 9, strategies=["grid"])
    trials = frames.trials_frame(store)
    trials = trials[trials["state"] == "COMPLETE"]
    highest = trials.groupby("run_id")["validation_accuracy"].max()
    found = best(create_app(store.url))["f00d0"]
    assert found.run_id == ("signs-a" if highest["signs-a"] >= highest["signs-b"] else "signs-b")
    assert found.validation_accuracy == highest.max()
    assert (found.test_accuracy is not None) == (found.run_id == "signs-a")


def test_a_dataset_without_a_trial_offers_a_search(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=0)
    runs.finish(store, "signs", "finished")
    shown = Browser(create_app(store.url)).show("/")
    assert "No model yet" in shown
    assert '"/new?source=data%2F01_raw%2Fhand_signs.zip&prepared=signs' in shown


def test_runs_without_trials_have_no_best_model() -> None:
    rows = [{"run_id": "signs", "fingerprint": "f00d"}]
    empty = pd.DataFrame(columns=["run_id", "trial_id"])
    assert best_models(rows, {}, empty) == {}


def test_a_run_that_stops_is_called_so_here_as_on_its_own_page(store: Store, tmp_path: Path) -> None:
    Samples(store, tmp_path).run("signs", 2)
    browser = Browser(create_app(store.url))
    commands.send(store, "signs", "stop")
    assert "Stopping" not in browser.show("/")
    commands.acknowledge(store, commands.pending(store, "signs")[0], "Stopping: running trials end now.")
    assert "Stopping" in browser.show("/")


def test_a_run_that_gives_no_sign_of_life_is_called_so_here_as_on_its_own_page(
    store: Store, tmp_path: Path
) -> None:
    Samples(store, tmp_path).run("signs", 2)
    browser = Browser(create_app(store.url))
    for silence, is_silent in ((10, False), (150, True)):
        runs.relate(store, "signs", heartbeat=now() - timedelta(seconds=silence))
        for shown in (browser.show("/"), browser.show("/runs/signs")):
            assert ("No sign of life" in shown) == is_silent
            assert ('"Running"' in shown) != is_silent
        assert ("Last heard of 2 min ago: " in browser.show("/")) == is_silent


@pytest.mark.parametrize("state", ["running", "finished", "interrupted"])
def test_a_preparation_is_not_shown_as_a_search(store: Store, tmp_path: Path, state: str) -> None:
    samples = Samples(store, tmp_path)
    samples.run("prepare-signs-1", trials=0, stages=1)
    if state == "finished":
        runs.finish(store, "prepare-signs-1", "finished")
    if state == "interrupted":
        samples.kill("prepare-signs-1")
    browser = Browser(create_app(store.url))
    for shown in (browser.show("/"), browser.show("/runs/prepare-signs-1")):
        assert "tpe" not in shown.partition("Settings of this run")[0]
    shown = browser.show("/")
    assert "prepare-signs-1" in shown
    assert "Best so far" not in shown
    assert "Search time" not in shown
    assert "first trial" not in shown
