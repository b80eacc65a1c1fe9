"""Out of memory: the batch goes through in pieces, or the trial fails with a reason."""

import json
import subprocess
import sys
import weakref
from typing import Any

import numpy as np
import pytest
import torch
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.parameters import TrainingParameters
from tunescope.training import TrainingFault, task, train
from tunescope.training.deep_predictor import build_module
from tunescope.training.faults import BrokenBackward, ran_out_of_memory


def test_the_errors_of_devices_and_of_the_system_are_known() -> None:
    assert ran_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert ran_out_of_memory(MemoryError())
    assert not ran_out_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not ran_out_of_memory(ValueError("not enough memory"))
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**55)
    assert ran_out_of_memory(raised.value)


class Activation:
    """What a forward pass leaves for the backward pass."""


class Remembering(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, activation: Activation) -> torch.Tensor:
        ctx.activation = activation
        return values.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient, None


def _broken_backward_pass() -> "weakref.ref[Activation]":
    """One that fails between two layers, where the gradient of a weight is stored."""

    def refuse(gradient: torch.Tensor) -> None:
        raise MemoryError

    activation = Activation()
    inputs, weights = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    weights.register_hook(refuse)
    loss = (Remembering.apply(inputs, activation) * weights).sum()
    with pytest.raises(MemoryError):
        loss.backward()
    return weakref.ref(activation)


def test_what_a_backward_pass_held_when_it_failed_is_given_back_each_time() -> None:
    broken = BrokenBackward()
    for _ in range(2):
        held = _broken_backward_pass()
        broken.let_go()
        assert held() is None


# A training whose address space is limited to what it has at its beginning, and some more.
LIMITED = """
import json, resource, sys
import psutil, torch
from tunescope.datasets import PackedDataset
from tunescope.parameters import TrainingParameters
from tunescope.training import TrainingFault, train

folder, more, halve = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "halve"
dataset = PackedDataset.open(folder)
chosen = {"width": 48, "blocks": 0, "epochs": 1, "batch_size": 128, "augmentation": 0.0, "mirror": "never"}
options = TrainingParameters(halve_batch=halve, precision="float32")
train("cnn", chosen | {"batch_size": 16, "width": 8}, dataset, {}, seed=0, options=options)
limit = psutil.Process().memory_info().vms + more * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    trained = train("cnn", chosen, dataset, {}, seed=0, options=options)
    print(json.dumps([trained.costs.batch_size, trained.costs.micro_batch, list(trained.notes)]))
except TrainingFault as fault:
    print(json.dumps(str(fault)))
"""


def _limited(dataset: PackedDataset, mebibytes: int, halve: str) -> Any:
    command = [sys.executable, "-c", LIMITED, str(dataset.folder), str(mebibytes), halve]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> PackedDataset:
    return pattern_dataset(tmp_path_factory.mktemp("many") / "patterns", classes=2, images=1720, side=32)


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits the address space as Linux does")


@pytest.mark.long
@needs_linux
def test_a_batch_that_does_not_fit_goes_through_in_pieces(many: PackedDataset) -> None:
    batch, piece, notes = _limited(many, 250, "halve")
    assert batch == 129  # as near to the wanted 128 as equal batches come
    assert piece < batch
    assert notes == [
        f"Memory ran out: batches of 129 images went through the network {piece} at a time, "
        "their gradients added up."
    ]


@needs_linux
def test_without_halving_the_reason_names_the_batch(many: PackedDataset) -> None:
    assert _limited(many, 100, "fail") == (
        "the memory of `cpu` ran out with 129 images at a time: use a smaller `batch_size`, or set "
        "`search.training.halve_batch`"
    )


def _with_little_memory(monkeypatch: pytest.MonkeyPatch, images: int) -> None:
    """A network that cannot learn from more images together, as a GPU would say it."""

    def refuse(module: torch.nn.Module, inputs: tuple[torch.Tensor]) -> None:
        if module.training and len(inputs[0]) > images:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    def built(*arguments: Any) -> torch.nn.Module:
        module = build_module(*arguments)
        module.register_forward_pre_hook(refuse)
        return module

    monkeypatch.setattr(task, "build_module", built)


def test_pieces_add_up_to_the_gradient_of_the_batch(
    dataset: PackedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in a network whose images do not know of each other: it has no batch normalization."""
    chosen = {"dropout": 0.0, "epochs": 8, "width": 64}
    options = TrainingParameters(precision="float32")
    whole = train("rnn", chosen, dataset, {}, seed=0, options=options)
    _with_little_memory(monkeypatch, images=3)
    pieces = train("rnn", chosen, dataset, {}, seed=0, options=options)
    assert pieces.costs is not None
    assert (pieces.costs.batch_size, pieces.costs.micro_batch) == (9, 4)
    np.testing.assert_allclose(pieces.validation_probabilities, whole.validation_probabilities, atol=1e-3)


def test_when_two_images_are_too_many_the_training_fails(
    dataset: PackedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_little_memory(monkeypatch, images=1)
    with pytest.raises(TrainingFault, match="with 2 images at a time: use a smaller model or smaller images"):
        train("cnn", {"epochs": 8}, dataset, {}, seed=0)
