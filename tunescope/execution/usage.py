"""Noting what a run uses of its machine while it works."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tunescope.store import Store, resources
from tunescope.timing.usage import UsageMeter

SAMPLE_SECONDS = 5.0
_SAMPLES_BETWEEN_THINNINGS = 50


@contextmanager
def usage_noted(store: Store, run_id: str) -> Iterator[None]:
    """Note every five seconds what this process and its children use, while the block runs."""
    done, meter = threading.Event(), UsageMeter()

    def sample() -> None:
        number = 0
        while not done.wait(SAMPLE_SECONDS):
            if number % _SAMPLES_BETWEEN_THINNINGS == 0:
                resources.thin(store, run_id)
            resources.note(store, run_id, *meter.sample())
            number += 1

    thread = threading.Thread(target=sample, name="usage", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
