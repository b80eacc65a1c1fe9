"""What a measurement ran on."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = (
    "tunescope",
    "numpy",
    "pillow",
    "scikit-learn",
    "scikit-image",
    "torch",
    "torchvision",
    "optuna",
    "kedro",
)


def usable_cores() -> int:
    """Cores that this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device_manifest() -> dict[str, Any]:
    """Describe the machine and the software, as plain data that JSON can hold.

    Returns:
        ``cpu`` (its model), ``cores`` (that this process may use), ``memory_bytes``, ``gpus`` (a list of
        ``name``, ``memory_bytes`` and ``driver``; empty without ``nvidia-smi``), ``system``, ``python``,
        ``libraries`` (name to version, of those installed) and ``commit`` (of a working copy, or None).
    """
    import psutil  # here, because most users of this room only want the clock

    return {
        "cpu": _cpu_model(),
        "cores": usable_cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "gpus": _gpus(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": _libraries(),
        "commit": _commit(),
    }


@cache
def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _gpus() -> list[dict[str, Any]]:
    query = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
    return [_gpu(line) for line in _output_of("nvidia-smi", *query).splitlines() if line.count(",") == 2]


def _gpu(line: str) -> dict[str, Any]:
    """Read one line of ``nvidia-smi``, whose memory is in MiB, or not a number on some devices."""
    name, memory, driver = (part.strip() for part in line.split(","))
    return {"name": name, "memory_bytes": int(memory) * 2**20 if memory.isdigit() else None, "driver": driver}


def _libraries() -> dict[str, str]:
    return {name: found for name in LIBRARIES if (found := _version(name))}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the repository whose root holds this package; None for an installed copy."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    return _output_of("git", "-C", str(root), "rev-parse", "--verify", "--quiet", "HEAD").strip() or None


@cache
def _output_of(*command: str) -> str:
    """What a command prints; empty when it is missing, fails or hangs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
