"""Worker processes on this machine: started from a fork server, killed when they do not stop in time."""

import logging
import multiprocessing
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from types import TracebackType

from tunescope.errors import ParameterError, SourceError
from tunescope.execution.messages import Assignment, TrialEnded, TrialFailed, TrialMessage, Workbench
from tunescope.models import MODELS

# A network's training asks every batch whether it should stop, and gives what it has learned.
GRACE_SECONDS = 1.0
# A scikit-learn fit never asks, and would have nothing to give: this is for one that is just being saved.
SHORT_GRACE_SECONDS = 0.5

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
    assignment: Assignment | None = None
    kill_at: float | None = None


class Workers:
    """Worker processes, each training one trial at a time.

    A worker that dies loses its trial only; another takes its number with the next assignment.
    """

    def __init__(self, count: int, workbench: Workbench) -> None:
        """Start ``count`` workers; see :meth:`resize` for what is raised."""
        warm_up()
        self._workbench = workbench
        self._threads = count * workbench.threads  # of all workers together
        self._workers: dict[int, _Worker] = {}
        self.resize(count)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def count(self) -> int:
        """How many trials may be trained at a time."""
        return self._count

    @property
    def idle(self) -> int:
        """How many assignments can be given now."""
        return max(0, self._count - len(self.running))

    @property
    def running(self) -> list[int]:
        """The ids of the trials that are being trained, surplus workers' too."""
        return [one.assignment.trial_id for one in self._workers.values() if one.assignment is not None]

    def require_data(self) -> None:
        """See that what trials read is still there, before each of them would fail for want of it.

        Raises:
            SourceError: when a folder was removed.
        """
        for folder in (self._workbench.dataset, *self._workbench.features.values()):
            if not folder.is_dir():
                raise SourceError(
                    f"`{folder}`, which trials read, was removed while the search ran: "
                    "launch the run again, which prepares it anew and goes on"
                )

    def resize(self, count: int) -> None:
        """Have so many workers from now on.

        New ones start at once; surplus ones end as soon as they have no trial. With the next assignment of
        each, the workers share the same number of threads as before.

        Raises:
            ParameterError: when there would be none.
        """
        if count < 1:
            raise ParameterError(f"`search.workers` is {count}, but must be at least 1")
        self._count = count
        self._end_surplus()
        for number in range(count):
            if number not in self._workers:
                self._start(number)

    def assign(self, assignment: Assignment) -> int:
        """Give an assignment to an idle worker; returns the worker's number."""
        worker = self._free()
        worker.assignment = replace(assignment, threads=max(1, self._threads // self._count))
        try:
            worker.pipe.send(worker.assignment)
        except (BrokenPipeError, ConnectionResetError):
            _logger.debug("worker %d died before its assignment: `messages` reports the trial", worker.number)
        return worker.number

    def stop(self, trial_id: int) -> None:
        """Ask a trial to stop; its worker is killed when it does not within the grace period.

        A deep model that has finished an epoch answers with what it has learned so far.
        """
        for worker in self._workers.values():
            assignment = worker.assignment
            if assignment is not None and assignment.trial_id == trial_id and worker.kill_at is None:
                worker.kill_at = time.monotonic() + _grace(assignment)
                try:
                    worker.pipe.send("stop")
                except (BrokenPipeError, ConnectionResetError):
                    worker.kill_at = time.monotonic()

    def messages(self, timeout: float) -> Iterator[TrialMessage]:
        """What workers have to say, waiting up to ``timeout`` seconds for the first word."""
        by_pipe = {worker.pipe: worker for worker in self._workers.values()}
        for pipe in wait(list(by_pipe), self._patience(timeout)):
            worker = by_pipe[pipe]  # type: ignore[index]
            if self._workers.get(worker.number) is worker:  # whoever listens may have changed their number
                yield from self._heard(worker)
        yield from self._killed(self._overdue())
        self._end_surplus()

    def close(self) -> None:
        """End every worker process."""
        self._end(list(self._workers.values()))

    def _start(self, number: int) -> _Worker:
        context = multiprocessing.get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_work, args=(theirs, self._workbench, number), name=f"worker-{number}", daemon=True
        )
        process.start()
        theirs.close()
        worker = self._workers[number] = _Worker(number, process, ours)
        return worker

    def _free(self) -> _Worker:
        """A worker without a trial; one that is there already is warm."""
        idle = [one for one in self._workers.values() if one.assignment is None and one.number < self._count]
        if idle:
            return min(idle, key=lambda one: one.number)
        # After a kill, its number is taken again only now: starting a process must not delay other kills.
        return self._start(next(number for number in range(self._count) if number not in self._workers))

    def _patience(self, timeout: float) -> float:
        """How long to wait without being late for a kill."""
        due = [one.kill_at for one in self._workers.values() if one.kill_at is not None]
        return max(0.0, min([timeout, *(kill_at - time.monotonic() for kill_at in due)]))

    def _overdue(self) -> list[_Worker]:
        now = time.monotonic()
        return [one for one in self._workers.values() if one.kill_at is not None and now >= one.kill_at]

    def _heard(self, worker: _Worker) -> Iterator[TrialMessage]:
        try:
            message: TrialMessage = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            yield from self._died(worker)
            return
        if isinstance(message, TrialEnded | TrialFailed):
            # A trial may end by itself before it hears that it should stop: the worker then finds the
            # request in its pipe and passes over it, because it is no assignment.
            worker.assignment = worker.kill_at = None
        yield message

    def _killed(self, overdue: Collection[_Worker]) -> Iterator[TrialMessage]:
        """Kill workers all at once, but for those that have just said their last word."""
        for worker in overdue:
            while worker.kill_at is not None and worker.pipe.poll():
                yield from self._heard(worker)
        late = [one for one in overdue if self._workers.get(one.number) is one and one.kill_at is not None]
        self._end(late)
        for worker in late:
            if worker.assignment is not None:
                yield TrialFailed(worker.assignment.trial_id, "stopped", "stopped")

    def _died(self, worker: _Worker) -> Iterator[TrialMessage]:
        worker.kill_at = None
        worker.process.join(GRACE_SECONDS)
        code = worker.process.exitcode
        self._end([worker])
        if worker.assignment is not None:
            reason = f"its worker process died ({_exit(code)})"
            yield TrialFailed(worker.assignment.trial_id, "lost", reason)

    def _end_surplus(self) -> None:
        """An idle process has nothing to lose."""
        surplus = [one for one in self._workers.values() if one.number >= self._count]
        self._end([one for one in surplus if one.assignment is None])

    def _end(self, workers: Collection[_Worker]) -> None:
        for worker in workers:
            del self._workers[worker.number]
            worker.process.kill()
            worker.pipe.close()
        for worker in workers:
            worker.process.join()
            worker.process.close()


def _work(pipe: Connection, workbench: Workbench, number: int) -> None:
    # Imported in the worker only: the search itself needs no torch.
    from tunescope.execution.worker import work

    work(pipe, workbench, number)


def _grace(assignment: Assignment) -> float:
    is_deep = assignment.model in MODELS and MODELS[assignment.model].kind == "deep"
    return GRACE_SECONDS if is_deep else SHORT_GRACE_SECONDS


def _exit(code: int | None) -> str:
    if code is not None and code < 0:
        hint = ": out of memory?" if code == -9 else ""
        return f"killed by signal {-code}{hint}"
    return f"exit status {code}"
