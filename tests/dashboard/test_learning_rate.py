"""The page of learning rates, as a browser gets it."""

import json
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from dash_client import Answer, Browser
from dashboard_samples import Samples
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import create_trial

from dashboard.app import create_app
from tunescope.store import Store, open_store, runs
from tunescope.store import trials as trial_rows
from tunescope.training import POLICIES

NAMES = ("onecycle", "step", "plateau")
CURVE = {"model": "cnn", "optimizer": "adamw", "rates": [1e-4, 1e-3, 1e-2], "losses": [2.0, 1.0, 3.0]}
CURVE |= {"smoothed": [2.0, 1.0, 3.0], "k0": 1e-4, "k1": 1e-3}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A run that tried three policies twice, and one with a range test."""
    folder = tmp_path_factory.mktemp("learning")
    opened = open_store(f"sqlite:///{folder / 'trials.db'}")
    samples = Samples(opened, folder)
    samples.run("signs", 0)
    study = optuna.create_study(study_name="signs-random", storage=opened.storage, direction="maximize")
    trial_rows.enter_study(opened, study._study_id, "signs", "random", "accuracy", {})
    for number in range(6):
        trial(opened, study, NAMES[number % 3], 0.8 + number / 50, 10.0 - number)
    samples.run("rates", 0)
    (folder / "rates" / "range_test.json").write_text(json.dumps([CURVE]))
    runs.finish(opened, "rates", "finished")
    yield opened
    opened.close()


def trial(store: Store, study: optuna.Study, policy: str, accuracy: float, seconds: float) -> None:
    params = {"model": "cnn", "cnn.policy": policy}
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        "model": CategoricalDistribution(["cnn"]),
        "cnn.policy": CategoricalDistribution(list(NAMES)),
    }
    if policy == "step":
        params |= {"cnn.policy_parts": 2.0, "cnn.policy_gamma": 0.5}  # type: ignore[dict-item]
        distributions |= {name: FloatDistribution(0, 9) for name in params if "policy_" in name}
    study.add_trial(create_trial(params=params, distributions=distributions, value=accuracy))
    trial_id = store.storage.get_all_trials(study._study_id)[-1]._trial_id
    trial_rows.enter_trial(store, trial_id, worker=0, seed=0, folder="")
    for epoch in (1, 2):
        trial_rows.enter_epoch(store, trial_id, epoch=epoch, learning_rate=0.02 / epoch)
    trial_rows.enter_outcome(store, trial_id, validation_accuracy=accuracy, seconds=seconds)


@pytest.fixture(scope="module")
def browser(store: Store) -> Browser:
    return Browser(create_app(store.url))


def show(browser: Browser, query: str = "", seen: object = None) -> Answer:
    values = {"learning-query.data": f"/learning-rate{query}", "learning-seen.data": seen}
    return browser.call("learning-ranking.children", values, "learning-query.data")


def lines(answer: Answer) -> dict[str, list[float]]:
    figure = answer.outputs["learning-schedules"]["children"]["props"]["children"]["props"]["figure"]
    return {trace["name"]: trace["y"] for trace in figure["data"]}


def test_policies_are_ranked_by_accuracy_and_by_time_above_a_threshold(browser: Browser) -> None:
    ranking = show(browser, "?threshold=85").text("learning-ranking")
    accurate, fast = ranking.split("The fastest above 85%")
    assert accurate.index("plateau") < accurate.index("step") < accurate.index("onecycle")
    assert "90.0%" in accurate
    assert fast.index("plateau") < fast.index("step")  # in 5 and 6 seconds
    assert "No training reached 95%" in show(browser, "?threshold=95").text("learning-ranking")


def test_schedules_are_drawn_in_the_shape_of_the_best_trial(browser: Browser) -> None:
    drawn = lines(show(browser))
    assert set(drawn) == set(NAMES)
    assert sorted(set(drawn["step"])) == [0.5, 1.0]  # two parts, of which the second is half as high
    assert drawn["plateau"] == [1.0, 0.5]  # as it was trained, epoch by epoch


def test_any_policy_can_be_drawn_and_nonsense_is_passed_over(browser: Browser) -> None:
    assert set(lines(show(browser, "?policy=poly&policy=moon"))) == {"poly"}
    everything = "&".join(f"policy={name}" for name in POLICIES)
    assert len(lines(show(browser, f"?{everything}"))) == 6
    assert "learning-query" in browser.show("/learning-rate", "?threshold=x&rates=nobody&dataset=<b>")


def test_a_range_test_is_drawn_where_a_run_has_one(browser: Browser) -> None:
    shown = show(browser).text("learning-range")
    assert "Learning rates from 0.0001 to 0.001" in shown
    assert '"Graph"' in shown
    assert "has no range test" in show(browser, "?rates=signs").text("learning-range")


def test_only_what_changed_is_sent(browser: Browser) -> None:
    seen = show(browser).outputs["learning-seen"]["data"]
    assert show(browser, seen=seen).outputs == {}
    assert set(show(browser, "?policy=fix", seen).outputs) == {"learning-schedules", "learning-seen"}


def test_filters_stay_in_the_address(browser: Browser) -> None:
    ids = {name: json.dumps({"name": name, "type": "learning-choice"}, separators=(",", ":")) for name in
           ("model", "threshold")}  # fmt: skip
    values = {f"{ids['model']}.value": ["cnn"], f"{ids['threshold']}.value": 85.5}
    values |= {f"{one}.id": {"name": name, "type": "learning-choice"} for name, one in ids.items()}
    values |= {"learning-query.data": "/learning-rate?policy=fix"}
    answer = browser.call("learning-query.data", values, f"{ids['model']}.value")
    assert answer.outputs["learning-query"]["data"] == "/learning-rate?model=cnn&policy=fix&threshold=85.5"
    assert "No finished training passes" in show(browser, "?model=rnn").text("learning-ranking")


def test_an_empty_store_and_one_of_plain_optuna_show_how_policies_move(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    study = optuna.create_study(study_name="plain", storage=store.storage)
    # A parameter that only sounds like ours.
    study.optimize(lambda one: len(one.suggest_categorical("x.policy", ["buy", "sell"])), n_trials=3)
    browser = Browser(create_app(store.url))
    shown = browser.show("/learning-rate")
    assert "No policy has been tried yet" in shown
    assert "kedro run --pipelines=preprocessing,learning_rate_search" in shown
    assert set(lines(show(browser))) == {"onecycle", "warmup_cos", "step", "triexp"}
    store.close()


def test_a_damaged_range_test_is_told(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    Samples(store, tmp_path).run("rates", 0)
    (tmp_path / "rates" / "range_test.json").write_text("[{}")
    assert "cannot be read" in show(Browser(create_app(store.url))).text("learning-range")
    store.close()
