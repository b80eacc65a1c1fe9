"""The average of the weights follows its formula, and never gets in the way of the training."""

import io
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tunescope.training.averaging import WeightAverage


def _number(value: float) -> nn.Module:
    module = nn.Linear(1, 1, bias=False)
    _set(module, value)
    return module


@torch.no_grad()
def _set(module: nn.Module, value: float) -> None:
    for one in module.parameters():
        one.fill_(value)


def _averaged(average: WeightAverage, module: nn.Module) -> float:
    with average.applied():
        return next(module.parameters()).mean().item()


def _loaded(state: dict[str, Any]) -> dict[str, Any]:
    """As it comes back from a file."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded: dict[str, Any] = torch.load(file, weights_only=True)
    return loaded


def test_the_average_is_that_of_the_formula() -> None:
    module = _number(0.0)
    average = WeightAverage(module, horizon=4.0)
    expected = 0.0
    for step in range(1, 60):
        _set(module, float(step))
        average.update()
        share = max(1 / 4, 9 / (9 + step))
        expected += share * (step - expected)
        assert _averaged(average, module) == pytest.approx(expected, rel=1e-5)


def test_a_horizon_of_one_step_keeps_the_last_weights() -> None:
    module = _number(0.0)
    average = WeightAverage(module, horizon=1.0)
    for value in (5.0, 7.0):
        _set(module, value)
        average.update()
    assert _averaged(average, module) == 7.0


def test_the_network_gets_its_own_weights_back_also_after_an_error() -> None:
    module = _number(1.0)
    average = WeightAverage(module, horizon=10.0)
    _set(module, 3.0)
    own = next(module.parameters())

    def fail_with_the_average() -> None:
        with average.applied():
            raise RuntimeError(f"failed at {own.item()}")

    with pytest.raises(RuntimeError, match=r"^failed at 1\.0$"):
        fail_with_the_average()
    assert own.item() == 3.0
    assert next(module.parameters()) is own


def test_statistics_of_normalization_are_averaged_and_counters_are_not() -> None:
    norm = nn.BatchNorm1d(2)
    average = WeightAverage(norm, horizon=2.0)
    for _ in range(20):
        norm(torch.full((4, 2), 3.0))
        average.update()
    own = norm.running_mean.clone()
    with average.applied():
        assert (norm.running_mean < own).all()
        assert norm.num_batches_tracked == 20
    assert torch.equal(norm.running_mean, own)


def test_frozen_weights_are_left_out() -> None:
    module = _number(1.0)
    module.requires_grad_(False)
    assert WeightAverage(module, horizon=2.0).state_dict()["average"] == []


def test_an_average_that_was_saved_goes_on_as_if_it_had_not_been() -> None:
    def steps(average: WeightAverage, module: nn.Module, values: Tensor) -> None:
        for value in values.tolist():
            _set(module, value)
            average.update()

    values = torch.randn(30, generator=torch.Generator().manual_seed(0))
    unbroken = WeightAverage(first := _number(0.0), horizon=5.0)
    steps(unbroken, first, values)
    halfway = WeightAverage(second := _number(0.0), horizon=5.0)
    steps(halfway, second, values[:12])
    resumed = WeightAverage(third := _number(9.0), horizon=5.0)
    resumed.load_state_dict(_loaded(halfway.state_dict()))
    steps(resumed, third, values[12:])
    assert _averaged(resumed, third) == _averaged(unbroken, first)
