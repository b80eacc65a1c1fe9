"""Each optimizer moves weights as its formula says, at the rate it is given."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tunescope.models import MODELS
from tunescope.training.optimizers import (
    OPTIMIZERS,
    RATE_SCALES,
    Muon,
    Optimizer,
    RateGroup,
    learning_rate,
    orthogonalized,
)

STEPS = 5


def _hyperparameters(optimizer: str, weight_decay: float = 0.0, clipping: float = 0.0) -> dict[str, Any]:
    return {"optimizer": optimizer, "weight_decay": weight_decay, "clipping": clipping}


def _optimizer(module: nn.Module, name: str, factor: float = 1.0, **options: float) -> Optimizer:
    return Optimizer([RateGroup(list(module.parameters()), factor)], _hyperparameters(name, **options))


def _layers() -> nn.Sequential:
    """A first layer, a convolution and a matrix between, and a head."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = [nn.Conv2d(1, 4, 3), nn.Conv2d(4, 6, 3), nn.Flatten(), nn.Linear(6, 5), nn.Linear(5, 3)]
        return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def _gradients(module: nn.Module, steps: int) -> list[list[Tensor]]:
    draws = torch.Generator().manual_seed(1)
    return [[torch.randn(one.shape, generator=draws) for one in module.parameters()] for _ in range(steps)]


def _follow(optimizer: Optimizer, module: nn.Module, gradients: list[list[Tensor]], rate: float) -> None:
    for step in gradients:
        optimizer.clear()
        for one, gradient in zip(module.parameters(), step, strict=True):
            one.grad = torch.empty_like(one).copy_(
                gradient
            )  # in the memory order of the weights, as autograd does
        optimizer.step(rate)


def _weights(module: nn.Module) -> list[Tensor]:
    return [one.detach().clone() for one in module.parameters()]


def _trained(name: str, rate: float = 0.01, factor: float = 1.0, **options: float) -> list[Tensor]:
    module = _layers()
    gradients = _gradients(module, STEPS)
    _follow(_optimizer(module, name, factor, **options), module, gradients, rate)
    return _weights(module)


def _adamw(weight: np.ndarray, gradients: list[np.ndarray], rate: float, decay: float) -> np.ndarray:
    mean, square = np.zeros_like(weight), np.zeros_like(weight)
    for step, gradient in enumerate(gradients, 1):
        weight = weight * (1 - rate * decay)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        weight = weight - rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weight


def _sgd(weight: np.ndarray, gradients: list[np.ndarray], rate: float, decay: float) -> np.ndarray:
    speed = np.zeros_like(weight)
    for gradient in gradients:
        weight = weight * (1 - rate / 20 * decay)
        speed = 0.9 * speed + gradient
        weight = weight - rate * (gradient + 0.9 * speed)
    return weight


def _muon(weight: np.ndarray, gradients: list[np.ndarray], rate: float, decay: float) -> np.ndarray:
    shape, weight = weight.shape, weight.reshape(len(weight), -1)
    mean = np.zeros_like(weight)
    for gradient in (one.reshape(weight.shape) for one in gradients):
        weight = weight * (1 - rate / 2.5 * decay)
        mean = 0.95 * mean + 0.05 * gradient
        direction = 0.05 * gradient + 0.95 * mean
        direction = direction / np.linalg.norm(direction)
        for _ in range(5):  # the quintic, by the singular values
            left, values, right = np.linalg.svd(direction, full_matrices=False)
            values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
            direction = left * values @ right
        weight = weight - rate * np.sqrt(max(1, weight.shape[0] / weight.shape[1])) * direction
    return weight.reshape(shape)


REFERENCES = {"adamw": _adamw, "sgd": _sgd, "muon": _muon}


def _expected(name: str, rate: float, decay: float) -> list[np.ndarray]:
    """What the formulas make of the weights; Muon leaves the first layer, the head and biases to AdamW."""
    module = _layers()
    expected = []
    for number, (label, one) in enumerate(module.named_parameters()):
        gradients = [step[number].double().numpy() for step in _gradients(module, STEPS)]
        spared = 0.0 if one.ndim == 1 else decay
        reference, own_rate = REFERENCES[name], rate
        if name == "muon" and label not in ("1.weight", "3.weight"):
            reference, own_rate = _adamw, rate / 2.5
        expected.append(reference(one.detach().double().numpy(), gradients, own_rate, spared))
    return expected


def test_every_optimizer_has_a_reference_and_a_scale() -> None:
    assert set(OPTIMIZERS) == set(REFERENCES) == set(RATE_SCALES)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_move_as_the_formula_says(name: str) -> None:
    moved, expected = _trained(name, rate=0.01, weight_decay=2.0), _expected(name, 0.01, 2.0)
    for ours, formula in zip(moved, expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), formula, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_group_moves_at_its_share_of_the_rate(name: str) -> None:
    """Weight decay too is that of the smaller rate."""
    slower, same = _trained(name, 0.02, factor=0.5, weight_decay=1.0), _trained(name, 0.01, weight_decay=1.0)
    for one, other in zip(slower, same, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_frozen_weights_stay_as_they_are(name: str) -> None:
    module = _layers()
    module[0].requires_grad_(False)
    before = _weights(module)
    gradients = _gradients(module, 1)
    _follow(_optimizer(module, name, weight_decay=1.0), module, gradients, 0.1)
    same = [torch.equal(one, other) for one, other in zip(before, _weights(module), strict=True)]
    assert same == [True] * 2 + [False] * 6


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_head_alone_learns_too(name: str) -> None:
    head = nn.Linear(4, 3)
    before = head.weight.detach().clone()
    _follow(_optimizer(head, name), head, _gradients(head, 1), 0.1)
    assert not torch.equal(head.weight, before)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_that_was_saved_goes_on_as_if_it_had_not_been(name: str) -> None:
    module = _layers()
    gradients = _gradients(module, 2 * STEPS)
    optimizer = _optimizer(module, name, weight_decay=0.1, clipping=1.0)
    _follow(optimizer, module, gradients[:STEPS], 0.01)
    file = io.BytesIO()
    torch.save({"weights": module.state_dict(), "optimizer": optimizer.state_dict()}, file)
    _follow(optimizer, module, gradients[STEPS:], 0.02)

    file.seek(0)
    saved = torch.load(file, weights_only=True)
    other = _layers()
    resumed = _optimizer(other, name, weight_decay=0.1, clipping=1.0)
    other.load_state_dict(saved["weights"])
    resumed.load_state_dict(saved["optimizer"])
    _follow(resumed, other, gradients[STEPS:], 0.02)
    assert all(torch.equal(a, b) for a, b in zip(_weights(module), _weights(other), strict=True))


@pytest.mark.parametrize(("clipping", "norm"), [(1.0, 1.0), (5.0, 5.0), (0.0, 2000.0)])
def test_long_gradients_are_shortened_unless_clipping_is_0(clipping: float, norm: float) -> None:
    layer = nn.Linear(2, 2, bias=False)
    optimizer = _optimizer(layer, "adamw", clipping=clipping)
    layer.weight.grad = torch.full((2, 2), 1000.0)
    optimizer.step(0.1)
    torch.testing.assert_close(layer.weight.grad.norm().item(), norm, rtol=1e-4, atol=0)


@pytest.mark.parametrize("shape", [(1, 5, 5), (3, 8, 20), (2, 30, 4)])
def test_singular_values_come_near_to_1(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalized(matrices))
    assert values.min() > 0.3  # from a small one, five steps do not lead all the way
    assert values.max() < 1.3


def test_muon_goes_where_pytorchs_own_goes() -> None:
    """PyTorch's works in bfloat16, with steps of about 0.004 between numbers near 1."""
    start = torch.randn(12, 20, generator=torch.Generator().manual_seed(0))
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    muon = Muon([{"params": [ours], "lr": 0.1}])
    rival = torch.optim.Muon([theirs], lr=0.1, weight_decay=0.0)
    for step in range(3):
        gradient = torch.randn(12, 20, generator=torch.Generator().manual_seed(step + 1))
        for one, optimizer in ((ours, muon), (theirs, rival)):
            one.grad = gradient.clone()
            optimizer.step()
    assert (ours - start).norm() > 0.5
    torch.testing.assert_close(ours, theirs, atol=0.01, rtol=0)


def test_muon_leaves_rows_and_columns_to_adamw() -> None:
    """A class token or the scales of a layer are no matrices, however many dimensions they have."""
    shapes = [(4, 4), (1, 1, 8), (6, 1, 1), (5, 5), (4, 4)]
    parameters = [nn.Parameter(torch.ones(shape)) for shape in shapes]
    muon, adamw = OPTIMIZERS["muon"]([RateGroup(parameters)])
    assert [tuple(one.shape) for one in muon.param_groups[0]["params"]] == [(5, 5)]
    assert len(adamw.param_groups[0]["params"]) == 4


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_learning_rate_is_that_of_the_chosen_optimizer(optimizer: str) -> None:
    key = "learning_rate" if optimizer == "adamw" else f"{optimizer}_learning_rate"
    complete = MODELS["cnn"].completed({"optimizer": optimizer, key: 0.0123})
    assert learning_rate(complete) == 0.0123
