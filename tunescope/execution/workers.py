"""Worker processes on this machine: started from a fork server, killed when they do not stop in time."""

import logging
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from types import TracebackType

from tunescope.execution.messages import Assignment, TrialEnded, TrialFailed, TrialMessage, Workbench

# A training asks every batch whether it should stop; a scikit-learn fit never asks and is killed.
GRACE_SECONDS = 1.5

_logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Start the fork server, which imports the training libraries while this process does other work."""
    from multiprocessing import forkserver

    multiprocessing.get_context("forkserver").set_forkserver_preload(
        ["__main__", "tunescope.execution.preload"]
    )
    forkserver.ensure_running()


@dataclass
class _Worker:
    """One process, its end of the pipe, and what it works on."""

    number: int
    process: ForkServerProcess
    pipe: Connection
    trial_id: int | None = None
    kill_at: float | None = None


class Workers:
    """A fixed number of worker processes, each training one trial at a time.

    A worker that dies loses its trial only; another takes its place.
    """

    def __init__(self, count: int, workbench: Workbench) -> None:
        warm_up()
        self._workbench = workbench
        self._workers = [self._start(number) for number in range(count)]

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def idle(self) -> int:
        """How many workers wait for an assignment."""
        return sum(worker.trial_id is None for worker in self._workers)

    @property
    def running(self) -> list[int]:
        """The ids of the trials that are being trained."""
        return [worker.trial_id for worker in self._workers if worker.trial_id is not None]

    def assign(self, assignment: Assignment) -> int:
        """Give an assignment to an idle worker; returns the worker's number."""
        worker = next(worker for worker in self._workers if worker.trial_id is None)
        worker.trial_id = assignment.trial_id
        try:
            worker.pipe.send(assignment)
        except (BrokenPipeError, ConnectionResetError):
            _logger.debug("worker %d died before its assignment: `messages` reports the trial", worker.number)
        return worker.number

    def stop(self, trial_id: int) -> None:
        """Ask a trial to stop; its worker is killed when it does not within the grace period.

        A deep model that has finished an epoch answers with what it has learned so far.
        """
        for worker in self._workers:
            if worker.trial_id == trial_id and worker.kill_at is None:
                worker.kill_at = time.monotonic() + GRACE_SECONDS
                try:
                    worker.pipe.send("stop")
                except (BrokenPipeError, ConnectionResetError):
                    worker.kill_at = time.monotonic()

    def messages(self, timeout: float) -> Iterator[TrialMessage]:
        """What workers have to say, waiting up to ``timeout`` seconds for the first word."""
        ready = set(wait([worker.pipe for worker in self._workers], timeout))
        for worker in self._workers:
            if worker.pipe in ready:
                yield from self._heard(worker)
            elif worker.kill_at is not None and time.monotonic() >= worker.kill_at:
                yield from self._killed(worker)

    def close(self) -> None:
        """End every worker process."""
        for worker in self._workers:
            worker.pipe.close()
            worker.process.join(0 if worker.trial_id is not None else GRACE_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()

    def _start(self, number: int) -> _Worker:
        context = multiprocessing.get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_work, args=(theirs, self._workbench), name=f"worker-{number}", daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(number, process, ours)

    def _heard(self, worker: _Worker) -> Iterator[TrialMessage]:
        try:
            message: TrialMessage = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            yield from self._died(worker)
            return
        if isinstance(message, TrialEnded | TrialFailed):
            # A trial may end by itself before it hears that it should stop: the worker then finds the
            # request in its pipe and passes over it, because it is no assignment.
            worker.trial_id = worker.kill_at = None
        yield message

    def _killed(self, worker: _Worker) -> Iterator[TrialMessage]:
        trial_id = worker.trial_id
        worker.process.kill()
        self._replace(worker)
        if trial_id is not None:
            yield TrialFailed(trial_id, "stopped", "stopped")

    def _died(self, worker: _Worker) -> Iterator[TrialMessage]:
        worker.process.join(GRACE_SECONDS)
        trial_id, code = worker.trial_id, worker.process.exitcode
        self._replace(worker)
        if trial_id is not None:
            yield TrialFailed(trial_id, "lost", f"its worker process died ({_exit(code)})")

    def _replace(self, worker: _Worker) -> None:
        worker.process.join()
        worker.pipe.close()
        self._workers[worker.number] = self._start(worker.number)


def _work(pipe: Connection, workbench: Workbench) -> None:
    # Imported in the worker only: the search itself needs no torch.
    from tunescope.execution.worker import work

    work(pipe, workbench)


def _exit(code: int | None) -> str:
    if code is not None and code < 0:
        hint = ": out of memory?" if code == -9 else ""
        return f"killed by signal {-code}{hint}"
    return f"exit status {code}"
