"""A new store gets a write-ahead log; one that somebody else made keeps the journal it has."""

import sqlite3
from contextlib import closing
from pathlib import Path

import optuna
import pytest

from tunescope.store import frames, open_storage, open_store
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'trials.db'}"


def journal_of(url: str) -> str:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def made_by_optuna(url: str) -> None:
    storage = optuna.storages.RDBStorage(url)
    study = optuna.create_study(storage=storage, study_name="theirs", direction="maximize")
    study.tell(study.ask(), 0.5)
    storage.remove_session()
    storage.engine.dispose()
    assert journal_of(url) == "delete"


def test_a_new_store_has_a_write_ahead_log(url: str) -> None:
    open_store(url).close()
    assert journal_of(url) == "wal"


def test_opening_and_reading_a_store_of_optuna_leaves_its_journal(url: str) -> None:
    made_by_optuna(url)
    store = open_store(url)
    table = TrialTable(store).refresh()
    assert table.count(TrialFilter()) == len(frames.trials_frame(store)) == 1
    assert journal_of(url) == "delete"
    table.close()
    store.close()
    assert journal_of(url) == "delete"


def test_writing_to_a_store_of_optuna_leaves_its_journal_and_syncs_every_commit(url: str) -> None:
    made_by_optuna(url)
    storage = open_storage(url)
    study = optuna.load_study(study_name="theirs", storage=storage)
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    # To begin a trial need not be synced in a log, but must be without one.
    database = storage._database  # type: ignore[attr-defined]
    assert database.read("PRAGMA synchronous") == [(2,)]
    study.tell(trial, 0.75)
    storage.close()  # type: ignore[attr-defined]
    assert journal_of(url) == "delete"
    other = optuna.load_study(study_name="theirs", storage=url)
    assert [one.value for one in other.trials] == [0.5, 0.75]
