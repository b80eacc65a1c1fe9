"""A dashboard as a process of its own, asked over HTTP."""

import gzip
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Answer:
    seconds: float
    sent: int
    content: bytes


class Server:
    """A dashboard as a process."""

    def __init__(self, command: list[str], port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self, path: str) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(self.address + path, timeout=60).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"nothing answers at {self.address}")

    def ask(self, path: str, body: Any = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept-Encoding": "gzip", "Content-Type": "application/json"}
        begun = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(self.address + path, data, headers)) as answer:
            sent = answer.read()
        taken = time.perf_counter() - begun
        is_packed = answer.headers.get("Content-Encoding") == "gzip"
        return Answer(taken, len(sent), gzip.decompress(sent) if is_packed else sent)

    @property
    def memory(self) -> float:
        """Megabytes."""
        return float(psutil.Process(self._process.pid).memory_info().rss / 1e6)

    @property
    def cpu_seconds(self) -> float:
        """Processor time that it has taken, of all its threads."""
        taken = psutil.Process(self._process.pid).cpu_times()
        return float(taken.user + taken.system)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def dashboard(path: Path) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--store", f"sqlite:///{path}"]
    server = Server(command, port)
    try:
        yield server
    finally:
        server.stop()
