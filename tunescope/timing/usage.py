"""What this process and its children use of the machine: processor, memory, GPUs."""

import time
from typing import Any, NamedTuple

import psutil


class Usage(NamedTuple):
    """One sample; ``cpu_percent`` is 100 for one core at work.

    ``memory_bytes`` counts what several processes share once, where the system tells. ``gpus`` has `name`,
    `utilization` (percent) and `memory_bytes` of each GPU of the machine, whoever uses it; None without any.
    """

    cpu_percent: float
    memory_bytes: int
    gpus: list[dict[str, Any]] | None


class UsageMeter:
    """Samples on request; the share of the processor is that since the sample before."""

    def __init__(self) -> None:
        self._gpus = _gpu_handles()
        self._at, self._cpu = time.monotonic(), self._cpu_seconds()

    def sample(self) -> Usage:
        """What is used now; a process that ends meanwhile is left out."""
        before, at_before = self._cpu, self._at
        self._at, self._cpu = time.monotonic(), self._cpu_seconds()
        spent = sum(seconds - before.get(process, 0.0) for process, seconds in self._cpu.items())
        share = 100 * spent / max(self._at - at_before, 1e-3)
        return Usage(round(share, 1), sum(map(_memory, self._cpu)), _gpu_samples(self._gpus))

    def _cpu_seconds(self) -> dict[psutil.Process, float]:
        """Of each process by now. Equal processes have the same id and the same time of birth."""
        here = psutil.Process()
        found = {}
        for process in (here, *here.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            found[process] = times.user + times.system
        return found


def _memory(process: psutil.Process) -> int:
    """Bytes of a process, its share of what it has in common with others; 0 when it has ended."""
    try:
        about = process.memory_full_info()
        return int(getattr(about, "pss", about.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _gpu_handles() -> list[Any]:
    try:
        import pynvml  # type: ignore[import-untyped]

        pynvml.nvmlInit()
        return [pynvml.nvmlDeviceGetHandleByIndex(one) for one in range(pynvml.nvmlDeviceGetCount())]
    except ImportError:
        return []
    except pynvml.NVMLError:
        return []


def _gpu_samples(handles: list[Any]) -> list[dict[str, Any]] | None:
    """One object a GPU, without what its driver does not tell; None where there is no GPU."""
    return [_gpu_sample(handle) for handle in handles] or None


def _gpu_sample(handle: Any) -> dict[str, Any]:
    import pynvml

    asked = {
        "name": pynvml.nvmlDeviceGetName,
        "utilization": lambda one: float(pynvml.nvmlDeviceGetUtilizationRates(one).gpu),
        "memory_bytes": lambda one: int(pynvml.nvmlDeviceGetMemoryInfo(one).used),
    }
    found = {}
    for key, ask in asked.items():
        try:
            found[key] = ask(handle)
        except pynvml.NVMLError:
            continue
    return found
