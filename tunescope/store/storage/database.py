"""One connection to a store, on which SQL runs with next to nothing in between.

A statement is written once with ``:name`` for parameters. The DBAPI cursor takes it directly: the ORM
and the expression language of SQLAlchemy cost ten times what SQLite does with such a statement.
"""

import json
import re
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from optuna.exceptions import StorageInternalError
from sqlalchemy import PoolProxiedConnection, event
from sqlalchemy.exc import SQLAlchemyError

from tunescope.store.engine import make_engine

# A server may have closed a connection that was idle for longer: the pool looks before it gives it again.
_IDLE_SECONDS = 10.0
_PARAMETER = re.compile(r":(\w+)")


class Database:
    """Statements and transactions on one connection, which its user keeps to one thread at a time."""

    def __init__(self, url: str) -> None:
        # Transactions are begun by name: the drivers' own begin too late to number trials safely.
        self.engine = make_engine(url, isolation_level="AUTOCOMMIT")
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._dialect = _SQLITE if self.is_sqlite else _POSTGRESQL
        self._statements: dict[str, str] = {}
        self._held: PoolProxiedConnection | None = None
        self._connection: Any = None
        self._used = 0.0
        self._synced = True
        event.listen(self.engine, "engine_disposed", lambda _: self._drop())

    def read(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement; returns its rows, none for a statement that has none."""
        cursor = self._run(self._translated(statement), parameters)
        return cursor.fetchall() if cursor.description else []

    def write(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters."""
        if len(rows) == 1:
            self._run(self._translated(statement), rows[0])
        elif rows:
            try:
                self._open().cursor().executemany(self._translated(statement), rows)
            except self._errors as error:
                raise self._failure(error) from error

    @contextmanager
    def transaction(self, durable: bool = True) -> Iterator[None]:
        """A transaction that excludes other writers of SQLite; a ``durable`` one is on disk when it ends.

        One that is not durable is visible to everybody when it ends, and on disk with the next that is.
        """
        self._set_synced(durable)
        self._run(self._dialect["begin" if durable else "begin_relaxed"])
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def version(self) -> int | None:
        """A number that changes when another connection has committed; ``None`` where no such is known."""
        if not self.is_sqlite:
            return None
        version: int = self._run("PRAGMA data_version").fetchone()[0]
        return version

    def ids(self, ids: Sequence[int]) -> Any:
        """Ids as the parameter of ``{among}``."""
        return json.dumps(ids) if self.is_sqlite else list(ids)

    def close(self) -> None:
        """Close the connection; the next statement opens another."""
        self.engine.dispose()

    @property
    def _errors(self) -> type[Exception]:
        dbapi: Any = self.engine.dialect.dbapi
        errors: type[Exception] = dbapi.Error
        return errors

    def _run(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Any:
        connection = self._open()
        try:
            if parameters:
                return connection.execute(statement, parameters)
            return connection.execute(statement)
        except self._errors as error:
            raise self._failure(error) from error

    def _translated(self, statement: str) -> str:
        found = self._statements.get(statement)
        if found is None:
            text = statement.format(**self._dialect)
            found = text if self.is_sqlite else _PARAMETER.sub(r"%(\1)s", text)
            self._statements[statement] = found
        return found

    def _open(self) -> Any:
        """The connection as the driver knows it."""
        now = time.monotonic()
        if self._held is not None and not self.is_sqlite and now - self._used > _IDLE_SECONDS:
            self._held.close()
            self._held = self._connection = None
        self._used = now
        if self._connection is None:
            try:
                self._held = self.engine.raw_connection()
            except SQLAlchemyError as error:
                raise self._failure(error) from error
            self._connection, self._synced = self._held.driver_connection, True
            # A storage that nobody closes takes its connection with it; at exit, it may still have to write.
            weakref.finalize(self, self._held.invalidate).atexit = False
        return self._connection

    def _drop(self) -> None:
        if self._held is not None:
            self._held.invalidate()
        self._held = self._connection = None

    def _set_synced(self, synced: bool) -> None:
        """Without it, SQLite's commit is in the log when it returns, and on disk with the next synced one.

        Without such a log, a commit that is not synced may be a broken file after a power failure.
        """
        if self.is_sqlite and synced != self._synced and self._is_logged():
            self._run(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            self._synced = synced

    def _is_logged(self) -> bool:
        return bool(self._run("PRAGMA journal_mode").fetchone() == ("wal",))

    def _roll_back(self) -> None:
        """End a transaction that failed, and with it a connection that cannot even do that."""
        try:
            if not self.is_sqlite or self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except self._errors:
            self._drop()

    def _failure(self, error: Exception) -> StorageInternalError:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        shown = self.engine.url.render_as_string(hide_password=True)
        return StorageInternalError(
            f"The store `{shown}` did not take a statement ({cause[0]}): check that it is there, "
            "free, and that its disk is not full"
        )


_SQLITE = {
    "begin": "BEGIN IMMEDIATE",
    "begin_relaxed": "BEGIN IMMEDIATE",
    "among": "IN (SELECT value FROM json_each(:ids))",
    "for_update": "",
}
_POSTGRESQL = {
    "begin": "BEGIN",
    "begin_relaxed": "BEGIN; SET LOCAL synchronous_commit TO OFF",
    "among": "= ANY(:ids)",
    "for_update": "FOR UPDATE",
}
