"""Fixtures that tests of several rooms share."""

import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings
from photo_samples import PhotoSample, enter_photo_models, make_photo_models
from playwright.sync_api import Browser, sync_playwright
from sample_runs import Sample, make_sample
from stores import emptied_store, postgresql_server, shared_store, store, store_address

from tunescope.store import Store, open_store

# Fixtures that are written elsewhere: pytest finds them here.
__all__ = ["emptied_store", "postgresql_server", "shared_store", "store", "store_address"]

# A machine that is busy makes an example of a property late, not wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Systems name it differently; without any of these, the one that playwright installs is used.
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """A store with one finished run; shared by all tests, so only to be read."""
    sample = make_sample(tmp_path_factory.mktemp("sample"))
    yield sample
    sample.store.close()


@pytest.fixture(scope="session")
def photo_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, PhotoSample]]:
    """A store with two trained models and the photos that they learned from; only to be read."""
    root = tmp_path_factory.mktemp("photo-models")
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    sample = make_photo_models(root)
    enter_photo_models(store, sample, root / "08_reporting")
    yield store, sample
    store.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium that speaks to nobody on its own account."""
    executable = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                # A camera that sees a test picture, for the pages that are allowed to use it.
                "--use-fake-device-for-media-stream",
            ],
        )
        yield browser
        browser.close()
