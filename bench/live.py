"""What it takes to start, watch and steer a run: how soon a form opens, a stop works, a trial is seen.

Pages are clients that ask the real server over HTTP what the browser's page of a run asks, at its pace:
twenty browsers on the same two cores would be measured in place of the search. Each is a thread of this
process, beside those of the server and of the run.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.rows import Row
from bench.servers import Server, dashboard
from tunescope.search.steering import ask
from tunescope.store import Store, frames, open_store, runs

_STOPS, _PAGES, _PAIRS, _WINDOW = 3, 20, 7, 9.0
# Until as many pages have been told to ask more seldom.
_SETTLED_SECONDS = 5.0
_PATIENCE = 90.0
_CLICKS = 5
_CLICK = """() => new Promise((seen) => {
    const begun = performance.now();
    function look() {
        const start = document.querySelector("#new-start");
        if (start && !start.disabled) seen(performance.now() - begun);
        else requestAnimationFrame(look);
    }
    document.querySelector("a.nav-new").click();
    look();
})"""
_LIVE = ("starting", "running", "paused")


def measure() -> list[Row]:
    """Stops of trainings first; then one search, watched by nobody and by many in turns."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "trials.db"
        store = open_store(f"sqlite:///{path}")
        try:
            stops = [_stopped(store) for _ in range(_STOPS)]
            with dashboard(path) as server:
                watched = _watched(store, server)
                clicks = _opened(server)
        finally:
            store.close()
    trials, ends = zip(*stops, strict=True)
    return [
        Row("a stop ends trials of a cnn", "s", median(trials), _STOPS, goal=2.0),
        Row("a stop ends the run", "s", median(ends), _STOPS, goal=5.0),
        *watched,
        Row("a click on New run until its form can be used", "s", median(clicks), len(clicks), goal=1.5),
    ]


def _opened(server: Server) -> list[float]:
    """Seconds from a click to a form that can be sent, by the clock of Chromium."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        for _ in range(_CLICKS):
            page.goto(server.address + "/", wait_until="networkidle")
            found.append(page.evaluate(_CLICK) / 1e3)
        browser.close()
    return found


def _stopped(store: Store) -> tuple[float, float]:
    """Seconds from asking to the end of every trial, and to that of the run."""
    with _run(store, "cnn") as run_id:
        _wait(lambda: len(frames.epochs_frame(store, run_id)) > 0)
        asked = time.perf_counter()
        ask(store, run_id, "stop")
        _wait(lambda: "RUNNING" not in set(frames.trials_frame(store, run_id)["state"]))
        trials = time.perf_counter() - asked
        _wait(lambda: runs.get(store, run_id)["state"] not in _LIVE)
        return trials, time.perf_counter() - asked


def _watched(store: Store, server: Server) -> list[Row]:
    server.wait("/healthz")
    with _run(store, "decision_tree") as run_id:
        _wait(lambda: _ended(store, run_id) > 20)
        alone, beside, sizes, spent = [], [], [], []
        for _ in range(_PAIRS):
            alone.append(_pace(store, run_id))
            with _pages(server, run_id) as pages:
                time.sleep(_SETTLED_SECONDS)
                before = server.cpu_seconds
                beside.append(_pace(store, run_id))
                spent.append((server.cpu_seconds - before) / _WINDOW)
            sizes += [size for page in pages for size in page.sizes[1:]]
        seen = _seen(store, server, run_id)
        ask(store, run_id, "stop")
    shares = [1 - with_pages / without for without, with_pages in zip(alone, beside, strict=True)]
    name = f"{_PAGES} pages of a run: what of its trials/s they take"
    return [
        Row(name, "%", 100 * median(shares), _PAIRS, goal=5.0),
        Row(
            "processor time that they take, of all cores",
            "%",
            100 * median(spent) / (os.cpu_count() or 1),
            _PAIRS,
            goal=5.0,
        ),
        Row(
            "trials/s beside them (rival: without)",
            "1/s",
            median(beside),
            _PAIRS,
            median(alone),
            None,
            "higher",
        ),
        Row("an answer of a poll, median", "kB", median(sizes) / 1e3, len(sizes), goal=20.0),
        Row("the largest answer after the first", "kB", max(sizes) / 1e3, len(sizes)),
        Row("a finished trial is in an answer", "s", median(seen), len(seen), goal=1.5),
    ]


def _pace(store: Store, run_id: str) -> float:
    before, begun = _ended(store, run_id), time.perf_counter()
    time.sleep(_WINDOW)
    return (_ended(store, run_id) - before) / (time.perf_counter() - begun)


def _ended(store: Store, run_id: str) -> int:
    return int((frames.trials_frame(store, run_id)["state"] == "COMPLETE").sum())


def _seen(store: Store, server: Server, run_id: str) -> list[float]:
    """Seconds from a number of ended trials to an answer that holds it, of a page that polls at its pace."""
    page, found = _Page(server, run_id), []
    for _ in range(5):
        known, begun = _ended(store, run_id), time.perf_counter()
        while _shown(page.poll()) < known:
            time.sleep(page.pace)
        found.append(time.perf_counter() - begun)
    return found


def _shown(page: "_Page") -> int:
    text = page.tiles.replace(",", "")
    digits = text.partition('"Trials"')[2]
    return next((int(part) for part in digits.split('"') if part.isdigit()), 0)


class _Page:
    """What the browser's page of a run keeps between two polls."""

    def __init__(self, server: Server, run_id: str) -> None:
        self.server, self.sizes, self.tiles = server, list[int](), ""
        known = json.loads(server.ask("/_dash-dependencies").content)
        (self.callback,) = [one for one in known if "run-poll.interval" in one["output"]]
        self.values: dict[str, Any] = {
            "run-id.data": run_id,
            "shell-dark.data": False,
            "run-poll.n_intervals": 0,
            "run-poll.interval": 900,
        }

    @property
    def pace(self) -> float:
        return float(self.values["run-poll.interval"]) / 1e3

    def poll(self) -> "_Page":
        self.values["run-poll.n_intervals"] += 1
        answer = self.server.ask("/_dash-update-component", self._body())
        self.sizes.append(answer.sent)
        response = json.loads(answer.content)["response"] if answer.content else {}
        for component, properties in response.items():
            self.values.update({f"{component}.{name}": value for name, value in properties.items()})
            if component == "run-tiles":
                self.tiles = json.dumps(properties)
        return self

    def _body(self) -> dict[str, Any]:
        outputs = [one.rpartition(".") for one in self.callback["output"].strip(".").split("...")]
        return {
            "output": self.callback["output"],
            "outputs": [{"id": owner, "property": name.partition("@")[0]} for owner, _, name in outputs],
            "inputs": [self._given(one) for one in self.callback["inputs"]],
            "state": [self._given(one) for one in self.callback["state"]],
            "changedPropIds": ["run-poll.n_intervals"],
        }

    def _given(self, one: dict[str, str]) -> dict[str, Any]:
        return {**one, "value": self.values.get(f"{one['id']}.{one['property']}")}


@contextmanager
def _pages(server: Server, run_id: str) -> Iterator[list[_Page]]:
    pages, done = [_Page(server, run_id) for _ in range(_PAGES)], threading.Event()

    def follow(page: _Page) -> None:
        while not done.wait(page.pace):
            page.poll()

    threads = [threading.Thread(target=follow, args=(page,)) for page in pages]
    for thread in threads:
        thread.start()
        time.sleep(1 / _PAGES)  # not all of them at once
    try:
        yield pages
    finally:
        done.set()
        for thread in threads:
            thread.join()


@contextmanager
def _run(store: Store, model: str) -> Iterator[str]:
    """A search over one model on the photos on board, for as long as somebody wants it."""
    run_id = f"bench-live-{time.time_ns()}"
    parameters = f"run.id={run_id},search.strategies=random,search.models={model},search.max_seconds=900"
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", f"--params={parameters}"],
        env={**os.environ, "TUNESCOPE_STORE": store.url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(lambda: run_id in set(frames.runs_frame(store)["run_id"]))
        yield run_id
        process.wait(_PATIENCE)
    finally:
        process.kill()
        process.wait()


def _wait(condition: Callable[[], object]) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: when it does not come true.
    """
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the run did not come so far")
        time.sleep(0.05)
