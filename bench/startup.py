"""How soon things are there: the import, the dashboard's first page, the first finished trial."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from sqlalchemy import create_engine, text

from bench.rows import Row

_REPEATS = 5
_PATIENCE_SECONDS = 60.0


def measure() -> list[Row]:
    """Every figure beside that of the tool people would use instead."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{folder}/trials.db"
        subprocess.run([sys.executable, "-m", "tunescope.cli", "--store", store, "upgrade"], check=True)
        ours = [_first_page(_dashboard(store), page) for page in ("/", "/new") for _ in range(_REPEATS)]
        rival = [_first_page(_optuna_dashboard(store), "/") for _ in range(_REPEATS)]
    return [
        Row("import tunescope", "s", _import("tunescope"), _REPEATS, _import("optuna"), goal=0.3),
        Row(
            "dashboard: start to first page, / and /new (rival: optuna-dashboard)",
            "s",
            statistics.median(ours),
            len(ours),
            statistics.median(rival),
            goal=3.0,
        ),
        Row("kedro run to first finished trial", "s", _first_trial(), 1, goal=12.0),
    ]


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


def _first_page(server: tuple[list[str], int], page: str) -> float:
    """Seconds from starting a server to the last byte of a page, with what the page's layout needs."""
    command, port = server
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}{page}")
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer within {_PATIENCE_SECONDS:.0f} s")


def _first_trial() -> float:
    """Seconds from `kedro run` to the first trial that is complete in the store."""
    run_id = f"bench-first-{int(time.time())}"
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
