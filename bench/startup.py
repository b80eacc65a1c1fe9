"""How soon things are there: the import, the dashboard's first page, the first finished trial."""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, text

from bench.rows import Row

_REPEATS = 5
_PATIENCE_SECONDS = 60.0


def measure() -> list[Row]:
    """Every figure beside that of the tool people would use instead."""
    with tempfile.TemporaryDirectory() as folder, _browser() as browser:
        store = f"sqlite:///{folder}/trials.db"
        subprocess.run([sys.executable, "-m", "tunescope.cli", "--store", store, "upgrade"], check=True)
        ours = {page: _first_page(browser, _dashboard(store), page) for page in ("/", "/new")}
        rival = _first_page(browser, _optuna_dashboard(store), "/dashboard")
    return [
        Row(
            "import tunescope (rival: import optuna)",
            "s",
            _import("tunescope"),
            _REPEATS,
            _import("optuna"),
            0.3,
        ),
        *(
            Row(
                f"dashboard: start to {page} shown (rival: optuna-dashboard)",
                "s",
                seconds,
                _REPEATS,
                rival,
                3.0,
            )
            for page, seconds in ours.items()
        ),
        Row("kedro run to first finished trial", "s", _first_trials(), _REPEATS, goal=12.0),
    ]


@contextmanager
def _browser() -> Iterator[Browser]:
    """The system's Chromium, started before anything is timed."""
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        try:
            yield browser
        finally:
            browser.close()


def _import(package: str) -> float:
    """Median seconds of an import in a fresh interpreter, less the interpreter's own start."""
    return _process_seconds(f"import {package}") - _process_seconds("pass")


def _process_seconds(code: str) -> float:
    def once() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - started

    return statistics.median(once() for _ in range(_REPEATS))


def _dashboard(store: str) -> tuple[list[str], int]:
    port = _free_port()
    return [sys.executable, "-m", "dashboard", "--port", str(port), "--store", store], port


def _optuna_dashboard(store: str) -> tuple[list[str], int]:
    port = _free_port()
    program = str(Path(sys.executable).with_name("optuna-dashboard"))
    return [program, "--port", str(port), store], port


def _first_page(browser: Browser, server: tuple[list[str], int], page: str) -> float:
    """Median seconds from starting a server to a heading of its page that a person can read."""
    return statistics.median(_seconds_to_page(browser, *server, page) for _ in range(_REPEATS))


def _seconds_to_page(browser: Browser, command: list[str], port: int, page: str) -> float:
    tab = browser.new_page()
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_port(port)
        tab.goto(f"http://127.0.0.1:{port}{page}")
        tab.get_by_role("heading").or_(tab.get_by_role("button")).first.wait_for()
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()
        tab.close()


def _wait_for_port(port: int) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise RuntimeError(f"nothing listens on port {port} after {_PATIENCE_SECONDS:.0f} s")


def _first_trials() -> float:
    return statistics.median(_first_trial() for _ in range(_REPEATS))


def _first_trial() -> float:
    """Seconds from `kedro run` to the first trial that is complete in the store."""
    run_id = f"bench-first-{time.time_ns()}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/trials.db"
        parameters = f"run.id={run_id},search.max_trials=1,search.strategies=random,search.models=svm"
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "kedro", "run", f"--params={parameters}"],
            env={**os.environ, "TUNESCOPE_STORE": url},
            stdout=subprocess.DEVNULL,
        )
        try:
            while not _has_complete_trial(Path(folder) / "trials.db"):
                if process.poll():
                    raise RuntimeError(f"the run ended with status {process.returncode} before any trial")
                time.sleep(0.05)
            return time.perf_counter() - started
        finally:
            process.wait(_PATIENCE_SECONDS)


def _has_complete_trial(path: Path) -> bool:
    if not path.exists():
        return False
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            return (
                connection.execute(text("SELECT 1 FROM trials WHERE state = 'COMPLETE'")).first() is not None
            )
    except Exception:  # the tables are not there yet
        return False
    finally:
        engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
