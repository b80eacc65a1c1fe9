"""A full disk is recognized however it is told, and silences nobody for good."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from projects import wait_until
from sqlalchemy import text

from tunescope.store import open_store, runs
from tunescope.store.full_disk import full_disk_sentence, tells_of_full_disk


def _caused(by: BaseException) -> RuntimeError:
    try:
        raise RuntimeError("it did not work") from by
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    "problem",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        sqlite3.OperationalError("database or disk is full"),
        'could not extend file "base/1": No space left on device',
        _caused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))),
    ],
)
def test_a_full_disk_is_recognized(problem: BaseException | str) -> None:
    assert tells_of_full_disk(problem)


@pytest.mark.parametrize("problem", [None, "", ValueError("full of errors"), OSError(errno.EIO, "broken")])
def test_other_troubles_are_not_taken_for_one(problem: BaseException | str | None) -> None:
    assert not tells_of_full_disk(problem)


def test_the_sentence_names_the_places_and_the_mend() -> None:
    sentence = full_disk_sentence("first", "/data", "sqlite:///trials.db")
    assert "`/data` or `sqlite:///trials.db`" in sentence
    assert "launch run `first` again" in sentence


def test_a_run_signs_again_after_signatures_that_the_store_did_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.05)
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    launch = runs.claim(store, "first", {}, tmp_path)
    with runs.heartbeat(store, launch):
        first = runs.get(store, "first")["heartbeat"]
        wait_until(lambda: runs.get(store, "first")["heartbeat"] > first)
        refusal = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        with store.engine.begin() as connection:
            connection.execute(text(f"CREATE TRIGGER full BEFORE UPDATE ON tunescope_runs {refusal}"))
        refused = runs.get(store, "first")["heartbeat"]
        # Long enough for several signatures.
        wait_until(lambda: (runs.now() - refused).total_seconds() > 0.3)
        assert runs.get(store, "first")["heartbeat"] == refused
        with store.engine.begin() as connection:
            connection.execute(text("DROP TRIGGER full"))
        wait_until(lambda: runs.get(store, "first")["heartbeat"] > refused)
    store.close()
