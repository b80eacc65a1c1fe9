"""What a GPU consumed, by the counter that its driver keeps."""

from typing import Any


class EnergyMeter:
    """Counts from when it is made.

    The counter is that of the whole board: whatever else runs on it is in it, the processor and the rest of
    the machine are not. It is refreshed some ten times a second, so a fraction of a second tells little.

    Args:
        device: ``cpu``, which nobody measures here, or a CUDA device.
    """

    def __init__(self, device: str) -> None:
        self._handle = _handle(device) if device.startswith("cuda") else None
        self._begin = _millijoules(self._handle)

    def joules(self) -> float | None:
        """Joules since then; None without a GPU, or where its driver (NVML) does not tell."""
        now = _millijoules(self._handle)
        return None if now is None or self._begin is None else (now - self._begin) / 1000


def _handle(device: str) -> Any:
    """NVML's handle of a device that torch names, by its unique id: the two count in different orders."""
    try:
        import pynvml  # type: ignore[import-untyped]
    except ImportError:
        return None
    import torch

    try:
        pynvml.nvmlInit()
        return pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
    except pynvml.NVMLError:
        return None


def _millijoules(handle: Any) -> int | None:
    """What the counter shows: since the driver was loaded, on GPUs of 2017 (Volta) and later."""
    if handle is None:
        return None
    import pynvml

    try:
        return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))
    except pynvml.NVMLError:
        return None
