"""The columns follow a store that is written to at the very moment at which it is read."""

import threading
from pathlib import Path

import duckdb
import optuna
import pytest

from tunescope.store import Store, open_store
from tunescope.store.columns import TrialTable, following
from tunescope.store.selection import TrialFilter


def test_a_trial_that_comes_while_the_first_ones_are_read_is_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_FRESH_SECONDS", 0.0)
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    study = optuna.create_study(storage=store.storage)
    study.tell(study.ask(), 0.5)
    listed = following.all_trial_ids

    def listed_late(store: Store) -> list[int]:
        study.tell(study.ask(), 0.75)
        return listed(store)

    monkeypatch.setattr(following, "all_trial_ids", listed_late)
    table = TrialTable(store).refresh()
    assert table.ids(TrialFilter()) == [2, 1]
    study.tell(study.ask(), 0.25)
    assert table.refresh().ids(TrialFilter()) == [3, 2, 1]
    table.close()
    store.close()


def test_a_table_is_closed_when_nothing_is_being_entered(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    table = TrialTable(store).refresh()
    closing = threading.Thread(target=table.close)
    with table._following.resting():
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
        assert table.count(TrialFilter()) == 0
    closing.join()
    with pytest.raises(duckdb.Error):
        table.count(TrialFilter())
    store.close()
