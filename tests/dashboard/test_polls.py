"""However much a page shows, it polls by one question, whose answer is small when little has changed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from dash_client import Browser
from dashboard_samples import Samples, fill

from dashboard.app import create_app
from tunescope.store import Store

# What the goal for a poll allows, and what an answer without news may take.
LITTLE, NOTHING = 20_000, 2_000
POLLING = (
    "/",
    "/datasets",
    "/runs/signs-running",
    "/trials",
    "/trials/signs-running-tpe/0",
    "/timing",
    "/reports",
)


@pytest.fixture
def samples(store: Store, tmp_path: Any) -> Samples:
    return fill(store, tmp_path, trials=20)


def _properties(node: Any) -> Iterator[tuple[str, Any]]:
    """Every property in a page, by `id.property`."""
    if isinstance(node, list):
        for one in node:
            yield from _properties(one)
    elif isinstance(node, dict):
        props = node.get("props")
        if isinstance(props, dict):
            name = props.get("id")
            if name is not None:
                owner = name if isinstance(name, str) else json.dumps(name, sort_keys=True)
                yield from ((f"{owner}.{key}", value) for key, value in props.items())
            yield from _properties(list(props.values()))


class _Poll:
    """The poll of a page, which keeps what it was told as the browser does."""

    def __init__(self, browser: Browser, path: str) -> None:
        self._browser = browser
        shown = json.loads(browser.show(path))
        self._values: dict[str, Any] = dict(_properties(shown))
        (self._timer,) = {
            one["id"]
            for callback in browser.callbacks.values()
            for one in callback["inputs"]
            if one["property"] == "n_intervals" and f"{one['id']}.interval" in self._values
        }
        self._output = next(
            key.strip(".").partition("...")[0]
            for key, callback in browser.callbacks.items()
            if self._timer in [one["id"] for one in callback["inputs"]]
        )

    def ask(self) -> int:
        """Bytes of the answer on their way."""
        changed = f"{self._timer}.n_intervals"
        self._values[changed] = (self._values.get(changed) or 0) + 1
        answer = self._browser.call(self._output, self._values, changed, self._timer)
        assert answer.status in (200, 204)
        for component, properties in answer.outputs.items():
            self._keep(component, properties)
        return answer.size

    def _keep(self, component: str, properties: Mapping[str, Any]) -> None:
        for key, value in properties.items():
            self._values[f"{component}.{key}"] = value


@pytest.mark.parametrize("path", POLLING)
def test_a_poll_is_small_when_little_has_changed(path: str, store: Store, samples: Samples) -> None:
    poll = _Poll(Browser(create_app(store.url)), path)
    poll.ask()
    # On the page of a run at work, at least its times have moved.
    assert poll.ask() < (LITTLE if path.startswith("/runs") else NOTHING)
    samples.running("signs-running-tpe", epochs=1)
    assert poll.ask() < LITTLE
