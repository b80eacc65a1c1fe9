"""A served app over a store of samples, and what a browser that visits it must not do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dashboard_samples import CLASSES, MARKED, Samples, fill, stand_in
from model_page_samples import enter_model
from playwright.sync_api import Page
from prepared_samples import write_prepared
from serving import served

from dashboard.app import create_app
from dashboard.connection import of
from tunescope.store import Store, open_store, runs


@dataclass
class Site:
    """A served app and its store."""

    address: str
    store: Store
    complaints: list[str] = field(default_factory=list, init=False)

    def watch(self, page: Page) -> None:
        """Note requests that leave this machine, and what the console calls an error."""
        page.on("request", lambda request: self._note_address(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.complaints.append(line.text))

    def _note_address(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"request to {url}")


@dataclass
class FilledSite(Site):
    """The same with the samples in its store."""

    samples: Samples


@contextmanager
def _served(root: Path, store: Store) -> Iterator[str]:
    """Serve an app over a store, which is closed with it: its address."""
    app = create_app(store.url, stand_in(root))
    with served(app) as address:
        yield address
    of(app.server).close()
    store.close()


@contextmanager
def empty_site(root: Path) -> Iterator[Site]:
    """A site without any run."""
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    with _served(root, store) as address:
        yield Site(address, store)


@contextmanager
def site_of_runs(root: Path) -> Iterator[FilledSite]:
    """A site with a run in every state."""
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    samples = fill(store, root)
    with _served(root, store) as address:
        yield FilledSite(address, store, samples)


@contextmanager
def site_of_everything(root: Path) -> Iterator[FilledSite]:
    """A site with a run in every state, a study of two objectives, datasets, and a model with its images."""
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    samples = fill(store, root, trials=9)
    samples.weighed("signs-finished", "portfolio", 12)
    samples.run("signs-paused", 4, stages=4)
    runs.begin_stage(store, runs.Launch("signs-paused", 1, "new"), "tpe.search_models")
    runs.pause(store, "signs-paused", True)
    write_prepared(root / "packed", "hand-signs", classes=[*CLASSES[:-1], MARKED], each=60)
    enter_model(store, root)
    with _served(root, store) as address:
        yield FilledSite(address, store, samples)
