"""A training that was cut off goes on where it was, and ends as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tunescope.datasets import PackedDataset
from tunescope.parameters import TrainingParameters
from tunescope.training import Epoch, Trained, train

# Everything that has a state of its own: momentum, averaged weights, dropout, augmentation, mixing.
RICH = {
    "width": 8,
    "blocks": 0,
    "epochs": 8,
    "optimizer": "sgd",
    "ema": 0.1,
    "dropout": 0.3,
    "mixing": "cutmix",
    "policy": "plateau",
}


class _CutOff(Exception):  # noqa: N818  it stands for a kill
    pass


def _train(dataset: PackedDataset, chosen: dict[str, Any] | None = None, **options: Any) -> Trained:
    return train("cnn", {**RICH, **(chosen or {})}, dataset, {}, **{"seed": 3} | options)


def _cut_off(dataset: PackedDataset, checkpoint: Path, after: int, **options: Any) -> None:
    def hear(epoch: Epoch) -> None:
        if epoch.number == after + 1:
            raise _CutOff

    with pytest.raises(_CutOff):
        _train(dataset, checkpoint=checkpoint, on_epoch=hear, **options)


def _weights(trained: Trained) -> dict[str, torch.Tensor]:
    return trained.predictor.module.state_dict()  # type: ignore[attr-defined]


def _assert_equal(first: Trained, second: Trained) -> None:
    ours, theirs = _weights(first), _weights(second)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    np.testing.assert_array_equal(first.validation_probabilities, second.validation_probabilities)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_a_training_that_goes_on_ends_with_the_weights_of_an_unbroken_one(
    dataset: PackedDataset, tmp_path: Path, optimizer: str
) -> None:
    chosen = {"optimizer": optimizer}
    unbroken = _train(dataset, chosen)
    with pytest.raises(_CutOff):
        _train(dataset, chosen, checkpoint=tmp_path / "it.pt", on_epoch=_raising_after(3))
    heard: list[Epoch] = []
    resumed = _train(dataset, chosen, checkpoint=tmp_path / "it.pt", on_epoch=heard.append)
    _assert_equal(unbroken, resumed)
    assert [epoch.number for epoch in heard] == list(range(1, 9))
    assert not (tmp_path / "it.pt").exists()


def _raising_after(epochs: int) -> Any:
    def hear(epoch: Epoch) -> None:
        if epoch.number == epochs + 1:
            raise _CutOff

    return hear


def test_time_before_the_cut_counts(dataset: PackedDataset, tmp_path: Path) -> None:
    _cut_off(dataset, tmp_path / "it.pt", after=6)
    resumed = _train(dataset, checkpoint=tmp_path / "it.pt")
    later = _train(dataset)
    assert (
        resumed.phases["forward"] > 0.4 * later.phases["forward"]
    )  # two of eight epochs alone are a quarter
    assert sum(resumed.phases.values()) == pytest.approx(resumed.seconds, rel=0.05)


@pytest.mark.parametrize(
    "other", [{"seed": 4}, {"chosen": {"dropout": 0.2}}, {"options": TrainingParameters(precision="float32")}]
)
def test_a_checkpoint_of_another_training_is_passed_over(
    dataset: PackedDataset, tmp_path: Path, other: dict[str, Any]
) -> None:
    _cut_off(dataset, tmp_path / "it.pt", after=3)
    heard: list[Epoch] = []
    fresh = _train(dataset, **other)
    _assert_equal(fresh, _train(dataset, checkpoint=tmp_path / "it.pt", on_epoch=heard.append, **other))


@pytest.mark.parametrize("content", [b"", b"no checkpoint", "cut"])
def test_a_damaged_checkpoint_is_passed_over(
    dataset: PackedDataset, tmp_path: Path, content: bytes | str
) -> None:
    path = tmp_path / "it.pt"
    _cut_off(dataset, path, after=3)
    path.write_bytes(path.read_bytes()[:1000] if isinstance(content, str) else content)
    _assert_equal(_train(dataset), _train(dataset, checkpoint=path))


def test_a_process_that_is_killed_in_the_middle_is_gone_on_with(
    dataset: PackedDataset, tmp_path: Path
) -> None:
    """Killed for good, not asked: what counts is what lies on disk."""
    path = tmp_path / "it.pt"
    code = (
        "import sys; from pathlib import Path;"
        "from tunescope.datasets import PackedDataset; from tunescope.training import train;"
        f"train('cnn', {RICH | {'epochs': 40}}, PackedDataset.open(sys.argv[1]), {{}}, seed=3,"
        "checkpoint=Path(sys.argv[2]), on_epoch=lambda epoch: print(epoch.number, flush=True))"
    )
    command = [sys.executable, "-c", code, str(dataset.folder), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 5:
                time.sleep(0.01)  # into the next epoch, or the writing of this one
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait()
    assert path.exists()
    chosen = {"epochs": 40}
    _assert_equal(_train(dataset, chosen), _train(dataset, chosen, checkpoint=path))
