"""Work that takes longer than an answer may: one process a job, to ask for, to cancel, and never to wait for.

A job is a function of a module and its arguments. Its process reads both from a pipe that stays open as long
as somebody may want the result: when the pipe closes, because the server has ended in whatever way, the
process ends too.
"""

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from tunescope.errors import TunescopeError

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
UNFINISHED = ("waiting", "running")
_BUSY = "Too many other computations are waiting: ask again when some of them have ended"
_VANISHED = "Its process ended before it had a result: the machine may be short of memory"


@dataclass(frozen=True)
class JobState:
    """How a job stands.

    Attributes:
        status: what becomes of it.
        seconds: how long it has been running, or ran.
        about: what was to be remembered of it.
        result: what its function returned, once it is done.
        problem: why it failed, a sentence without a full stop.
    """

    status: Status
    seconds: float = 0.0
    about: Any = None
    result: Any = None
    problem: str = ""


class Jobs:
    """The jobs of a server, by key; safe to use from several threads.

    Args:
        at_once: processes that work at the same time; other jobs wait.
        seconds: that a process may take.
        waiting: jobs that may be unfinished; more are refused.
        kept: jobs that are remembered, the newest.
    """

    def __init__(self, at_once: int = 1, seconds: float = 120.0, waiting: int = 8, kept: int = 32) -> None:
        self._seconds, self._waiting, self._kept = seconds, waiting, kept
        self._turn = threading.Semaphore(at_once)
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()

    def start(self, key: str, work: Callable[..., Any], *arguments: Any, about: Any = None) -> JobState:
        """Begin a job, unless one of that key is unfinished or done: that one counts.

        Args:
            key: tells what is computed from what: two jobs of one key have the same result.
            work: a function that can be imported by its name.
            arguments: what it gets; they are pickled, as is what it returns.
            about: to be remembered with the job.
        """
        with self._lock:
            known = self._jobs.get(key)
            if known is not None and known.state().status in (*UNFINISHED, "done"):
                return known.state()
            if sum(job.state().status in UNFINISHED for job in self._jobs.values()) >= self._waiting:
                return JobState("failed", about=about, problem=_BUSY)
            self._jobs.pop(key, None)
            job = self._jobs[key] = _Job(pickle.dumps((work, arguments)), about)
            self._forget()
        threading.Thread(target=job.run, args=(self._turn, self._seconds), name="job", daemon=True).start()
        return job.state()

    def state(self, key: str) -> JobState | None:
        """How a job stands, ``None`` for one that is not known, or not any more."""
        with self._lock:
            job = self._jobs.get(key)
        return None if job is None else job.state()

    def cancel(self, key: str) -> None:
        """End a job; nothing happens where there is none."""
        with self._lock:
            job = self._jobs.get(key)
        if job is not None:
            job.end("cancelled")

    def close(self) -> None:
        """End every job."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.end("cancelled")

    def _forget(self) -> None:
        finished = [key for key, job in self._jobs.items() if job.state().status not in UNFINISHED]
        for key in finished[: max(0, len(self._jobs) - self._kept)]:
            del self._jobs[key]


@dataclass
class _Job:
    """One job and its process; whoever ends it first has the last word on how."""

    order: bytes
    about: Any
    _state: JobState = JobState("waiting")
    _process: "subprocess.Popen[bytes] | None" = None
    _begun: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self) -> JobState:
        """How it stands at this moment."""
        with self._lock:
            state = self._state
            seconds = time.monotonic() - self._begun if state.status == "running" else state.seconds
        return JobState(state.status, seconds, self.about, state.result, state.problem)

    def run(self, turn: threading.Semaphore, limit: float) -> None:
        """Wait for its turn, work in a process, and take in what that answers."""
        with turn:
            process = self._begin()
            if process is None:
                return
            timer = threading.Timer(limit, self.end, ("failed", f"It took more than {limit:g} seconds"))
            timer.start()
            try:
                self._take(_asked(process, self.order))
            finally:
                timer.cancel()
                self.order = b""

    def end(self, status: Status, problem: str = "") -> None:
        """End it, if it has not ended."""
        with self._lock:
            if self._state.status not in UNFINISHED:
                return
            self._finish(status, None, problem)
            if self._process is not None:
                self._process.kill()

    def _begin(self) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._state.status != "waiting":
                return None
            self._begun = time.monotonic()
            self._state = JobState("running")
            try:
                self._process = python_process(__name__)
            except OSError as error:
                self._finish("failed", None, f"Its process could not be started: {error.strerror}")
            return self._process

    def _take(self, answer: bytes) -> None:
        try:
            status, given = pickle.loads(answer)
        except (EOFError, pickle.UnpicklingError):
            status, given = "failed", _VANISHED
        with self._lock:
            if self._state.status == "running":
                self._finish(status, given, "") if status == "done" else self._finish(status, None, given)

    def _finish(self, status: Status, result: Any, problem: str) -> None:
        seconds = time.monotonic() - self._begun if self._begun else 0.0
        self._state = JobState(status, seconds, None, result, problem)


def python_process(module: str, **environment: str) -> "subprocess.Popen[bytes]":
    """A process that runs a module of this program, with pipes to it and from it.

    Args:
        module: its full name.
        environment: what it has beside the server's own.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
        # So that Ctrl-C in a terminal is the server's alone to answer.
        start_new_session=True,
    )


def _asked(process: "subprocess.Popen[bytes]", order: bytes) -> bytes:
    """All that a process answers before it ends; the pipe to it stays open until then."""
    assert process.stdin is not None  # for mypy: both are pipes
    assert process.stdout is not None
    with process.stdin, process.stdout:
        with suppress(BrokenPipeError):
            process.stdin.write(order)
            process.stdin.flush()
        answer = process.stdout.read()
        with suppress(BrokenPipeError):
            process.stdin.close()
    process.wait()
    return answer


def answers_of_process() -> IO[bytes]:
    """In such a process: the pipe for its answers, in which nothing gets that a library prints."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answer


def _work() -> None:
    """What the process does."""
    os.nice(10)  # a search on this machine comes first
    answer = answers_of_process()
    work, arguments = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with answer:
        pickle.dump(_outcome(work, arguments), answer)


def _outcome(work: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Status, Any]:
    try:
        return "done", work(*arguments)
    except TunescopeError as error:
        return "failed", str(error)
    except MemoryError:
        return "failed", "The machine has too little memory for it"
    except Exception as error:
        return "failed", f"It cannot be computed from these trials ({type(error).__name__}: {error})"


def _end_with_the_server() -> None:
    # Not by `sys.stdin`, which could not be closed at the end while somebody reads from it.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    _work()
