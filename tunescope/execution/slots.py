"""Which device each worker trains on, and how many workers a machine takes."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunescope.timing import usable_cores

# What Linux shows of NVIDIA's GPUs, of those under Windows, and of AMD's.
_TRACES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def default_workers(device: str) -> int:
    """One worker a GPU where trials run on GPUs, else one a core.

    Args:
        device: `auto` (GPUs where there are some), `cpu`, `cuda` (all GPUs) or one of them, such as `cuda:1`.
    """
    if device == "cpu":
        return usable_cores()
    if device.startswith("cuda:"):
        return 1
    return _gpus() or (usable_cores() if device == "auto" else 1)


def workers_of(machine: Mapping[str, Any], device: str) -> int:
    """How many workers a machine takes by its manifest; 0 where that is empty.

    Args:
        machine: what :func:`tunescope.timing.device_manifest` says.
        device: as for :func:`default_workers`.
    """
    if not machine:
        return 0
    if device.startswith("cuda:"):
        return 1
    gpus = len(machine.get("gpus", ())) if machine.get("cuda") and device != "cpu" else 0
    return gpus or (int(machine.get("cores", 0)) if device != "cuda" else 1)


def device_of(worker: int, wanted: str) -> str:
    """The device of a worker, by its number: `auto` and `cuda` share the GPUs out, in turn.

    Args:
        worker: from 0.
        wanted: as for :func:`default_workers`.

    Returns:
        `cpu` or a CUDA device such as `cuda:1`; `cuda` where it is wanted but PyTorch finds no GPU
    """
    if wanted not in {"auto", "cuda"}:
        return wanted
    gpus = _gpus()
    if not gpus:
        return "cpu" if wanted == "auto" else wanted
    return f"cuda:{worker % gpus}"


def _gpus() -> int:
    """How many PyTorch finds; where the system shows none, it is not asked: its import takes seconds."""
    if sys.platform == "linux" and not any(Path(trace).exists() for trace in _TRACES):
        return 0
    import torch

    return torch.cuda.device_count()
