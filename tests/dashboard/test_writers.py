"""Pages of a store that another process is writing to, in either journal of SQLite."""

import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from dash_client import Answer, Browser

from dashboard.app import create_app
from dashboard.connection import of

SUPPORT = Path(__file__).parents[1] / "support"
ROUNDS = 6
REQUEST = {"startRow": 0, "endRow": 60, "sortModel": [], "filterModel": {}}


def begin(kind: str, url: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, str(SUPPORT / "busy_writer.py"), kind, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def rows(browser: Browser, **request: int) -> Answer:
    values = {"trials-grid.getRowsRequest": {**REQUEST, **request}, "trials-query.data": ""}
    return browser.call("trials-grid.getRowsResponse", values, "trials-grid.getRowsRequest")


def poll(browser: Browser) -> Answer:
    values = {"trials-query.data": "", "trials-version.data": "", "trials-poll.n_intervals": 1}
    return browser.call("trials-version.data", values, "trials-poll.n_intervals")


def chart(browser: Browser, name: str) -> str:
    callback = browser.callbacks['{"name":["MATCH"],"type":"trials-chart"}.children']
    own = {"type": "trials-chart", "name": name}
    given = {"trials-query": "", "trials-ready": True}
    body = {
        "output": callback["output"],
        "outputs": {"id": own, "property": "children"},
        "inputs": [{**one, "value": given.get(one["id"])} for one in callback["inputs"]],
        "state": [{"id": own, "property": "id", "value": {"name": name}}],
        "changedPropIds": ["trials-version.data"],
    }
    answer = browser.client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200
    return str(answer.text)


def visit(app: Dash) -> None:
    """What a page asks for again and again; a callback that raises would answer with a toast alone."""
    browser = Browser(app)
    for _ in range(ROUNDS):
        for answer in (rows(browser), poll(browser)):
            assert (answer.status, answer.side) == (200, {})
            assert answer.outputs
        for name in ("history", "slice"):
            assert "Graph" in chart(browser, name)


def journal_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


@pytest.mark.parametrize(("kind", "journal"), [("tunescope", "wal"), ("optuna", "delete")])
def test_pages_and_a_search_do_not_get_in_one_anothers_way(kind: str, journal: str, tmp_path: Path) -> None:
    path = tmp_path / "trials.db"
    url = f"sqlite:///{path}"
    writer = begin(kind, url)
    try:
        app = create_app(url)
        with ThreadPoolExecutor(3) as visitors:
            for visited in [visitors.submit(visit, app) for _ in range(3)]:
                visited.result()
        assert writer.poll() is None  # it wrote all the time
        written, faults = writer.communicate()
    finally:
        writer.kill()
        writer.wait()
    assert (writer.returncode, faults) == (0, "")
    assert int(written) > 0
    assert shown(Browser(app)) == list(range(int(written)))
    of(app.server).close()
    assert journal_of(path) == journal


def shown(browser: Browser) -> list[int]:
    """Numbers of the finished trials that the table has, block by block."""
    found: list[Any] = []
    while block := rows(browser, startRow=len(found), endRow=len(found) + 500).outputs["trials-grid"]:
        answer = block["getRowsResponse"]
        found += answer["rowData"]
        if len(found) >= answer["rowCount"]:
            break
    assert {json.dumps(one["state"]) for one in found} == {'"COMPLETE"'}
    return sorted(int(one["number"].lstrip("#")) for one in found)
