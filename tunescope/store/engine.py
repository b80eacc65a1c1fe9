"""Opening a store: one way in for SQLite and PostgreSQL, with errors a person can act on."""

import os
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from tunescope.errors import StoreError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage, RDBStorage

DEFAULT_URL = "sqlite:///data/trials.db"
# A writer waits this long for another one before it gives up.
_LOCK_SECONDS = 30.0


def store_url() -> str:
    """The store to use: ``TUNESCOPE_STORE``, or a SQLite file under ``data/``."""
    return os.environ.get("TUNESCOPE_STORE") or DEFAULT_URL


class _DurableConnection(sqlite3.Connection):
    """A SQLite connection that keeps the promises of the store.

    Write-ahead logging lets pages read while a search writes; FULL means that a commit is on disk when
    it returns; foreign keys are off by default in SQLite, and without them rows would outlive their trial.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self.execute(f"PRAGMA {pragma}").close()


@dataclass(frozen=True)
class Store:
    """An open store: its URL, and an engine whose connections are durable."""

    url: str
    engine: Engine

    @cached_property
    def storage(self) -> "RDBStorage":
        """The same store as an Optuna storage."""
        return _optuna_storage(self.url)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        if "storage" in self.__dict__:
            self.storage.remove_session()
            self.storage.engine.dispose()


def open_store(url: str | None = None) -> Store:
    """Open the store at an SQLAlchemy URL, and create or upgrade its tables where needed.

    Raises:
        StoreError: when the URL is malformed, the store cannot be reached or written, or it was written
            by a newer Tunescope.
    """
    url = url or store_url()
    parsed = _parse(url)
    store = Store(url, sqlalchemy.create_engine(parsed, **_engine_options(parsed)))
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


def _parse(url: str) -> URL:
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


def _engine_options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"factory": _DurableConnection, "timeout": _LOCK_SECONDS}}
    return {"pool_pre_ping": True}


def _optuna_storage(url: str) -> "RDBStorage":
    from optuna.storages import RDBStorage

    return RDBStorage(url, engine_kwargs=_engine_options(make_url(url)))


def _unusable(url: URL, error: Exception) -> str:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    shown = url.render_as_string(hide_password=True)
    return f"The store `{shown}` cannot be used ({cause}): check that it is there, free and yours to write"
