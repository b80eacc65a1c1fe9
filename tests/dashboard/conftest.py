"""A store with a run in every state, and an app over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import Dash
from dashboard_samples import Samples, fill, stand_in

from dashboard import watching
from dashboard.app import create_app
from dashboard.launch import Launcher
from tunescope.store import Store, open_store
from tunescope.store.columns import following


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write and look at once, where pages are content with what was there a moment ago."""
    monkeypatch.setattr(watching, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(watching, "_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(watching, "_SHARE", float("inf"))
    monkeypatch.setattr(following, "_FRESH_SECONDS", 0.0)


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Launcher:
    """A launcher whose process claims its run and waits to be stopped."""
    return stand_in(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    """A run in every state, for tests that only read."""
    folder = tmp_path_factory.mktemp("samples")
    store = open_store(f"sqlite:///{folder / 'trials.db'}")
    yield fill(store, folder)
    store.close()


@pytest.fixture(scope="session")
def app(samples: Samples, launcher: Launcher) -> Dash:
    """The app over the samples."""
    return create_app(samples.store.url, launcher=launcher)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store of one test."""
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    yield store
    store.close()
