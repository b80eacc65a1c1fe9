"""What one app works with: its store, and how it launches runs. Callbacks reach it by :func:`current`."""

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from flask import current_app

from dashboard.background import Jobs
from dashboard.configuration import limits
from dashboard.launch import Launcher, start_run
from dashboard.photo_process import PhotoProcess
from dashboard.uploading import Uploads
from tunescope.errors import StoreError
from tunescope.store import Store, open_store
from tunescope.store.columns import TrialTable
from tunescope.store.engine import database_file

_EXTENSION = "tunescope"
Stamp = tuple[int, ...]
# What pages share is kept for those that were asked for last.
_MOST_KEPT = 32
Kept = TypeVar("Kept")
Start = Callable[[Store, Mapping[str, Any], Launcher], str]


@dataclass
class Connection:
    """The store of an app, opened again when its file was replaced, never made anew when it vanished."""

    url: str
    launcher: Launcher
    jobs: Jobs = field(default_factory=Jobs)
    photos: PhotoProcess = field(default_factory=PhotoProcess)
    _store: Store | None = None
    _table: TrialTable | None = None
    _tabled: Store | None = None
    _identity: Stamp | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _started: dict[str, str] = field(default_factory=dict)
    _kept: OrderedDict[Any, Any] = field(default_factory=OrderedDict)

    @cached_property
    def uploads(self) -> Uploads:
        """What comes in by the browser, kept in the project that runs are launched in."""
        return Uploads(self.launcher.project, limits(self.launcher.project))

    def store(self) -> Store:
        """The open store.

        Raises:
            StoreError: when it cannot be opened, or when its file is gone.
        """
        with self._lock:
            if self._store is None or self._identity != _identity(self._store):
                self._open()
            assert self._store is not None  # for mypy: _open sets it or raises
            return self._store

    def table(self) -> TrialTable:
        """The trials of the store as columns, as they were read last.

        Raises:
            StoreError: as :meth:`store` does.
        """
        store = self.store()
        with self._lock:
            if self._table is None or self._tabled is not store:
                # Those who still ask the old one keep it until they have their answer.
                self._table, self._tabled = TrialTable(store), store
            return self._table

    def kept(self, key: Any, make: Callable[[], Kept]) -> Kept:
        """What pages share under a key, made when it is asked for first."""
        with self._lock:
            found: Kept = self._kept[key] if key in self._kept else self._kept.setdefault(key, make())
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return found

    def known(self, key: Any) -> Any:
        """What is kept under a key, None where nothing is."""
        return self._kept.get(key)

    def _open(self) -> None:
        before = self._store
        if before is not None:
            _require_file(before)
            before.close()
        self._store = open_store(self.url)
        self._identity = _identity(self._store)

    def start_once(self, token: str, parameters: Mapping[str, Any], start: Start = start_run) -> str:
        """Start a run for a form, once: the same token gets the same run id, however often it comes.

        Raises:
            RunError: when the run cannot be started; the token may then be used again.
        """
        with self._starting:
            if token not in self._started:
                self._started[token] = start(self.store(), parameters, self.launcher)
            return self._started[token]

    def warm_up(self) -> None:
        """Read every trial; what cannot be read will be told to whoever asks for it.

        Then import what the first chart of importance would wait for: Optuna's part for it brings
        scikit-learn along, which takes a second.
        """
        with suppress(Exception):
            self.table().read_ahead()
        importlib.import_module("optuna.importance")

    def close(self) -> None:
        """Give the connections back, and end what is computed."""
        self.jobs.close()
        self.photos.close()
        if self._table is not None:
            self._table.close()
        if self._store is not None:
            self._store.close()


def attach(server: Any, connection: Connection) -> None:
    """Make a connection the one of a Flask server."""
    server.extensions[_EXTENSION] = connection


def of(server: Any) -> Connection:
    """The connection of a Flask server."""
    connection: Connection = server.extensions[_EXTENSION]
    return connection


def current() -> Connection:
    """The connection of the app that answers this request."""
    return of(current_app)


def store() -> Store:
    """The store of the app that answers this request."""
    return current().store()


def table() -> TrialTable:
    """The trials of the app that answers this request, as columns."""
    return current().table()


def _identity(store: Store) -> Stamp | None:
    path = database_file(store)
    if path is None:
        return ()
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _require_file(store: Store) -> None:
    if _identity(store) is None:
        raise StoreError(
            f"The store `{database_file(store)}` is gone: put the file back, "
            "or start the dashboard again to begin with an empty store"
        )
