"""How many workers a machine takes, and which GPU each gets."""

import pytest

from tunescope.execution import default_workers, slots
from tunescope.timing import usable_cores


@pytest.fixture
def gpus(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(slots, "_gpus", lambda: request.param)
    return int(request.param)


@pytest.mark.parametrize(
    ("gpus", "device", "expected"),
    [
        (2, "auto", 2),
        (2, "cuda", 2),
        (2, "cuda:1", 1),
        (2, "cpu", usable_cores()),
        (0, "auto", usable_cores()),
        (0, "cuda", 1),
    ],
    indirect=["gpus"],
)
def test_there_is_a_worker_for_each_gpu_or_each_core(gpus: int, device: str, expected: int) -> None:
    assert default_workers(device) == expected
    machine = {"cores": usable_cores(), "gpus": [{}] * gpus, "cuda": "13.0" if gpus else None}
    assert slots.workers_of(machine, device) == expected


def test_of_an_unknown_machine_nobody_can_tell() -> None:
    assert slots.workers_of({}, "auto") == 0


@pytest.mark.parametrize(
    ("gpus", "wanted", "devices"),
    [
        (2, "auto", ["cuda:0", "cuda:1", "cuda:0"]),
        (2, "cuda", ["cuda:0", "cuda:1", "cuda:0"]),
        (1, "auto", ["cuda:0"] * 3),
        (2, "cuda:1", ["cuda:1"] * 3),
        (2, "cpu", ["cpu"] * 3),
        (0, "auto", ["cpu"] * 3),
        (0, "cuda", ["cuda"] * 3),
    ],
    indirect=["gpus"],
)
def test_workers_take_gpus_in_turn(gpus: int, wanted: str, devices: list[str]) -> None:
    assert [slots.device_of(worker, wanted) for worker in range(3)] == devices


def test_as_many_gpus_are_found_as_pytorch_has() -> None:
    import torch

    assert slots._gpus() == torch.cuda.device_count()
