"""Projects in a temporary folder: the committed configuration, a small source, a store of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
SMALL_SEARCH = "search.models=gaussian_nb+decision_tree,search.strategies=grid+tpe,search.max_trials=8"


@dataclass(frozen=True)
class Project:
    """A Kedro project whose `data/` and store are its own."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.root}/data/trials.db"

    def run(self, params: str, *options: str) -> subprocess.CompletedProcess[str]:
        """`kedro run --params` to its end."""
        return self._ended("kedro", "run", f"--params={params}", *options)

    def configured(self, path: str) -> subprocess.CompletedProcess[str]:
        """`kedro run --config` to its end."""
        return self._ended("kedro", "run", f"--config={path}")

    def tunescope(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The `tunescope` command."""
        return self._ended("tunescope.cli", *arguments)

    def start(self, params: str) -> "subprocess.Popen[str]":
        """`kedro run` as a process that goes on."""
        return subprocess.Popen(
            [sys.executable, "-m", "kedro", "run", f"--params={params}"],
            cwd=self.root,
            env=self.environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def report(self, run_id: str, name: str) -> Path:
        return self.root / "data/08_reporting" / run_id / name

    def _ended(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.environ(), capture_output=True, text=True, timeout=240
        )

    def environ(self) -> dict[str, str]:
        """The environment of every process in the project."""
        kept = {key: value for key, value in os.environ.items() if key != "TUNESCOPE_STORE"}
        return {**kept, "COLUMNS": "400", "TERM": "dumb", **self.environment}


def make_project(root: Path) -> Project:
    """A project with the committed configuration, and photos of coloured shapes in `photos/`."""
    root.mkdir(exist_ok=True)
    shutil.copytree(ROOT / "conf", root / "conf", ignore=shutil.ignore_patterns("local"))
    (root / "conf/local").mkdir()
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / ".telemetry").write_text("consent: false\n")
    draw_photos(root / "photos")
    return Project(root)


@contextmanager
def dashboard_of(project: Project, port: int | None = None) -> Iterator[str]:
    """The address of the project's dashboard, which is a process of its own."""
    port = port or free_port()
    command = [sys.executable, "-m", "dashboard", "--port", str(port)]
    server = subprocess.Popen(command, cwd=project.root, env=project.environ(), stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def draw_photos(folder: Path, classes: int = 3, images: int = 14, size: int = 24) -> None:
    """Class folders of noisy stripes that differ in direction, so that every model can learn something."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:size, :size]
    for number in range(classes):
        wave = np.cos((number * rows + (classes - 1 - number) * columns) * 0.6)
        (folder / f"stripes{number}").mkdir(parents=True)
        for image in range(images):
            pixels = 128 + 80 * wave[..., None] + rng.normal(0, 25, (size, size, 3))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
                folder / f"stripes{number}/{image:02}.png"
            )


def kill_group(process: "subprocess.Popen[str]") -> None:
    """What a crash of the machine or an impatient person does: no process gets to say goodbye."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], object], seconds: float = 60.0, pause: float = 0.1) -> None:
    """Wait for a condition, or fail the test."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(pause)
