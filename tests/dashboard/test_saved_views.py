"""Views of the trials under a name, saved and forgotten as a browser does it."""

import json
from pathlib import Path
from typing import Any

import pytest
from dash_client import Answer, Browser
from dashboard_samples import Samples

from dashboard.app import create_app
from tunescope.store import Store, annotations

QUERY = "?model=svm&sort=-seconds"


@pytest.fixture
def browser(store: Store, tmp_path: Path) -> Browser:
    Samples(store, tmp_path).run("signs", trials=2, strategies=["grid"])
    return Browser(create_app(store.url))


def saved(browser: Browser, name: str, query: str = QUERY) -> Answer:
    values = {"views-save.n_clicks": 1, "views-name.value": name, "trials-query.data": query}
    return browser.call("views-list.children", values, "views-save.n_clicks")


def clicked(browser: Browser, part: str, name: str, lost: Any = None, times: int | None = 1) -> Answer:
    key = json.dumps({"name": name, "type": f"views-{part}"}, separators=(",", ":")) + ".n_clicks"
    return browser.call("views-list.children", {key: times, "views-lost.data": lost}, key)


def test_a_view_is_saved_and_opened(browser: Browser) -> None:
    assert "/trials" + QUERY in saved(browser, " best  of svm ").text("views-list")
    assert "best of svm" in browser.show("/trials")
    assert "Not saved" in saved(browser, " ").text("views-state")


def test_a_view_that_was_forgotten_comes_back_when_asked(browser: Browser, store: Store) -> None:
    saved(browser, "best")
    forgotten = clicked(browser, "forget", "best")
    assert "No view is saved yet" in forgotten.text("views-list")
    assert "best was forgotten" in forgotten.text("views-state")
    assert annotations.saved_views(store) == {}
    clicked(browser, "undo", "best", forgotten.outputs["views-lost"]["data"])
    assert annotations.saved_views(store) == {"best": QUERY}


def test_a_view_that_was_replaced_comes_back_when_asked(browser: Browser, store: Store) -> None:
    saved(browser, "best")
    replaced = saved(browser, "best", "?model=cnn")
    assert "best was replaced" in replaced.text("views-state")
    assert annotations.saved_views(store) == {"best": "?model=cnn"}
    clicked(browser, "undo", "best", replaced.outputs["views-lost"]["data"])
    assert annotations.saved_views(store) == {"best": QUERY}


def test_a_list_that_is_drawn_anew_forgets_nothing(browser: Browser, store: Store) -> None:
    saved(browser, "best")
    assert clicked(browser, "forget", "best", times=None).outputs == {}
    assert annotations.saved_views(store) == {"best": QUERY}
