"""How long the pages of trials take over 1 000, 10 000 and 100 000 of them, beside optuna-dashboard.

Both run as processes of their own and are asked over HTTP as a browser asks them; times are from request to
the last byte of the answer. The first content of ours is asked of a server that has read nothing yet, charts
and pages of one that has been up for some seconds. The rival's first answer is the study with its trials,
which its page waits for.
"""

import json
import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import optuna

from bench.rows import Row
from bench.servers import Answer, Server, dashboard, free_port
from bench.trial_stores import STUDY, append, make_store
from tunescope.figures import CHARTS
from tunescope.store import open_storage

_SIZES = (1_000, 10_000, 100_000)
_RIVAL_UP_TO = 10_000
_NEW, _POLLS, _ROUNDS, _PAINTED = 20, 9, 4, 3
# Longer than the dashboard lets pass before it looks for news again, and than it works on after its start.
_FRESH_SECONDS, _SETTLED_SECONDS = 0.25, 6.0
_FILTERS = (
    "?param:x=0.25..0.75",
    "?param:kernel=rbf&value=0.5..",
    "?q=node2",
    "?sort=-value",
    "?sort=param:kernel&sort=-param:rate",
    "?attr:host=node1&param:depth=3..5&sort=-attr:loss",
)
_WRITING_SECONDS = 8.0
_ROWS, _CHART = ".ag-center-cols-container .ag-row .badge-state", ".chart-card .main-svg"
# Notes in each frame of the browser what has come to stand in the page, in milliseconds.
_WATCH = f"""
const seen = (window.seen = {{}});
const wanted = {{ rows: "{_ROWS}", chart: "{_CHART}" }};
function look() {{
  for (const name of Object.keys(wanted)) {{
    if (!(name in seen) && document.querySelector(wanted[name])) seen[name] = performance.now();
  }}
  if (!("chart" in seen)) requestAnimationFrame(look);
}}
look();
"""


def measure() -> list[Row]:
    """Every figure by size, and the delay of a writer's commits."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for trials in _SIZES:
            path = Path(name) / f"{trials}.db"
            make_store(path, trials)
            rival = _rival(path) if trials <= _RIVAL_UP_TO else _Rival()
            rows += _ours(path, trials, rival)
        rows += [_delay(Path(name), journal) for journal in ("wal", "delete")]
    return rows


@dataclass(frozen=True)
class _Rival:
    """What optuna-dashboard took; None where it was not asked."""

    first: float | None = None
    poll: float | None = None
    memory: float | None = None


def _callback(server: Server, output: str, values: dict[str, Any], changed: str, name: str = "") -> Answer:
    """Call one callback as the browser does; inputs without a value are null."""
    known = json.loads(server.ask("/_dash-dependencies").content)
    (callback,) = [one for one in known if one["output"].strip(".").startswith(output)]
    component = {"type": "trials-chart", "name": name}

    def given(one: dict[str, str]) -> Any:
        if one["id"].startswith("{"):
            own = {**one, "id": component, "value": component}
            return own if "MATCH" in one["id"] else []
        return {**one, "value": values.get(f"{one['id']}.{one['property']}")}

    wanted = [_output(dotted, component) for dotted in callback["output"].strip(".").split("...")]
    return server.ask(
        "/_dash-update-component",
        {
            "output": callback["output"],
            "outputs": wanted if callback["output"].startswith("..") else wanted[0],
            "inputs": [given(one) for one in callback["inputs"]],
            "state": [given(one) for one in callback["state"]],
            "changedPropIds": [changed],
        },
    )


def _output(dotted: str, component: dict[str, str]) -> Any:
    owner, _, prop = dotted.partition("@")[0].rpartition(".")
    return {"id": component if owner.startswith("{") else owner, "property": prop}


def _page(server: Server, search: str = "") -> Answer:
    values = {"shell-url.pathname": "/trials", "shell-url.search": search}
    return _callback(server, "shell-page.children", values, "shell-url.pathname")


def _rows(server: Server, query: str = "") -> Answer:
    """The first block for a query; its ranges and order are in the request, as the grid sends them."""
    from dashboard.selection import TrialsView, filter_model

    chosen = TrialsView.from_query(query).chosen
    order = [
        {"colId": one.removeprefix("-"), "sort": "desc" if one.startswith("-") else "asc"}
        for one in chosen.sort
    ]
    request = {"startRow": 0, "endRow": 60, "filterModel": filter_model(chosen), "sortModel": order}
    values = {"trials-grid.getRowsRequest": request, "trials-query.data": query, "trials-picked.data": []}
    return _callback(server, "trials-grid.getRowsResponse", values, "trials-grid.getRowsRequest")


def _chart(server: Server, name: str) -> Answer:
    output = '{"name":["MATCH"],"type":"trials-chart"}.children'
    return _callback(
        server, output, {"trials-query.data": "", "trials-ready.data": True}, "trials-query.data", name
    )


def _poll(server: Server) -> Answer:
    values = {"trials-query.data": "", "trials-version.data": "before"}
    return _callback(server, "trials-version.data", values, "trials-poll.n_intervals")


def _polled(server: Server, path: Path, idle: str, poll: Callable[[], Answer]) -> float:
    """Seconds of an answer after new trials have come.

    Until then server and client are kept awake by an address that costs nothing: a process that has rested is
    slower by what the machine takes to wake it, which differs more between machines than what is measured.
    """
    append(path, _NEW)
    end = time.monotonic() + _FRESH_SECONDS
    while time.monotonic() < end:
        server.ask(idle)
    return poll().seconds


def _ours(path: Path, trials: int, rival: _Rival) -> list[Row]:
    with dashboard(path) as server:
        server.wait("/healthz")
        first = [_page(server), _rows(server)]
        _rows(server, "?sort=-value")  # by now everything is read
        filters = [_rows(server, query) for query in _FILTERS]
        time.sleep(_SETTLED_SECONDS)
        charts = {name: _chart(server, name) for name in CHARTS}
        for name in [*CHARTS] * (_ROUNDS - 1):  # what is not given back adds up
            _chart(server, name)
        polls = [_polled(server, path, "/healthz", lambda: _poll(server)) for _ in range(_POLLS)]
        memory = server.memory
        painted = [_painted(server) for _ in range(_PAINTED)]
    slowest = max(charts, key=lambda name: charts[name].seconds)
    largest = max(charts, key=lambda name: len(charts[name].content))

    def row(name: str, unit: str, ours: float, n: int, rival: float | None, goal: float | None) -> Row:
        return Row(f"{trials:,} trials: {name}", unit, ours, n, rival, goal if trials == _SIZES[-1] else None)

    return [
        row("first content", "s", sum(one.seconds for one in first), 1, rival.first, 0.3),
        row("slowest filter or order", "s", max(one.seconds for one in filters), len(filters), None, 0.3),
        row(
            f"poll with {_NEW} new (median)",
            "ms",
            1e3 * median(polls),
            _POLLS,
            None if rival.poll is None else 1e3 * rival.poll,
            30.0,
        ),
        row(f"slowest chart ({slowest})", "s", charts[slowest].seconds, len(charts), None, 1.0),
        row(f"largest chart ({largest})", "MB", len(charts[largest].content) / 1e6, len(charts), None, 1.0),
        row("memory of the server", "MB", memory, 1, rival.memory, 600.0),
        row("first rows in Chromium (median)", "s", median(rows for rows, _ in painted), _PAINTED, None, 1.5),
        row(
            "first chart in Chromium (median)",
            "s",
            median(chart for _, chart in painted),
            _PAINTED,
            None,
            2.5,
        ),
    ]


def _painted(server: Server) -> tuple[float, float]:
    """Seconds from the navigation to the first rows and to the first chart, by the clock of Chromium."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(server.address + "/healthz")  # a browser that has just started is slower than one in use
        page.add_init_script(_WATCH)
        page.goto(server.address + "/trials", wait_until="commit")
        page.wait_for_selector(_CHART, state="attached")
        seen = page.evaluate("window.seen")
        browser.close()
    return seen["rows"] / 1e3, seen["chart"] / 1e3


def _rival(path: Path) -> _Rival:
    port = free_port()
    program = str(Path(sys.executable).parent / "optuna-dashboard")
    server = Server([program, f"sqlite:///{path}", "--port", str(port)], port)
    try:
        server.wait("/api/studies")
        first = server.ask("/api/studies/1")
        known = len(json.loads(first.content)["trials"])
        poll = _polled(server, path, "/api/meta", lambda: server.ask(f"/api/studies/1?after={known}"))
        return _Rival(first.seconds, poll, server.memory)
    finally:
        server.stop()


def _delay(folder: Path, journal: str) -> Row:
    """The slowest commit of a search while the dashboard is opened and asked for everything, against none."""
    path = folder / f"{journal}.db"
    make_store(path, 5_000)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode={journal}")
    connection.close()
    alone = _slowest_commit(path, journal, None)
    with dashboard(path) as server:
        beside = _slowest_commit(path, journal, server)
    name = f"slowest commit beside an open dashboard, journal {journal} (rival: none open)"
    return Row(name, "ms", beside, 1, alone, alone + 100.0)


def _slowest_commit(path: Path, journal: str, server: Server | None) -> float:
    context = multiprocessing.get_context("spawn")
    taken = context.Queue()
    writer = context.Process(target=_write, args=(path, journal, taken))
    writer.start()
    while server is not None and writer.is_alive():
        server.wait("/healthz")
        _page(server)
        for query in ("", *_FILTERS):
            _rows(server, query)
        for name in CHARTS:
            _chart(server, name)
        _poll(server)
    slowest: float = taken.get()
    writer.join()
    return slowest


def _write(path: Path, journal: str, taken: Any) -> None:
    """Tell trials for a while; answers how long the slowest call took, in milliseconds."""
    os.environ.pop("TUNESCOPE_STORE", None)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{path}"
    storage = open_storage(url) if journal == "wal" else optuna.storages.RDBStorage(url)
    study = optuna.load_study(study_name=STUDY, storage=storage, sampler=optuna.samplers.RandomSampler())
    study.tell(study.ask(), 0.5)
    until, slowest = time.monotonic() + _WRITING_SECONDS, 0.0
    while time.monotonic() < until:
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        begun = time.perf_counter()
        study.tell(trial, 0.5)
        slowest = max(slowest, 1e3 * (time.perf_counter() - begun))
        time.sleep(0.02)
    taken.put(slowest)
