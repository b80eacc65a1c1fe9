"""What Optuna asks of every storage, asked of ours on every backend."""

import pytest
from optuna.testing.pytest_storages import StorageTestCase

from tunescope.store import Store
from tunescope.store.storage import SqlStorage


class TestSqlStorage(StorageTestCase):
    """Optuna's own cases, on SQLite and PostgreSQL."""

    @pytest.fixture
    def storage(self, emptied_store: Store) -> SqlStorage:
        return emptied_store.storage
