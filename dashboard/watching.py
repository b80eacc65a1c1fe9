"""What the pages of one run show, made once for all who watch it, however many they are."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dashboard.components import regions
from dashboard.connection import Connection
from dashboard.run_view import RunView, run_view, whole_frame

# Pages that ask within this time of one another get the same answer.
_FRESH_SECONDS = 0.5
# What is costly may take this share of the time, which a search on the same machine would rather have.
_SHARE, _LEAST_SECONDS = 1 / 80, 1.5
# More pages than these share what they cost the search: each then asks more seldom.
_FEW_PAGES, _COUNTED_SECONDS = 4, 4.0
# Trials that are read before a page opens, where nobody has read the store's yet: a blink.
_AT_ONCE = 2_000
Make = Callable[[], Any]


class Paced:
    """A content that is made anew when what it is made from changes, and the seldomer the more it costs."""

    def __init__(self) -> None:
        self._made_from: Any = None
        self._made: regions.Made | None = None
        self._at, self._took = float("-inf"), 0.0

    def current(self, made_from: Any, make: Make, crowd: int = 1) -> regions.Made:
        """The content as it is, or made now because it is due, which for a crowd it is more seldom."""
        now = time.monotonic()
        is_due = now - self._at >= max(_LEAST_SECONDS * crowd, self._took / _SHARE)
        if self._made is None or (made_from != self._made_from and is_due):
            self._made, self._made_from, self._at = regions.made(make()), made_from, now
            self._took = time.monotonic() - now
        return self._made


class Audience:
    """How many pages look, by how often they ask and how long each waits between two questions."""

    def __init__(self) -> None:
        self._asked: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()

    def ask(self, pace: float) -> int:
        """Note that a page asks, as it does every ``pace`` seconds; returns how many pages there are."""
        with self._lock:
            now = time.monotonic()
            self._asked.append((now, pace))
            while self._asked[0][0] < now - _COUNTED_SECONDS:
                self._asked.popleft()
            return round(sum(pace for _, pace in self._asked) / _COUNTED_SECONDS)


@dataclass
class Watch:
    """One run as all its pages see it; ``texts`` gives the cheap parts of a view by name."""

    here: Connection
    run_id: str
    texts: Callable[[RunView], Mapping[str, Any]]
    _scene: tuple[RunView, dict[str, regions.Made]] | None = None
    _costly: dict[Any, Paced] = field(default_factory=dict)
    _shared: tuple[RunView | None, dict[Any, Any]] = field(default_factory=lambda: (None, {}))
    _frame: tuple[Any, pd.DataFrame] | None = None
    _looked: float = float("-inf")
    _crowd: int = 1
    _audience: Audience = field(default_factory=Audience)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def look(self, is_opening: bool = False) -> tuple[RunView, dict[str, regions.Made]]:
        """The run and the cheap parts of its page, as they were a moment ago at most.

        A page that opens does not wait until all trials of a large store were read for the first time.

        Raises:
            UnknownNameError: when the store has no such run.
        """
        scene = self._scene
        # Who comes while somebody looks gets what was there before, if anything was.
        if self._lock.acquire(blocking=scene is None or not (is_opening or scene[0].tally)):
            try:
                scene = self._current(is_opening)
            finally:
                self._lock.release()
        assert scene is not None  # for mypy: without one, it was waited for
        return scene

    def crowd(self, pace: float) -> int:
        """How many times as long as usual a page waits, one that asked every ``pace`` seconds; 1 for few."""
        self._crowd = max(1, round(self._audience.ask(pace) / _FEW_PAGES))
        return self._crowd

    def shared(self, view: RunView, key: Any, make: Callable[[], Any]) -> Any:
        """What several pages would make of the same look at the run, made once, by the first that asks."""
        with self._making:
            of, known = self._shared
            if of is not view:
                known = {}
                self._shared = (view, known)
            if key not in known:
                known[key] = make()
            return known[key]

    def expire(self) -> None:
        """Look again when a page asks next: something was written on its behalf."""
        self._looked = float("-inf")

    def costly(self, key: Any, made_from: Any, make: Make) -> regions.Made:
        """A part that takes longer to make; ``key`` names it, ``made_from`` changes whenever it would.

        To be called while something :meth:`shared` is made.
        """
        return self._costly.setdefault(key, Paced()).current(made_from, make, self._crowd)

    def trials(self, view: RunView) -> pd.DataFrame:
        """Every trial of the run, without parameters; read again only when a trial was begun or has ended."""
        key = (view.state, view.tally)
        if self._frame is None or self._frame[0] != key:
            self._frame = (key, whole_frame(self.here.table(), self.run_id))
        return self._frame[1]

    def _current(self, is_opening: bool) -> tuple[RunView, dict[str, regions.Made]]:
        scene = self._scene
        is_fresh = time.monotonic() - self._looked < _FRESH_SECONDS * self._crowd
        if scene is not None and is_fresh and (is_opening or scene[0].tally):
            return scene
        view = run_view(self.here, self.run_id, scene and scene[0], _AT_ONCE if is_opening else None)
        self._scene = (view, {name: regions.made(part) for name, part in self.texts(view).items()})
        self._looked = time.monotonic()
        return self._scene


def watch_of(here: Connection, run_id: str, texts: Callable[[RunView], Mapping[str, Any]]) -> Watch:
    """The one watch of a run that all its pages share."""
    return here.kept(("run", run_id), lambda: Watch(here, run_id, texts))


def expire(here: Connection, run_id: str) -> None:
    """Let the pages of a run see at once what was just written."""
    watch = here.known(("run", run_id))
    if watch is not None:
        watch.expire()
