"""Work on many items in threads or processes, without holding them all."""

import gc
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from tunescope.errors import RunError
from tunescope.timing import usable_cores

Progress = Callable[[int, int], None]
"""Called in the caller's thread with how many items are done, and of how many."""

MOST_THREADS = 16
AHEAD = 4  # items that wait for each thread: enough to keep it busy, few enough to hold in memory
Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], total: int, on_progress: Progress | None = None
) -> Iterator[Result]:
    """Give ``function(item)`` for each item, in order, from as many threads as there are cores.

    Threads serve because decoding, scaling and array arithmetic run outside the interpreter's lock.
    """
    for done, result in enumerate(_in_threads(function, items), start=1):
        yield result
        if on_progress:
            on_progress(done, total)


def forked_map(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Give ``function(item)`` for each item, in order, from as many processes as there are cores.

    For work that holds the interpreter's lock much of the time. The processes are forked, so that nothing
    has to travel to them; only results come back, which must pickle. What items share must not depend on the
    position of an open file. Where processes cannot be forked safely, threads do the work.

    Raises:
        RunError: when a process dies, which takes its unfinished work with it.
    """
    count = min(usable_cores(), MOST_THREADS, len(items))
    if count < 2 or sys.platform != "linux":
        yield from _in_threads(function, items)
        return
    context = multiprocessing.get_context("fork")
    readers, workers = list[Connection](), list[BaseProcess]()
    try:
        with _own_garbage():
            for number in range(count):
                reader, writer = context.Pipe(duplex=False)
                readers.append(reader)
                work = (function, items[number::count], writer, tuple(readers))
                workers.append(context.Process(target=_work, args=work, daemon=True))
                workers[-1].start()
                writer.close()
        for number in range(len(items)):
            yield _received(readers[number % count], workers[number % count])
    finally:
        for worker, reader in zip(workers, readers, strict=False):
            worker.terminate()
            worker.join()
            reader.close()


@contextmanager
def _own_garbage() -> Iterator[None]:
    """Processes forked in here never collect what was garbage before.

    It may close what it shares with the parent, or wait for threads that no fork takes along: a DuckDB
    connection does, and ends the process.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _work(
    function: Callable[[Item], Any], items: Sequence[Item], writer: Connection, readers: Sequence[Connection]
) -> None:
    """What a forked process does. It ends with its parent: once nobody reads, sending fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for reader in readers:
        reader.close()
    try:
        for item in items:
            writer.send(_answer(function, item))
    except BrokenPipeError:
        return


def _answer(function: Callable[[Item], Any], item: Item) -> tuple[Any, Exception | None]:
    try:
        return function(item), None
    except Exception as error:  # whatever it is, it belongs to the caller
        return None, error


def _received(reader: Connection, worker: BaseProcess) -> Any:
    try:
        result, error = reader.recv()
    except (EOFError, ConnectionResetError):
        raise RunError(f"A process that reads images {_end_of(worker)}") from None
    if error is not None:
        raise error
    return result


def _end_of(worker: BaseProcess) -> str:
    """How a process came to its end, and what helps."""
    worker.join()
    if worker.exitcode == -signal.SIGKILL:
        return "was killed, most likely because memory ran out: free some memory and run again"
    return f"ended with exit code {worker.exitcode}: run again, and report it if it happens twice"


def _in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    threads = min(usable_cores(), MOST_THREADS)
    pool, waiting = ThreadPoolExecutor(threads), deque[Future[Result]]()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
