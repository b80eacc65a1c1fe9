"""What long work over many items shows: a bar on a terminal, elsewhere a line in the log now and then."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

OnProgress = Callable[[int, int], None]
"""Called with how many items are done, and of how many."""

SECONDS_BETWEEN_LINES = 10.0
logger = logging.getLogger("tunescope.progress")


@contextmanager
def progress_bar(title: str) -> Iterator[OnProgress]:
    """Give a function to call with (done, total) as the work goes on.

    Args:
        title: what is being done, such as ``Reading images``.
    """
    if not sys.stderr.isatty():
        yield _lines(title)
        return
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(title: str) -> OnProgress:
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            logger.info("%s: %d of %d", title, done, total)

    return tell
