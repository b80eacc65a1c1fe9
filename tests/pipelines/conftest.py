"""Fixtures for runs in projects of their own."""

from pathlib import Path

import pytest
from projects import SMALL_SEARCH, Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which nothing has run yet."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which run `main` has ended; shared by the tests of a file."""
    project = make_project(tmp_path_factory.mktemp("finished") / "project")
    ended = project.run(f"run.id=main,dataset.source=photos,{SMALL_SEARCH}")
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return project
