"""What people keep of trials, entered as a browser enters it."""

from pathlib import Path
from typing import Any

import pytest
from dash_client import Browser
from dashboard_samples import Samples

from dashboard.app import create_app
from tunescope.store import Store, annotations


@pytest.fixture
def browser(store: Store, tmp_path: Path) -> Browser:
    Samples(store, tmp_path).run("signs", trials=2, strategies=["grid"])
    return Browser(create_app(store.url))


def kept(browser: Browser, changed: str, **values: Any) -> dict[str, Any]:
    sent = {f"note-{name.replace('__', '.')}": value for name, value in values.items()}
    return browser.call("note-star.children", {"note-trial.data": 1, **sent}, changed).outputs


def test_a_star_tags_and_a_note_are_kept_as_they_are_entered(browser: Browser, store: Store) -> None:
    kept(browser, "note-text.value", tags__value="", text__value="fine")
    outputs = kept(browser, "note-tags.value", tags__value="b,  a b,b", text__value="fine")
    assert outputs["note-tags"]["value"] == "b, a b"
    assert outputs["note-state"]["children"] == "Saved"
    kept(browser, "note-star.n_clicks", star__n_clicks=1, tags__value="b, a b", text__value="fine")
    found = annotations.annotation(store, 1)
    assert (found.is_starred, found.tags, found.note) == (True, ("b", "a b"), "fine")


def test_what_does_not_fit_is_told_and_what_was_kept_stays(browser: Browser, store: Store) -> None:
    annotations.annotate(store, 1, note="before")
    outputs = kept(browser, "note-text.value", text__value="x" * 10_001)
    assert "Not saved" in outputs["note-state"]["children"]
    assert annotations.annotation(store, 1).note == "before"


def test_what_others_entered_meanwhile_stays(browser: Browser, store: Store) -> None:
    annotations.annotate(store, 1, tags=["theirs"], note="theirs")
    # The page was opened before that: its own fields are still empty.
    kept(browser, "note-star.n_clicks", star__n_clicks=1, tags__value="", text__value="")
    assert annotations.annotation(store, 1) == annotations.Annotation(True, ("theirs",), "theirs")
