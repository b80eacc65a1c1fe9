"""The peak of memory is that of the time since it was reset."""

import sys

import numpy as np
import pytest

from tunescope.training.memory import peak_memory, reset_peak_memory

MIB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and forgets a process's peak")
def test_a_peak_is_seen_after_it_has_passed_and_forgotten_on_reset() -> None:
    reset_peak_memory()
    before = peak_memory()
    np.ones(200 * MIB, np.uint8)  # freed at once
    assert peak_memory() - before > 150 * MIB
    reset_peak_memory()
    assert peak_memory() - before < 100 * MIB
