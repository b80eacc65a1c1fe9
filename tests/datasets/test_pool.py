import threading
import time
from collections.abc import Iterator

import pytest

from tunescope.datasets import pool
from tunescope.datasets.pool import ordered_map


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
