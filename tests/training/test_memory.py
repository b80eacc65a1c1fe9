"""The peak of memory is that of the time since it was reset."""

import sys
from mmap import mmap

import pytest

from tunescope.training.memory import peak_memory, reset_peak_memory

MIB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and forgets a process's peak")
def test_a_peak_is_seen_after_it_has_passed_and_forgotten_on_reset() -> None:
    reset_peak_memory()
    before = peak_memory().host_bytes
    # Straight from the system: the allocator may have as much left over from what ran before.
    with mmap(-1, 200 * MIB) as memory:
        memory.write(bytes(200 * MIB))
    assert peak_memory().host_bytes - before > 150 * MIB
    reset_peak_memory()
    assert peak_memory().host_bytes - before < 100 * MIB


def test_a_cpu_has_no_memory_of_its_own() -> None:
    assert peak_memory("cpu").device_bytes is None


def test_the_tensors_of_a_gpu_and_the_process_are_told_apart() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    reset_peak_memory("cuda")
    torch.zeros(200 * MIB, dtype=torch.uint8, device="cuda")
    peak = peak_memory("cuda")
    assert peak.device_bytes is not None
    assert 200 * MIB <= peak.device_bytes < 400 * MIB
    assert peak.host_bytes > 10 * MIB
