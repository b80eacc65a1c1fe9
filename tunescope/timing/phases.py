"""A clock that shares elapsed time out among named phases."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class PhaseClock:
    """Adds up the seconds spent in each phase.

    Phases may be entered again and may be nested: a moment counts for the innermost phase only, so the phases
    add up to the time spent in any of them. One clock belongs to one thread.

    Args:
        device: ``cpu``, or a CUDA device such as ``cuda`` or ``cuda:0``. Work on a CUDA device goes on behind
            the program's back, so the clock waits for it wherever a phase begins or ends.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._wait = _waiting_for(device)
        self._seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._mark = 0.0

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds in each finished or interrupted phase so far, in order of first entry."""
        return dict(self._seconds)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time inside the ``with`` block for ``name``, also when the block raises."""
        self._charge()
        self._seconds.setdefault(name, 0.0)
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        """Give the time since the last mark to the phase that is open."""
        self._wait()
        now = time.perf_counter()
        if self._open:
            self._seconds[self._open[-1]] += now - self._mark
        self._mark = now


def _waiting_for(device: str) -> Callable[[], object]:
    if not device.startswith("cuda"):
        return lambda: None
    import torch  # here, so that clocks on the CPU cost no import of it

    return lambda: torch.cuda.synchronize(device)
