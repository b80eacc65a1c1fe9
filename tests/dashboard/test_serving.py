"""`python -m dashboard`: what it prints, what it imports, how it ends."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dashboard_samples import Samples

from dashboard.__main__ import main

RENDERS = """
import sys
from dashboard.app import PAGES, create_app
from dashboard.routing import find
app = create_app(sys.argv[1])
with app.server.test_request_context():
    for pathname in sys.argv[3:]:
        find(PAGES, pathname).render("")
print(",".join(name for name in sys.argv[2].split(",") if name in sys.modules))
"""


def imported(url: str, heavy: str, *pathnames: str) -> str:
    command = [sys.executable, "-c", RENDERS, url, heavy, *pathnames]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def served(url: str, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    command = [sys.executable, "-m", "dashboard", "--store", url, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def test_no_page_needs_what_trains_models(samples: Samples) -> None:
    heavy = "torch,sklearn,nevergrad,skimage,deap,kedro"
    pages = ("/", "/new", "/datasets", "/trials", "/reports", "/runs/signs-finished")
    pages += ("/benchmarks", "/learning-rate", "/architectures")
    assert imported(samples.store.url, heavy, *pages) == ""


def test_the_overview_does_without_optuna(samples: Samples) -> None:
    assert imported(samples.store.url, "optuna,alembic,scipy", "/") == ""


def test_it_prints_its_address_serves_there_and_ends_on_ctrl_c(samples: Samples) -> None:
    with served(samples.store.url, "--port", "0") as (process, line):
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address is not None
        with urllib.request.urlopen(f"{address.group()}/healthz") as answer:
            assert b'"ok"' in answer.read()
        stranger = urllib.request.Request(f"{address.group()}/healthz", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(stranger)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_port_in_use_is_one_sentence(samples: Samples, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["--port", port, "--store", samples.store.url]) == 1
    message = capsys.readouterr().err
    assert port in message
    assert "--port" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "99999"], "from 0 to 65535"),
        (["--host", "not.a.host.invalid"], "no address of this machine"),
    ],
)
def test_an_impossible_address_is_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    message = capsys.readouterr().err
    assert words in message
    assert message.count("\n") == 1


def test_a_store_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", "--store", f"sqlite:///{tmp_path}"]) == 1
    message = capsys.readouterr().err
    assert str(tmp_path) in message
    assert "Traceback" not in message


def test_the_drawing_library_speaks_the_language_of_our_figures() -> None:
    """Its own build is of the generation whose figures plotly for Python makes."""
    from plotly.offline import get_plotlyjs_version

    begin = Path("dashboard/assets/plotly/plotly.min.js").read_text(encoding="utf-8")[:200]
    ours = re.search(r"plotly\.js (\d+)\.", begin)
    assert ours is not None
    assert ours[1] == get_plotlyjs_version().partition(".")[0]
