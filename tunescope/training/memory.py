"""How much memory a training needed."""

from dataclasses import dataclass
from pathlib import Path

import psutil

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # see proc_pid_clear_refs(5)


@dataclass(frozen=True)
class PeakMemory:
    """Bytes that were taken at most.

    Attributes:
        host_bytes: of main memory, by the whole process with its libraries.
        device_bytes: of a GPU's memory, by tensors; None on the CPU.
    """

    host_bytes: int
    device_bytes: int | None


def reset_peak_memory(device: str = "cpu") -> None:
    """Begin to measure. Where the system cannot forget the peak of a process, it stays that of its life."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
    if _RESET.exists():
        try:
            _RESET.write_text(_RESET_PEAK)
        except OSError:  # a container may forbid it
            return


def peak_memory(device: str = "cpu") -> PeakMemory:
    """What was taken at most since :func:`reset_peak_memory`, here and on the device."""
    return PeakMemory(_peak_of_status() or _peak_of_process(), _peak_of_device(device))


def _peak_of_device(device: str) -> int | None:
    if not device.startswith("cuda"):
        return None
    import torch

    return int(torch.cuda.max_memory_allocated(device))


def _peak_of_status() -> int | None:
    try:
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def _peak_of_process() -> int:
    """What other systems tell: the peak on Windows, elsewhere what is taken now."""
    info = psutil.Process().memory_info()
    return int(getattr(info, "peak_wset", info.rss))
