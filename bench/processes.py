"""Watching a process and its children: how long, how much memory."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

_SAMPLE_SECONDS = 0.5


@dataclass(frozen=True)
class Cost:
    """Wall seconds of a command, and the peak of its process tree's memory in bytes.

    Memory is proportional set size: pages that processes share count once.
    """

    seconds: float
    memory_bytes: int


def watched(command: list[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end; its output goes to the terminal's error stream.

    Raises:
        RuntimeError: when the command fails.
    """
    started = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=sys.stderr)
    tree, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, _memory(tree))
        time.sleep(_SAMPLE_SECONDS)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return Cost(time.monotonic() - started, peak)


def _memory(tree: psutil.Process) -> int:
    total = 0
    try:
        for process in (tree, *tree.children(recursive=True)):
            total += process.memory_full_info().pss
    except psutil.NoSuchProcess:  # it has just ended: the next sample is complete again
        return 0
    return total
