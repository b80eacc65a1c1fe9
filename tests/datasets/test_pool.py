"""Work on many items at once."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from projects import wait_until

from tunescope.datasets import pool
from tunescope.datasets.pool import forked_map, ordered_map
from tunescope.errors import RunError


def test_results_come_in_the_order_of_the_items() -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.02 if item % 5 == 0 else 0.0)
        return item * item

    assert list(ordered_map(slow_first, range(40), 40)) == [item * item for item in range(40)]


def test_few_items_are_taken_before_their_results_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1000):
            taken.append(item)
            yield item

    results = ordered_map(abs, items(), 1000)
    for _ in range(10):
        next(results)

    assert len(taken) <= 10 + 2 * pool.AHEAD
    results.close()


def test_an_error_reaches_the_caller_and_ends_the_threads() -> None:
    def fail(item: int) -> int:
        if item == 3:
            raise KeyError(item)
        return item

    with pytest.raises(KeyError):
        list(ordered_map(fail, range(100), 100))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_progress_is_told_in_the_thread_of_the_caller() -> None:
    told: list[tuple[int, int, threading.Thread]] = []
    list(
        ordered_map(
            abs, range(3), 3, lambda done, total: told.append((done, total, threading.current_thread()))
        )
    )

    assert told == [(done, 3, threading.main_thread()) for done in (1, 2, 3)]


def test_forked_processes_give_results_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "usable_cores", lambda: 3)

    results = list(forked_map(lambda item: (item * item, os.getpid()), range(40)))

    assert [square for square, _ in results] == [item * item for item in range(40)]
    assert len({process for _, process in results} - {os.getpid()}) == 3


def test_an_error_in_a_forked_process_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)

    def fail(item: int) -> int:
        if item == 3:
            raise KeyError(item)
        return item

    results = forked_map(fail, range(100))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        next(results)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "was killed, most likely because memory ran out"),
        (lambda: os._exit(3), "ended with exit code 3"),
    ],
)
def test_a_forked_process_that_dies_is_told(
    monkeypatch: pytest.MonkeyPatch, end: Callable[[], None], told: str
) -> None:
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)

    with pytest.raises(RunError, match=told):
        list(forked_map(lambda item: end(), range(4)))
    assert multiprocessing.active_children() == []


def test_forked_processes_leave_the_garbage_of_their_parent_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)
    collected_in = multiprocessing.get_context("fork").SimpleQueue()

    class Garbage:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            collected_in.put(os.getpid())

    gc.disable()
    try:
        Garbage()
        list(forked_map(lambda item: gc.collect(), range(4)))
    finally:
        gc.enable()
    gc.collect()

    assert collected_in.get() == os.getpid()


def test_forked_processes_end_when_nobody_wants_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)
    results = forked_map(lambda item: bytes(2**20), range(1000))
    next(results)
    results.close()

    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_forked_processes_end_with_their_parent() -> None:
    code = """if True:
        import os, sys
        from tunescope.datasets import pool
        pool.usable_cores = lambda: 2
        results = pool.forked_map(lambda item: (os.getpid(), bytes(2**20)), range(1000))
        print(next(results)[0], next(results)[0], flush=True)
        os.kill(os.getpid(), 9)
    """
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    children = [int(word) for word in parent.stdout.split()]

    assert len(children) == 2
    wait_until(lambda: not any(map(psutil.pid_exists, children)), seconds=10)
