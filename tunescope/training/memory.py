"""How much memory a training needed."""

from pathlib import Path

import psutil

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # see proc_pid_clear_refs(5)


def reset_peak_memory(device: str = "cpu") -> None:
    """Begin to measure. Where the system cannot forget the peak of a process, it stays that of its life."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
    elif _RESET.exists():
        try:
            _RESET.write_text(_RESET_PEAK)
        except OSError:  # a container may forbid it
            return


def peak_memory(device: str = "cpu") -> int:
    """Bytes that were taken at most: of a GPU's memory by tensors, or of main memory by the process."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    return _peak_of_status() or _peak_of_process()


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
