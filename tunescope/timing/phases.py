"""A clock that shares elapsed time out among named phases."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch.cuda import Event, Stream

WARM_UP = "warm_up"
# Boundaries on a GPU that may wait to be read: so many events it holds at most, and then they are used again.
_MOST_PENDING = 4096


class PhaseClock:
    """Adds up the seconds spent in each phase.

    Phases may be entered again and may be nested: a moment counts for the innermost phase only, so the phases
    add up to the time spent in any of them. One clock belongs to one thread.

    Args:
        device: ``cpu``, or a CUDA device such as ``cuda`` or ``cuda:0``. Work on a CUDA device goes on behind
            the program's back: there, each boundary is an event in the device's own queue of work, and the
            program waits for none of them before :meth:`settle`. The device's time between two boundaries
            counts for the phase between them, whether the device worked or waited for the program.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._timeline: _Timeline = _Events(device) if device.startswith("cuda") else _Moments()
        self._phases: dict[str, _Phase] = {}
        self._open: list[str] = []
        self._warming: str | None = None

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds in each finished or interrupted phase so far, in order of first entry."""
        self.settle()
        return dict(self._timeline.seconds)

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count the time inside the ``with`` block for ``name``, also when the block raises."""
        known = self._phases.get(name)
        if known is None:
            known = self._phases[name] = _Phase(self, name)
        return known

    @contextmanager
    def warming(self, name: str = WARM_UP) -> Iterator[None]:
        """Count all that happens inside the ``with`` block, whatever its phases, for one of this name."""
        before, self._warming = self._warming, name
        try:
            with self.phase(name):
                yield
        finally:
            self._warming = before

    def settle(self) -> None:
        """Read what was measured so far; on a GPU this waits for its work, so once an epoch is enough."""
        self._timeline.settle()

    def restore(self, seconds: Mapping[str, float]) -> None:
        """Go on from what an earlier process had measured: its seconds come on top."""
        for name, value in seconds.items():
            self._timeline.seconds[name] = self._timeline.seconds.get(name, 0.0) + value

    def _enter(self, name: str) -> None:
        self._charge()
        name = self._warming or name
        self._timeline.seconds.setdefault(name, 0.0)
        self._open.append(name)

    def _leave(self) -> None:
        self._charge()
        self._open.pop()

    def _charge(self) -> None:
        """Give the time since the last boundary to the phase that is open."""
        self._timeline.charge(self._open[-1] if self._open else None)


class _Phase(AbstractContextManager[None]):
    """What ``with`` needs of a phase; a clock makes one a name, as a boundary must cost next to nothing."""

    __slots__ = ("_clock", "_name")

    def __init__(self, clock: PhaseClock, name: str) -> None:
        self._clock, self._name = clock, name

    def __enter__(self) -> None:
        self._clock._enter(self._name)

    def __exit__(self, *_: object) -> None:
        self._clock._leave()


class _Timeline(Protocol):
    """Boundaries one after the other; ``charge`` gives the time since the last one to a phase, or to none."""

    seconds: dict[str, float]

    def charge(self, name: str | None) -> None: ...

    def settle(self) -> None: ...


class _Moments:
    """Boundaries on a monotonic clock."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._mark = 0.0

    def charge(self, name: str | None) -> None:
        now = time.perf_counter()
        if name is not None:
            self.seconds[name] += now - self._mark
        self._mark = now

    def settle(self) -> None:
        pass


class _Events:
    """Boundaries in the work of a CUDA device, which are read later."""

    def __init__(self, device: str) -> None:
        import torch  # here, so that clocks on the CPU cost no import of it

        self.seconds: dict[str, float] = {}
        self._new_event: Callable[[], Event] = partial(torch.cuda.Event, enable_timing=True)
        self._stream: Callable[[], Stream] = partial(torch.cuda.current_stream, device)
        self._mark: Event | None = None
        self._pending: list[tuple[str | None, Event, Event]] = []
        self._free: list[Event] = []

    def charge(self, name: str | None) -> None:
        now = self._free.pop() if self._free else self._new_event()
        now.record(self._stream())
        if self._mark is not None:
            self._pending.append((name, self._mark, now))
        self._mark = now
        if len(self._pending) >= _MOST_PENDING:
            self.settle()

    def settle(self) -> None:
        if self._mark is not None:
            self._mark.synchronize()
        for name, begin, end in self._pending:
            if name is not None:
                self.seconds[name] += begin.elapsed_time(end) / 1000
            self._free.append(begin)
        self._pending.clear()
