"""The trial store: Optuna's tables as they stand, and beside them tables named ``tunescope_*``.

The only room with SQL. ``open_storage`` is for those who want plain Optuna; ``open_store`` gives the
engine that everything else here takes.
"""

from tunescope.store.engine import DEFAULT_URL, Store, open_storage, open_store, store_url

__all__ = ["DEFAULT_URL", "Store", "open_storage", "open_store", "store_url"]
