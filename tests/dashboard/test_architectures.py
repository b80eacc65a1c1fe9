"""The page of architectures, as a browser gets it."""

import json
import time

import optuna
import pytest
from dash import Dash
from dash_client import Answer, Browser
from dashboard_samples import Samples

from dashboard.app import create_app
from dashboard.components.network_blocks import network_blocks
from tunescope.models.deep.outline import Block
from tunescope.store import Store, frames


@pytest.fixture(scope="module")
def browser(app: Dash) -> Browser:
    return Browser(app)


def show(browser: Browser, query: str = "", seen: object = None) -> Answer:
    values = {"architectures-query.data": f"/architectures{query}", "architectures-seen.data": seen}
    return browser.call("architectures-picture.children", values, "architectures-query.data")


def test_networks_stand_there_by_accuracy_and_size(browser: Browser) -> None:
    shown = show(browser)
    assert '"Graph"' in shown.text("architectures-picture")
    front = shown.text("architectures-front")
    for words in ("185 k", "41.3 MFLOP", "cnn", "Look inside"):
        assert words in front, words
    assert "svm" not in front


def test_what_the_best_network_is_made_of_is_looked_up_in_another_process(
    browser: Browser, samples: Samples
) -> None:
    for _ in range(200):
        shown = show(browser).text("architectures-blocks")
        if "Building it" not in shown:
            break
        assert "architectures-wait" in shown
        time.sleep(0.1)
    assert "Convolution 3 x 3" in shown
    assert "of the work" in shown


def test_a_page_looks_again_soon_while_a_network_is_built(browser: Browser) -> None:
    values = {
        '{"key":"blocks","type":"architectures-wait"}.n_intervals': 1,
        "architectures-poll.n_intervals": 4,
    }
    changed = '{"key":"blocks","type":"architectures-wait"}.n_intervals'
    answer = browser.call("architectures-poll.n_intervals", values, changed)
    assert answer.outputs["architectures-poll"]["n_intervals"] == 5


def test_trials_that_are_no_network_or_not_there_are_told(browser: Browser, samples: Samples) -> None:
    rows = frames.trials_frame(samples.store, "signs-finished")
    svm = rows[[params.get("model") == "svm" for params in rows["params"]]].iloc[0]
    told = show(browser, f"?trial={svm['study']}/{svm['number']}").text("architectures-blocks")
    assert "deep models can be looked into" in told
    for address in ("signs-finished-grid/999", "nothing/0", "x", "signs-finished-grid/-1", "a/b/c"):
        assert "There is no trial" in show(browser, f"?trial={address}").text("architectures-blocks")


def test_filters_and_costs_stand_in_the_address(browser: Browser) -> None:
    ids = {
        name: json.dumps({"name": name, "type": "architectures-choice"}, separators=(",", ":"))
        for name in ("model", "by")
    }
    values = {f"{ids['model']}.value": ["cnn"], f"{ids['by']}.value": "seconds"}
    values |= {f"{one}.id": {"name": name, "type": "architectures-choice"} for name, one in ids.items()}
    values |= {"architectures-query.data": "/architectures?trial=s/1&moon=full"}
    answer = browser.call("architectures-query.data", values, f"{ids['model']}.value")
    expected = "/architectures?model=cnn&by=seconds&trial=s%2F1"
    assert answer.outputs["architectures-query"]["data"] == expected
    assert "No network passes" in show(browser, "?model=rnn&by=nonsense").text("architectures-front")


def test_only_what_changed_is_sent(browser: Browser) -> None:
    seen = show(browser).outputs["architectures-seen"]["data"]
    assert "architectures-picture" not in show(browser, seen=seen).outputs
    assert "architectures-picture" in show(browser, "?by=seconds", seen).outputs


def test_stores_without_networks_say_when_there_will_be_some(store: Store) -> None:
    study = optuna.create_study(study_name="plain", storage=store.storage)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    shown = Browser(create_app(store.url)).show("/architectures")
    assert "No network has been trained yet" in shown
    assert "Evolved networks will stand here" in shown


def test_blocks_are_drawn_as_large_as_their_maps() -> None:
    blocks = [Block("Convolution 3 x 3", 2, (8, 32, 32), 900, 10), Block("Linear", 1, (10,), 0, 0)]
    drawn = json.dumps(network_blocks(blocks).to_plotly_json(), default=lambda one: one.to_plotly_json())
    assert '"height": "120px"' in drawn
    assert '"width": "64px"' in drawn
    assert "2 \\u00d7 Convolution 3 x 3" in drawn
    assert "no weights" in drawn
    assert "no blocks to tell apart" in str(network_blocks([]))
