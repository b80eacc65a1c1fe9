"""The store of an app may vanish, come back, and be replaced."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from dash_client import Browser
from dashboard_samples import Samples, tree
from sqlalchemy.exc import OperationalError

from dashboard import troubles
from dashboard.app import create_app
from dashboard.connection import Connection
from dashboard.launch import Launcher
from tunescope.errors import StoreError
from tunescope.store import Store, open_store, runs
from tunescope.store.columns import TrialTable
from tunescope.store.engine import database_file, database_stamp


@pytest.fixture
def path(store: Store, tmp_path: Path) -> Path:
    runs.announce(store, "signs", tree(), tmp_path)
    file = database_file(store)
    assert file is not None
    store.engine.dispose()
    return file


def replace_with_empty(path: Path) -> None:
    path.unlink()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    open_store(f"sqlite:///{path}").close()


def test_a_store_that_vanished_is_not_made_anew(path: Path) -> None:
    connection = Connection(f"sqlite:///{path}", Launcher())
    connection.store()
    path.rename(path.with_suffix(".away"))
    for _ in range(2):
        with pytest.raises(StoreError, match="is gone"):
            connection.store()
    assert not path.exists()
    path.with_suffix(".away").rename(path)
    assert runs.get(connection.store(), "signs")["run_id"] == "signs"
    connection.close()


def test_a_store_that_was_replaced_is_opened_again(path: Path) -> None:
    connection = Connection(f"sqlite:///{path}", Launcher())
    before = connection.store()
    assert connection.store() is before
    replace_with_empty(path)
    after = connection.store()
    assert after is not before
    with pytest.raises(KeyError):
        runs.get(after, "signs")
    connection.close()


def test_the_stamp_changes_when_the_store_is_written(store: Store, tmp_path: Path) -> None:
    before = database_stamp(store)
    assert database_stamp(store) == before
    runs.announce(store, "signs", tree(), tmp_path)
    assert database_stamp(store) != before


def test_a_store_that_was_replaced_gets_columns_of_its_own(path: Path) -> None:
    connection = Connection(f"sqlite:///{path}", Launcher())
    before = connection.table()
    assert isinstance(before, TrialTable)
    assert connection.table() is before
    replace_with_empty(path)
    assert connection.table() is not before
    connection.close()


def test_a_store_that_cannot_be_opened_is_told_when_the_app_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        create_app(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreError):
        create_app("no address at all")


def test_pages_say_that_the_store_is_gone_and_polls_keep_what_is_shown(path: Path, samples: Samples) -> None:
    app = create_app(f"sqlite:///{path}")
    browser = Browser(app)
    path.rename(path.with_suffix(".away"))
    shown = browser.call("shell-page.children", {"shell-url.pathname": "/"}, "shell-url.pathname")
    assert "is gone" in shown.text("shell-page")
    assert shown.outputs["shell-retry"]["disabled"] is False
    poll = browser.call(
        "run-state.children", {"run-id.data": "signs", "run-poll.interval": 900}, "run-poll.n_intervals"
    )
    assert poll.outputs == {}
    assert "is gone" in str(poll.side["shell-trouble"])
    assert poll.side["shell-retry"] == {"disabled": False}
    assert browser.client.get("/healthz").status_code == 503
    assert browser.client.get("/states").status_code == 204
    path.with_suffix(".away").rename(path)
    again = browser.call("shell-page.children", {"shell-url.pathname": "/"}, "shell-retry.n_intervals")
    assert "signs" in again.text("shell-page")
    assert again.outputs["shell-trouble"] == {"children": None}
    assert again.outputs["shell-retry"] == {"disabled": True}


def test_pictures_of_a_spoilt_store_are_missing_with_a_sentence(path: Path) -> None:
    client = create_app(f"sqlite:///{path}").server.test_client()
    with closing(sqlite3.connect(path)) as spoiling:
        for table in ("tunescope_datasets", "tunescope_runs"):
            spoiling.execute(f"DROP TABLE {table}")
    for address in ("/thumbnails/f00d0/1.png", "/healthz"):
        answer = client.get(address)
        assert answer.status_code == 503
        assert "could not be read just now" in answer.text
    assert client.get("/files/none/report.html").status_code == 503
    assert client.get("/assets/none.css").status_code == 404


def test_a_second_try_that_fails_too_leaves_the_page_alone(path: Path) -> None:
    browser = Browser(create_app(f"sqlite:///{path}"))
    path.unlink()
    answer = browser.call("shell-page.children", {"shell-url.pathname": "/"}, "shell-retry.n_intervals")
    assert answer.status == 204


def test_an_error_of_the_database_is_a_sentence_and_the_page_tries_again(path: Path) -> None:
    browser = Browser(create_app(f"sqlite:///{path}"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE tunescope_runs RENAME TO elsewhere")
    answer = browser.call("shell-page.children", {"shell-url.pathname": "/"}, "shell-url.pathname")
    assert "could not be read just now (no such table: tunescope_runs)" in answer.text("shell-page")
    assert answer.outputs["shell-retry"] == {"disabled": False}


def test_pages_are_read_while_a_writer_holds_the_store(path: Path) -> None:
    browser = Browser(create_app(f"sqlite:///{path}"))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert "signs" in browser.show("/")
        assert time.monotonic() - begun < 5
        writer.execute("ROLLBACK")


def test_a_store_without_room_is_told_as_a_full_disk_and_not_as_unreadable(store: Store) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as it has: none more
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(1000000)")
        connection.invalidate()
    assert "is full, so that nothing could be saved: make room" in troubles.sentence(caught.value)
