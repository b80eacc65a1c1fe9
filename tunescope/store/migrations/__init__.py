"""Alembic migrations of the ``tunescope_*`` tables, beside Optuna's own and never touching them."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from tunescope.errors import StoreError
from tunescope.store.schema import PREFIX, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

    from tunescope.store.engine import Store

HEAD = "0005"
_ATTEMPTS = 5


def upgrade(store: "Store") -> None:
    """Bring a store to the newest schema; nothing happens when it is there already.

    Raises:
        StoreError: when the store was written by a newer Tunescope.
    """
    for attempt in range(_ATTEMPTS):
        if current(store) == HEAD:
            return
        try:
            _upgrade(store)
            return
        except (IntegrityError, OperationalError, ProgrammingError):
            # Another process may be creating the same tables: look again, and fail only if it did not.
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.2 * (attempt + 1))


def current(store: "Store") -> str | None:
    """The revision of a store, ``None`` for one that Tunescope has not seen."""
    with store.engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        version: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
        return version


def configuration(connection: Connection) -> "Config":
    """Alembic's configuration for one connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", Path(__file__).parent.as_posix().replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def is_ours(name: str | None, kind: str, *_: Any) -> bool:
    """Whether Alembic may look at a database object: Optuna's tables are none of our business."""
    return kind != "table" or bool(name and name.startswith(PREFIX) and name != VERSION_TABLE)


def _upgrade(store: "Store") -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    # Optuna's tables come first: ours have foreign keys to them.
    _ = store.storage
    revision = current(store)
    with store.engine.begin() as connection:
        config = configuration(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if revision and revision not in known:
            raise StoreError(
                f"The store is at revision `{revision}`, but this Tunescope knows none newer than `{HEAD}`: "
                "update Tunescope, or use another store"
            )
        command.upgrade(config, "head")
