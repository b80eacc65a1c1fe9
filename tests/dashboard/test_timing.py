"""The page of timings, as a browser gets it, over samples, plain Optuna studies and an empty store."""

import json
from pathlib import Path

import optuna
import pytest
from dash import Dash
from dash_client import Browser
from dashboard_samples import Samples

from dashboard.app import create_app
from dashboard.components.timing_tables import money, reasons
from dashboard.timing_view import TimingView, rate
from tunescope.analysis.timing_outliers import Outlier
from tunescope.analysis.timing_spending import Rates
from tunescope.figures import TIMING
from tunescope.store import Store
from tunescope.store.columns import following
from tunescope.store.selection import TrialFilter


@pytest.fixture(scope="module")
def browser(app: Dash) -> Browser:
    return Browser(app)


def numbers(browser: Browser, query: str) -> str:
    values = {"timing-query.data": query, '{"name":"model","type":"timing-choice"}.id': {"name": "model"}}
    answer = browser.call("timing-count.children", values, "timing-query.data")
    return json.dumps(answer.outputs, ensure_ascii=False)


def chart(browser: Browser, name: str, query: str = "") -> str:
    own = {"name": name, "type": "timing-chart"}
    body = {
        "output": '{"name":["MATCH"],"type":"timing-chart"}.children',
        "outputs": {"id": own, "property": "children"},
        "inputs": [
            {"id": "timing-query", "property": "data", "value": query},
            {"id": "timing-version", "property": "data", "value": ""},
            {"id": "shell-dark", "property": "data", "value": False},
        ],
        "state": [{"id": own, "property": "id", "value": own}],
        "changedPropIds": ["timing-query.data"],
    }
    response = browser.client.post("/_dash-update-component", json=body)
    assert response.status_code == 200
    return json.dumps(response.get_json(), ensure_ascii=False)


def test_the_page_has_a_card_for_each_chart(browser: Browser) -> None:
    shown = browser.show("/timing")
    assert all(json.dumps(one.title, ensure_ascii=False)[1:-1] in shown for one in TIMING.values())
    assert "timing-choice" in shown


def test_an_empty_store_shows_the_way_in(store: Store) -> None:
    assert "Nothing has been timed yet" in Browser(create_app(store.url)).show("/timing")


@pytest.mark.parametrize("name", TIMING)
def test_each_chart_is_drawn_from_samples(browser: Browser, name: str) -> None:
    assert '"Graph"' in chart(browser, name)


@pytest.mark.parametrize("name", TIMING)
def test_each_chart_is_drawn_from_a_plain_study_with_failures(store: Store, name: str) -> None:
    study = optuna.create_study(study_name="plain <b>", storage=store.url, direction="minimize")
    study.optimize(
        lambda trial: trial.suggest_float("x", 0, 1) / (trial.number % 3), n_trials=7, catch=Exception
    )
    plain = Browser(create_app(store.url))
    assert '"Graph"' in chart(plain, name)
    assert "unknown machine" in numbers(plain, "?by=machine&hour=3600")
    assert "No trial passes the filters" in numbers(plain, "?model=nothing")
    assert "No trial passes the filters" in chart(plain, name, "?model=nothing")


def test_numbers_follow_filters_and_rates(browser: Browser) -> None:
    text = numbers(browser, "?model=svm&hour=3600&currency=$")
    assert '"children": "svm"' in text
    assert '"children": "cnn"' not in text
    assert "$" in text
    assert "Nobody measured energy here" in text
    assert "about" in numbers(browser, "?model=svm&watts=100")


def test_choices_and_rates_go_into_the_address(browser: Browser) -> None:
    values = {
        '{"name":"model","type":"timing-choice"}.value': ["cnn"],
        '{"name":"model","type":"timing-choice"}.id': {"name": "model", "type": "timing-choice"},
        '{"name":"hour","type":"timing-rate"}.value': 2.5,
        '{"name":"kilowatt_hour","type":"timing-rate"}.value': None,
        '{"name":"watts","type":"timing-rate"}.value': -4,
        "timing-currency.value": "$",
        "timing-by.value": "machine",
        "timing-query.data": "?seconds=1..",
    }
    answer = browser.call("timing-query.data", values, "timing-by.value", trigger="timing-by")
    view = TimingView.from_query(answer.outputs["timing-query"]["data"])
    assert view.chosen == TrialFilter(choices=(("model", ("cnn",)),), ranges=(("seconds", ((1.0, None),)),))
    assert (view.rates, view.currency, view.by) == (Rates(hour=2.5), "$", "machine")


@pytest.mark.parametrize(
    "search",
    ["?hour=-1&by=nonsense&currency=<b>", "?watts=nan", "?hour=1e999", "?hour=x&kilowatt_hour=inf", "?by="],
)
def test_nonsense_in_the_address_is_passed_over(browser: Browser, search: str) -> None:
    assert TimingView.from_query(search) == TimingView()
    assert "timing-query" in browser.show("/timing", search)


def test_a_view_survives_its_address() -> None:
    view = TimingView(TrialFilter(text="a b"), Rates(0.25, 1e-7, 65.0), "£", "study")
    assert TimingView.from_query(view.to_query()) == view


def test_the_same_trials_wait_on_their_own_page(browser: Browser) -> None:
    assert "/trials?model=svm" in numbers(browser, "?model=svm&hour=3")


def test_the_page_is_read_again_only_when_trials_changed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_FRESH_SECONDS", 0.0)
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=2, strategies=["grid"])
    browser = Browser(create_app(store.url))
    values = {"timing-query.data": "", "timing-version.data": "before"}
    first = browser.call("timing-version.data", values, "timing-poll.n_intervals").outputs
    values["timing-version.data"] = first["timing-version"]["data"]
    assert browser.call("timing-version.data", values, "timing-poll.n_intervals").outputs == {}
    samples.study("signs", "random", 1)
    assert browser.call("timing-version.data", values, "timing-poll.n_intervals").outputs


def test_money_is_told_once_there_is_a_price() -> None:
    view = TimingView(rates=Rates(hour=1.0))
    assert [money(value, view) for value in (1234.5, 0.0123, 1e-6, None)] == [
        "€1,234.50",
        "€0.012",
        "under €0.001",
        "\N{EN DASH}",
    ]
    assert money(5.0, TimingView()) == "\N{EN DASH}"


def test_a_slow_trial_says_why() -> None:
    slow = Outlier("s", 1, "cnn", 9.0, True, 3.0, 12, "load", 0.9, 2.0, 0.5, ("Memory ran out.",))
    assert reasons(slow) == [
        "90% of the excess went into load.",
        "Its network computes 2 times as much for an image.",
        "The device was slow or busy: its peak was 50% of the usual.",
        "Memory ran out.",
    ]
    nothing = Outlier("s", 1, "svm", 9.0, False, 3.0, 12, None, 0.0, None, 1.0, ())
    assert reasons(nothing) == ["Nothing was measured that would tell."]


def test_rates_are_numbers_from_0_on() -> None:
    assert [rate(one) for one in ("2.5", "", None, "-1", "inf", "x", 3)] == [2.5, 0, 0, 0, 0, 0, 3]
