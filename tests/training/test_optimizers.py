"""The optimizer moves weights at the rate it is given, and spares what has nothing to unlearn."""

import torch
from torch import nn

from tunescope.training.optimizers import Optimizer


def _after_a_step(learning_rate: float, gradient: float, weight_decay: float = 0.0) -> nn.Linear:
    layer = nn.Linear(1, 1)
    nn.init.ones_(layer.weight)
    nn.init.ones_(layer.bias)
    optimizer = Optimizer(layer, {"learning_rate": 1.0, "weight_decay": weight_decay})
    optimizer.clear()
    for parameter in layer.parameters():
        parameter.grad = torch.full_like(parameter, gradient)
    optimizer.step(learning_rate)
    return layer


def test_the_first_step_is_as_long_as_the_learning_rate() -> None:
    torch.testing.assert_close(_after_a_step(0.1, gradient=0.5).weight.item(), 0.9)


def test_weight_decay_pulls_weights_but_not_biases() -> None:
    layer = _after_a_step(0.1, gradient=0.0, weight_decay=0.5)
    torch.testing.assert_close(layer.weight.item(), 0.95)
    assert layer.bias.item() == 1


def test_long_gradients_are_shortened() -> None:
    layer = nn.Linear(1, 1)
    optimizer = Optimizer(layer, {"learning_rate": 1.0, "weight_decay": 0.0})
    for parameter in layer.parameters():
        parameter.grad = torch.full_like(parameter, 1000.0)
    optimizer.step(0.1)
    gradients = torch.cat([parameter.grad.flatten() for parameter in layer.parameters()])
    torch.testing.assert_close(gradients.norm().item(), 1.0, rtol=1e-4, atol=0)
