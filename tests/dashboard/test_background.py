"""Jobs run in real processes, which end when they should."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from background_work import add, die, print_and_add, refuse, stay, stumble

from dashboard.background import UNFINISHED, Jobs, JobState

PATIENCE = 30.0


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


def wait(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def ended(jobs: Jobs, key: str) -> JobState:
    wait(lambda: status(jobs, key) not in UNFINISHED)
    state = jobs.state(key)
    assert state is not None
    return state


def status(jobs: Jobs, key: str) -> str:
    state = jobs.state(key)
    return "unknown" if state is None else state.status


def pid_in(path: Path) -> int:
    wait(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_result_comes_from_another_process(jobs: Jobs, capfd: pytest.CaptureFixture[str]) -> None:
    assert jobs.start("sum", add, 2, 3, about="of two").status in UNFINISHED
    state = ended(jobs, "sum")
    assert (state.status, state.result[0], state.about, state.problem) == ("done", 5, "of two", "")
    assert state.result[1] != os.getpid()
    assert state.seconds > 0
    assert capfd.readouterr().err == ""  # it ended in order


def test_a_result_is_kept_and_not_computed_again(jobs: Jobs) -> None:
    jobs.start("sum", add, 2, 3)
    first = ended(jobs, "sum")
    assert jobs.start("sum", add, 40, 2) == first


def test_what_a_library_prints_does_no_harm(jobs: Jobs, capfd: pytest.CaptureFixture[str]) -> None:
    jobs.start("sum", print_and_add, 2, 3)
    assert ended(jobs, "sum").result == 5


def test_a_job_that_is_cancelled_takes_its_process_with_it(jobs: Jobs, tmp_path: Path) -> None:
    jobs.start("stay", stay, tmp_path / "pid")
    pid = pid_in(tmp_path / "pid")
    jobs.cancel("stay")
    assert status(jobs, "stay") == "cancelled"
    wait(lambda: not is_alive(pid))
    jobs.start("stay", add, 1, 1)
    assert ended(jobs, "stay").result[0] == 2


def test_a_job_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    jobs = Jobs(seconds=0.5)
    jobs.start("stay", stay, tmp_path / "pid")
    state = ended(jobs, "stay")
    assert (state.status, state.problem) == ("failed", "It took more than 0.5 seconds")
    # It may have been ended before it could write its number.
    wait(lambda: not (tmp_path / "pid").exists() or not is_alive(pid_in(tmp_path / "pid")))


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (refuse, "there are no trials"),
        (stumble, "cannot be computed from these trials (ZeroDivisionError: division by zero)"),
        (die, "process ended before it had a result"),
    ],
)
def test_a_job_that_fails_says_why(jobs: Jobs, work: Callable[[], None], words: str) -> None:
    jobs.start("fail", work)
    state = ended(jobs, "fail")
    assert state.status == "failed"
    assert words in state.problem


def test_jobs_wait_for_one_another_and_a_waiting_one_can_be_cancelled(jobs: Jobs, tmp_path: Path) -> None:
    jobs.start("first", stay, tmp_path / "pid")
    pid_in(tmp_path / "pid")
    jobs.start("second", stay, tmp_path / "never")
    jobs.start("third", add, 1, 2)
    assert (status(jobs, "second"), status(jobs, "third")) == ("waiting", "waiting")
    jobs.cancel("second")
    jobs.cancel("first")
    assert ended(jobs, "third").result[0] == 3
    assert status(jobs, "second") == "cancelled"
    assert not (tmp_path / "never").exists()


def test_more_than_so_many_unfinished_jobs_are_refused(tmp_path: Path) -> None:
    jobs = Jobs(waiting=1)
    jobs.start("first", stay, tmp_path / "pid")
    refused = jobs.start("second", add, 1, 2)
    assert (refused.status, jobs.state("second")) == ("failed", None)
    assert "Too many" in refused.problem
    jobs.close()
    assert status(jobs, "first") == "cancelled"


def test_the_oldest_results_are_forgotten() -> None:
    jobs = Jobs(kept=2)
    for number in range(4):
        jobs.start(str(number), add, number, 0)
        ended(jobs, str(number))
    assert [status(jobs, str(number)) for number in range(4)] == ["unknown", "unknown", "done", "done"]


SERVER = """
import sys, time
from pathlib import Path
from background_work import stay
from dashboard.background import Jobs
jobs = Jobs()
jobs.start("stay", stay, Path(sys.argv[1]))
time.sleep(60)
"""


def test_a_server_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path / "pid")], env={**os.environ, "PYTHONPATH": path}
    )
    pid = pid_in(tmp_path / "pid")
    assert is_alive(pid)
    server.send_signal(signal.SIGKILL)
    server.wait()
    wait(lambda: not is_alive(pid))
