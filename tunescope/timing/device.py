"""What a measurement ran on."""

import os
import platform
import re
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
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
# Vector instructions that decide how fast a CPU multiplies, as Linux names them.
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")


def usable_cores() -> int:
    """Cores that this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device_manifest() -> dict[str, Any]:
    """Describe the machine and the software, as plain data that JSON can hold.

    Returns:
        ``cpu`` (its model), ``cores`` (that this process may use), ``instructions`` (for vectors, of those
        that matter to training), ``governor`` (of the clock rate; None where the system does not tell),
        ``memory_bytes``, ``gpus`` (a list of ``name``, ``memory_bytes`` and ``driver``; empty without
        ``nvidia-smi``), ``cuda`` and ``cudnn`` (versions that PyTorch brings; None where it has none),
        ``system``, ``python``, ``libraries`` (name to version, of those installed) and ``commit`` (of a
        working copy, or None).
    """
    import psutil  # here, because most users of this room only want the clock

    return {
        "cpu": _cpu_model(),
        "cores": usable_cores(),
        "instructions": _instructions(),
        "governor": _text_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip() or None,
        "memory_bytes": psutil.virtual_memory().total,
        "gpus": _gpus(),
        "cuda": _cuda(),
        "cudnn": _cudnn(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": _libraries(),
        "commit": _commit(),
    }


def _cpu_model() -> str:
    return _cpu_field("model name") or platform.processor() or platform.machine()


def _instructions() -> list[str]:
    known = {*_cpu_field("flags").split(), *_cpu_field("Features").split()}
    return [name for name in INSTRUCTIONS if name in known]


def _cpu_field(name: str) -> str:
    """What Linux says of the first core; empty elsewhere."""
    fields = (line.partition(":") for line in _text_of("/proc/cpuinfo").splitlines())
    return next((value.strip() for key, _, value in fields if key.strip() == name), "")


@cache
def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _cuda() -> str | None:
    """As PyTorch wrote it down: to ask itself would take seconds."""
    found = find_spec("torch")
    written = _text_of(str(Path(found.origin).with_name("version.py"))) if found and found.origin else ""
    match = re.search(r"^cuda\b.*'([\d.]+)'", written, re.MULTILINE)
    return match[1] if match else None


def _cudnn() -> str | None:
    """Of the package that PyTorch's own builds need, whose name ends in CUDA's version."""
    names = ((one.metadata["Name"] or "", one.version) for one in distributions())
    return next((release for name, release in names if name.startswith("nvidia-cudnn-cu")), None)


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
