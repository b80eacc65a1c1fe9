"""Work on many items in threads, without holding them all."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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
