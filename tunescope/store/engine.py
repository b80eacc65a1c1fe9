"""Opening a store: one way in for SQLite and PostgreSQL, with errors a person can act on."""

import os
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import sqlalchemy
from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from tunescope.errors import StoreError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

    from tunescope.store.storage import SqlStorage

DEFAULT_URL = "sqlite:///data/trials.db"
# A writer waits this long for another one before it gives up.
_LOCK_SECONDS = 30.0


def store_url() -> str:
    """The store to use: ``TUNESCOPE_STORE``, or a SQLite file under ``data/``."""
    return os.environ.get("TUNESCOPE_STORE") or DEFAULT_URL


_engines: "WeakSet[Engine]" = WeakSet()


def _close_idle_connections() -> None:
    """A child that inherits a connection of SQLite believes to hold locks that it does not hold."""
    for engine in list(_engines):
        engine.dispose()


os.register_at_fork(before=_close_idle_connections)


class _DurableConnection(sqlite3.Connection):
    """A SQLite connection that keeps the promises of the store.

    FULL means that a commit is on disk when it returns; foreign keys are off by default in SQLite, and
    without them rows would outlive their trial. Write-ahead logging lets pages read while a search writes:
    a new file gets it. One that somebody else made keeps its journal, as it may stand where such a log does
    not work, and as others may be writing to it.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            self.execute(f"PRAGMA {pragma}").close()
        if self.execute("PRAGMA page_count").fetchone() == (0,):
            self.execute("PRAGMA journal_mode=WAL").close()


class _ReadingConnection(sqlite3.Connection):
    """A SQLite connection that cannot write."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute("PRAGMA query_only=ON").close()


_READING: Any = {"factory": _ReadingConnection, "timeout": 5.0}
# As many as a server has threads for pages.
_READERS = 8


@dataclass(frozen=True)
class Store:
    """An open store: its URL, and an engine whose connections are durable."""

    url: str
    engine: Engine

    @cached_property
    def storage(self) -> "SqlStorage":
        """The same store as an Optuna storage."""
        from tunescope.store.storage import SqlStorage

        return SqlStorage(self.url)

    @cached_property
    def reader(self) -> Engine:
        """An engine for reading alone, whose every statement is a short transaction of its own.

        It leaves the journal of a SQLite file as it is, and waits no longer for a writer than a page may.
        """
        if self.engine.url.get_backend_name() != "sqlite":
            return self.engine.execution_options(isolation_level="AUTOCOMMIT")
        if self.engine.url.database in (None, "", ":memory:"):
            return self.engine
        reader = sqlalchemy.create_engine(self.engine.url, connect_args=_READING, pool_size=_READERS)
        _engines.add(reader)
        return reader

    def close(self) -> None:
        """Give every connection back, once all that was reported is written."""
        self.engine.dispose()
        if "reader" in self.__dict__:
            self.reader.dispose()
        if "storage" in self.__dict__:
            self.storage.close()


def open_store(url: str | None = None) -> Store:
    """Open the store at an SQLAlchemy URL, and create or upgrade its tables where needed.

    Raises:
        StoreError: when the URL is malformed, the store cannot be reached or written, or it was written
            by a newer Tunescope.
    """
    url = url or store_url()
    parsed = parse(url)
    store = Store(url, make_engine(url))
    from tunescope.store.migrations import upgrade

    try:
        upgrade(store)
    except (SQLAlchemyError, sqlite3.Error) as error:
        store.close()
        raise StoreError(_unusable(parsed, error)) from error
    except StoreError:
        store.close()
        raise
    return store


def open_storage(url: str) -> "BaseStorage":
    """Open the store at an SQLAlchemy URL as an Optuna storage.

    Raises:
        StoreError: as :func:`open_store` does.
    """
    store = open_store(url)
    store.engine.dispose()
    return store.storage


def make_engine(url: str, **options: Any) -> Engine:
    """An engine whose connections keep the promises of the store.

    Raises:
        StoreError: when the URL is malformed, or its file cannot be written.
    """
    parsed = parse(url)
    engine = sqlalchemy.create_engine(parsed, **engine_options(parsed), **options)
    _engines.add(engine)
    return engine


def parse(url: str) -> URL:
    """The parts of an SQLAlchemy URL, whose file can be written.

    Raises:
        StoreError: when it is malformed, or its file cannot be written.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        raise StoreError(
            f"The store's address `{url}` is no SQLAlchemy URL: write it like `{DEFAULT_URL}` "
            "or `postgresql+psycopg://user@host/database`"
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _require_writable(Path(parsed.database))
    return parsed


def _require_writable(path: Path) -> None:
    """SQLite itself only says `unable to open database file`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(path if path.exists() else path.parent, os.W_OK)
    except OSError:
        writable = False
    if not writable or path.is_dir():
        raise StoreError(
            f"The store `{path}` cannot be written: give a file in a folder where you may write, "
            "in the environment variable TUNESCOPE_STORE"
        )


def engine_options(url: URL) -> dict[str, Any]:
    """What ``sqlalchemy.create_engine`` needs to know for a store."""
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"factory": _DurableConnection, "timeout": _LOCK_SECONDS}}
    return {"pool_pre_ping": True}


def database_file(store: Store) -> Path | None:
    """The file of a SQLite store, ``None`` for other stores."""
    url = store.engine.url
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if is_file else None


def database_stamp(store: Store) -> tuple[int, ...] | None:
    """Changes whenever a SQLite store was written; ``None`` where only reading it would tell."""
    path = database_file(store)
    return None if path is None else (*_written(path), *_written(path.with_name(path.name + "-wal")))


def _written(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _unusable(url: URL, error: Exception) -> str:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    shown = url.render_as_string(hide_password=True)
    return f"The store `{shown}` cannot be used ({cause}): check that it is there, free and yours to write"
