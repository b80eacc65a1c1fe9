"""Stores on every backend: SQLite always, PostgreSQL where Debian's server is installed."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tunescope.store import Store, open_store


def _postgresql_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _as_postgres(*command: str) -> None:
    """PostgreSQL refuses to run as root: use its own account there."""
    prefix = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
    subprocess.run([*prefix, *command], check=True, capture_output=True, cwd="/tmp")


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that lives as long as the test session."""
    binaries = _postgresql_bin()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    if getpass.getuser() == "root":
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    _as_postgres(str(binaries / "initdb"), "--auth=trust", "--username=tunescope", "--no-sync", data)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = str(binaries / "pg_ctl")
    _as_postgres(control, "start", "--wait", "-D", data, "-o", options, "-l", str(folder / "log"))
    try:
        yield f"postgresql+psycopg://tunescope@127.0.0.1:{port}"
    finally:
        _as_postgres(control, "stop", "-D", data, "-m", "immediate")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where there is no store yet."""
    return _new_address(request, tmp_path)


def _new_address(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder}/trials.db"
    server = request.getfixturevalue("postgresql_server")
    import psycopg

    name = f"test_{os.getpid()}_{abs(hash(folder))}"
    with psycopg.connect(server.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return f"{server}/{name}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An open store that the tests of a module share: making one takes longer than most tests."""
    opened = open_store(_new_address(request, tmp_path_factory.mktemp("shared")))
    yield opened
    opened.close()


@pytest.fixture
def emptied_store(shared_store: Store) -> Store:
    """The shared store, without any study."""
    for study in shared_store.storage.get_all_studies():
        shared_store.storage.delete_study(study._study_id)
    return shared_store


@pytest.fixture
def store(store_address: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(store_address)
    yield opened
    opened.close()
