"""Optuna's tables: created by Optuna where they are missing, refused where this code does not know them."""

from sqlalchemy import inspect

from tunescope.errors import StoreError
from tunescope.store.engine import engine_options, parse
from tunescope.store.storage import statements as sql
from tunescope.store.storage.database import Database

# The revision of Optuna's tables that the statements are written for.
REVISION = "v3.2.0.a"


def require_tables(database: Database, url: str) -> None:
    """Have Optuna create or check its tables where they are not known to be right.

    Raises:
        StoreError: when they are of another version.
    """
    if _revision(database) == REVISION:
        return
    _have_optuna_look(url)
    found = _revision(database)
    if found != REVISION:
        raise StoreError(
            f"Optuna's tables in the store are at revision `{found}`, but this Tunescope writes "
            f"`{REVISION}`: update Tunescope, or use another store"
        )


def _revision(database: Database) -> str | None:
    if not inspect(database.engine).has_table("alembic_version"):
        return None
    found = database.read(sql.SCHEMA)
    return str(found[0][0]) if found else None


def _have_optuna_look(url: str) -> None:
    from optuna.storages import RDBStorage

    storage = RDBStorage(url, engine_kwargs=engine_options(parse(url)))
    storage.remove_session()
    storage.engine.dispose()
