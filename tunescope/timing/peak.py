"""How fast a device computes at best."""

import statistics
import time
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

# Rows and columns of the product: large enough to keep a device busy, small enough to be done at once.
CPU_SIZE, CUDA_SIZE = 1024, 8192
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
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        # No random numbers: those of a training must not depend on who was measured before it.
        matrix = torch.full((size, size), 1 / size, device=device, dtype=getattr(torch, precision))
        times = [_seconds(matrix) for _ in range(1 + REPEATS)]
    finally:
        torch.set_num_threads(before)
    return 2 * size**3 / statistics.median(times[1:])


def _seconds(matrix: "Tensor") -> float:
    import torch

    _wait(matrix)
    begun = time.perf_counter()
    with torch.no_grad():
        torch.mm(matrix, matrix)
    _wait(matrix)
    return time.perf_counter() - begun


def _wait(matrix: "Tensor") -> None:
    import torch

    if matrix.is_cuda:
        torch.cuda.synchronize(matrix.device)
