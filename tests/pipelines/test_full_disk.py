"""A disk that fills up under a running search, for real: on a file system of its own."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from projects import make_project, wait_until

from tunescope.store import frames, open_store

SEARCH = (
    "run.id=full,dataset.source=photos,search.models=gaussian_nb+decision_tree,search.strategies=random,"
    "search.max_seconds=30"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """64 MB of room."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(tmp_path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can mount a small file system here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)


@pytest.mark.long
def test_a_full_disk_ends_the_run_with_one_sentence_and_it_goes_on_when_there_is_room(disk: Path) -> None:
    project = make_project(disk / "project")
    log = disk.parent / "full.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "kedro", "run", f"--params={SEARCH}"],
            cwd=project.root,
            env=project.environ(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    database = project.root / "data/trials.db"
    wait_until(database.exists)
    store = open_store(project.store_url)
    wait_until(lambda: (frames.trials_frame(store, "full")["state"] == "COMPLETE").sum() >= 3)
    fill(disk / "filler")
    assert process.wait(60) == 1
    said = log.read_text()
    assert "a disk is full" in said
    assert "launch run `full` again" in " ".join(said.split())
    assert "Traceback" not in said
    before = frames.trials_frame(store, "full")
    assert (before["state"] == "FAIL").sum() == 0
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()

    (disk / "filler").unlink()
    again = project.run(SEARCH)
    assert again.returncode == 0, again.stderr
    after = frames.trials_frame(store, "full")
    kept = set(before[before["state"] == "COMPLETE"]["number"])
    assert kept <= set(after[after["state"] == "COMPLETE"]["number"])
    store.close()
