"""fANOVA beside PED-ANOVA: asked for, followed, cancelled, shown, and never begun by itself."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from dash import Dash
from dash_client import Browser
from optuna.distributions import FloatDistribution

from dashboard.app import create_app
from dashboard.components import second_opinion
from dashboard.connection import of
from tunescope.store import Store, open_store

PATIENCE = 60.0


@dataclass
class Card:
    """The lower part of the card, as a browser keeps it and asks for it."""

    app: Dash
    query: str = "?charts=settings"
    job: str | None = None
    shown: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser = Browser(self.app)

    def ask(self, changed: str = "trials-version.data", **clicks: int) -> "Card":
        """Call the callback; ``changed`` is a part of the card or an id of the page."""
        key = next(key for key in self.browser.callbacks if "trials-fanova-line" in key)
        callback = self.browser.callbacks[key]
        values = {"trials-query.data": self.query, "trials-fanova-job.data": self.job}
        values |= {f"trials-fanova-{part}.n_clicks": amount for part, amount in clicks.items()}
        body = {
            "output": key,
            "outputs": [self._given(one, {}) for one in _dependencies(key)],
            "inputs": [self._given(one, values) for one in callback["inputs"]],
            "state": [self._given(one, values) for one in callback["state"]],
            "changedPropIds": [changed if "." in changed else f"{json.dumps(_own(changed))}.n_clicks"],
        }
        answer = self.browser.client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200
        parts = {json.loads(one)["type"]: props for one, props in answer.get_json()["response"].items()}
        self.shown = {name.removeprefix("trials-fanova-"): props for name, props in parts.items()}
        self.job = self.shown["job"]["data"]
        return self

    def start(self) -> "Card":
        return self.ask("start", start=1)

    def cancel(self) -> "Card":
        return self.ask("cancel", cancel=1)

    def wait(self) -> "Card":
        end = time.monotonic() + PATIENCE
        while not self.ask("poll").shown["poll"]["disabled"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        return self

    @property
    def line(self) -> str:
        return str(self.shown["line"]["children"])

    def can(self, button: str) -> bool:
        return "hidden" not in self.shown[button]["className"]

    def _given(self, wanted: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        name = wanted["id"]
        component = _own(json.loads(name)["type"].removeprefix("trials-fanova-")) if name[0] == "{" else name
        kind = component["type"] if isinstance(component, dict) else component
        return {
            "id": component,
            "property": wanted["property"],
            "value": values.get(f"{kind}.{wanted['property']}"),
        }


def _own(part: str) -> dict[str, str]:
    return {"type": f"trials-fanova-{part}", "name": "importance"}


def _dependencies(key: str) -> list[dict[str, str]]:
    pairs = (one.rpartition(".") for one in key.strip(".").split("..."))
    return [{"id": component, "property": prop} for component, _, prop in pairs]


def add(store: Store, study_name: str, amount: int, seed: int = 0) -> None:
    """Finished trials of which `m.a` alone decides."""
    study = optuna.create_study(
        study_name=study_name, storage=store.storage, direction="maximize", load_if_exists=True
    )
    ranges = {"m.a": FloatDistribution(0, 1), "m.b": FloatDistribution(0, 1)}
    for a, b in np.random.default_rng(seed).random((amount, 2)).tolist():
        study.add_trial(optuna.create_trial(params={"m.a": a, "m.b": b}, distributions=ranges, value=a))


@pytest.fixture
def card(store: Store, tmp_path: Path) -> Iterator[Card]:
    add(store, "plain", 30)
    app = create_app(store.url)
    yield Card(app)
    of(app.server).close()


def test_nothing_is_computed_before_somebody_asks(card: Card) -> None:
    card.ask()
    assert (card.line, card.can("start"), card.can("cancel")) == ("", True, False)
    assert card.shown["poll"]["disabled"] is True
    assert card.job is None


def test_a_comparison_is_followed_until_its_bars_are_there(card: Card) -> None:
    card.ask().start()
    assert (card.can("start"), card.can("cancel"), card.shown["poll"]["disabled"]) == (False, True, False)
    card.wait()
    assert card.line.startswith("By fANOVA, on 30 trials, in ")
    assert (card.can("start"), card.can("cancel")) == (False, False)
    bars = json.dumps(card.shown["bars"])
    assert "All trials" in bars
    assert "m.a" in bars
    assert "best tenth" in bars


def test_whoever_opens_the_same_link_sees_the_result(card: Card) -> None:
    card.start().wait()
    other = Card(card.app, card.query).ask()
    assert other.line == card.line
    narrowed = Card(card.app, card.query + "&value=0.5..").ask()
    assert (narrowed.line, narrowed.can("start")) == ("", True)


def test_a_cancelled_comparison_says_so_and_can_be_asked_for_again(card: Card) -> None:
    card.start().cancel()
    assert card.line == "The comparison was cancelled."
    assert (card.can("start"), card.shown["poll"]["disabled"]) == (True, True)
    card.start().wait()
    assert card.line.startswith("By fANOVA")


def test_trials_that_come_in_meanwhile_do_not_take_the_result_away(card: Card, store: Store) -> None:
    card.start()
    add(store, "plain", 5, seed=1)
    card.wait()
    assert card.line.endswith("The trials have changed since.")
    assert card.can("start")
    card.start().wait()
    assert card.line.startswith("By fANOVA, on 35 trials")


def test_a_change_of_the_filters_ends_what_is_shown(card: Card) -> None:
    card.start().wait()
    card.query = "?charts=settings&value=0.5.."
    card.ask("trials-query.data")
    assert (card.line, card.shown["bars"].get("children"), card.can("start")) == ("", None, True)


def test_of_many_trials_a_sample_is_taken_that_is_the_same_every_time(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "SAMPLE", 12)
    card.start().wait()
    assert card.line.startswith("By fANOVA, on a sample of 12 of 30 trials")


def test_a_failure_is_a_sentence(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "fanova", int)
    card.start().wait()
    assert card.line.startswith("The comparison failed. It cannot be computed from these trials (TypeError")
    assert card.line.endswith(".")
    assert card.can("start")


def test_without_a_finished_trial_there_is_nothing_to_compare(card: Card) -> None:
    card.query = "?charts=settings&q=nothing-has-this-word"
    card.start().wait()
    assert "No trial has finished yet" in json.dumps(card.shown["bars"])


def test_an_app_that_closes_ends_its_jobs(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    add(store, "plain", 30)
    card = Card(create_app(store.url)).start()
    connection = of(card.app.server)
    connection.jobs.close()
    state = connection.jobs.state(str(card.job))
    assert state is not None
    assert state.status == "cancelled"
    connection.close()
    store.close()
