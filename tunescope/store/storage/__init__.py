"""Optuna's storage interface over Optuna's own tables, with as little work a trial as they allow.

``docs/store.md`` says what is durable when, who may read and write along, and what it measures.
"""

from tunescope.store.storage.storage import SqlStorage

__all__ = ["SqlStorage"]
