"""How fast a device computes at best, and how fast its memory answers."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

# Rows and columns of the product: large enough to keep a device busy, small enough to be done at once.
CPU_SIZE, CUDA_SIZE = 1024, 8192
# Bytes of a copy: more than the caches of a core, and of the GPUs of our time, hold.
COPIED = 128 * 2**20
REPEATS = 5


@cache
def measured_peak(device: str, precision: str, threads: int) -> float:
    """Measure the floating point operations a second of a large matrix product, once in a process.

    Args:
        device: ``cpu`` or a CUDA device.
        precision: ``float32`` or ``bfloat16``. On a GPU, float32 is as PyTorch is set: without TF32 unless
            the process allowed it.
        threads: that the CPU may use.

    Returns:
        2 n^3 over the median of five times, after one that is not counted.
    """
    import torch

    size = CUDA_SIZE if device.startswith("cuda") else CPU_SIZE
    with _using(threads):
        # No random numbers: those of a training must not depend on who was measured before it.
        matrix = torch.full((size, size), 1 / size, device=device, dtype=getattr(torch, precision))
        return 2 * size**3 / _seconds(lambda: torch.mm(matrix, matrix), matrix)


@cache
def measured_bandwidth(device: str, threads: int) -> float:
    """Measure the bytes a second that a large copy reads and writes, once in a process.

    Args:
        device: ``cpu`` or a CUDA device.
        threads: that the CPU may use.

    Returns:
        Twice the bytes of the copy, as they are read and written, over the median of five times, after one
        that is not counted. That a CPU may fetch a line of memory before it overwrites it is not counted
        (as in the STREAM benchmark's ``copy``).
    """
    import torch

    with _using(threads):
        source = torch.zeros(COPIED, device=device, dtype=torch.uint8)
        target = torch.empty_like(source)
        return 2 * COPIED / _seconds(lambda: target.copy_(source), source)


@contextmanager
def _using(threads: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _seconds(action: Callable[[], object], operand: "Tensor") -> float:
    """The median of five times, after one that is not counted."""
    times = [_seconds_once(action, operand) for _ in range(1 + REPEATS)]
    return statistics.median(times[1:])


def _seconds_once(action: Callable[[], object], operand: "Tensor") -> float:
    import torch

    _wait(operand)
    begun = time.perf_counter()
    with torch.no_grad():
        action()
    _wait(operand)
    return time.perf_counter() - begun


def _wait(operand: "Tensor") -> None:
    import torch

    if operand.is_cuda:
        torch.cuda.synchronize(operand.device)
