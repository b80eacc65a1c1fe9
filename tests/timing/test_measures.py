"""Peak speed, energy and costly operators."""

import shutil
import time

import pytest
import torch
from torch import nn

from tunescope.timing import peak
from tunescope.timing.energy import EnergyMeter
from tunescope.timing.operators import operator_profile
from tunescope.timing.peak import measured_bandwidth, measured_peak


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_peak_is_what_a_product_reaches(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, "CPU_SIZE", 256)
    measured_peak.cache_clear()
    # Between a thousandth and a thousand times of what one core of our time does.
    assert 1e8 < measured_peak("cpu", precision, 1) < 1e14
    measured_peak.cache_clear()


def test_a_peak_is_measured_once_and_leaves_threads_and_random_numbers_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peak, "CPU_SIZE", 128)
    measured_peak.cache_clear()
    threads, random = torch.get_num_threads(), torch.get_rng_state()
    assert measured_peak("cpu", "float32", threads + 1) == measured_peak("cpu", "float32", threads + 1)
    assert measured_peak.cache_info().misses == 1
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), random)
    measured_peak.cache_clear()


def test_the_bandwidth_is_what_a_copy_reaches_and_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, "COPIED", 2**22)
    measured_bandwidth.cache_clear()
    threads, random = torch.get_num_threads(), torch.get_rng_state()
    # From a memory card to the fastest caches of our time.
    assert 1e7 < measured_bandwidth("cpu", threads + 1) < 1e14
    assert measured_bandwidth("cpu", threads + 1) == measured_bandwidth("cpu", threads + 1)
    assert measured_bandwidth.cache_info().misses == 1
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), random)
    measured_bandwidth.cache_clear()


def test_nobody_measures_the_energy_of_a_cpu() -> None:
    assert EnergyMeter("cpu").joules() is None


def test_a_gpu_whose_driver_does_not_answer_has_no_energy() -> None:
    if shutil.which("nvidia-smi"):
        pytest.skip("this machine has a driver that answers")
    assert EnergyMeter("cuda").joules() is None


def test_a_gpu_that_works_consumes_energy() -> None:
    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    meter, square = EnergyMeter("cuda"), torch.rand(4096, 4096, device="cuda")
    begin = time.perf_counter()
    while time.perf_counter() - begin < 1:
        square @ square
        torch.cuda.synchronize()
    joules = meter.joules()
    if joules is None:
        pytest.skip("this GPU has no counter of energy")
    assert 10 < joules < 2000  # watts, as it was a second


def _train(steps: int, profile) -> None:
    module, images = nn.Conv2d(3, 8, 3), torch.rand(2, 3, 8, 8)
    for _ in range(steps):
        module(images).sum().backward()
        profile.step()


def test_operators_are_listed_with_their_calls_and_shares_the_dearest_first() -> None:
    with operator_profile(True, "cpu") as profile:
        _train(4, profile)
    rows = profile.top(100)
    by_name = {row["name"]: row for row in rows}
    assert list(rows[0]) == ["name", "calls", "seconds", "share"]
    assert by_name["aten::convolution"]["calls"] == 3
    assert by_name["aten::convolution_backward"]["calls"] == 3
    assert [row["seconds"] for row in rows] == sorted((row["seconds"] for row in rows), reverse=True)
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert profile.top(2) == rows[:2]


def test_a_profile_listens_to_twenty_steps_after_the_first() -> None:
    with operator_profile(True, "cpu") as profile:
        _train(30, profile)
    (row,) = (row for row in profile.top(100) if row["name"] == "aten::convolution")
    assert row["calls"] == 20


def test_before_the_first_step_has_ended_there_is_nothing_to_list() -> None:
    with operator_profile(True, "cpu") as profile:
        pass
    assert profile.top() == []


def test_a_profile_is_closed_when_the_training_fails() -> None:
    def fail() -> None:
        with operator_profile(True, "cpu") as profile:
            _train(2, profile)
            raise KeyError

    for _ in range(2):  # the second would find the first still open
        with pytest.raises(KeyError):
            fail()


def test_no_profile_lists_nothing() -> None:
    with operator_profile(False, "cpu") as profile:
        _train(1, profile)
    assert profile.top() == []
