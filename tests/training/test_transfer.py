"""Lower layers of a pretrained network learn more slowly, and frozen ones not at all."""

import pytest
import torch
from torch import nn

from tunescope.models import MODELS
from tunescope.models.deep.network import Network
from tunescope.training.transfer import HEAD_ALONE, rate_groups

PRETRAINED = {"weights": "pretrained"}


def _network(**chosen: object) -> tuple[Network, dict[str, object]]:
    model = MODELS["cifar_resnet"]
    hyperparameters = model.completed(PRETRAINED | chosen)
    network = model.build(hyperparameters, (32, 32, 3), 4)
    network.freeze(hyperparameters["transfer"])
    return network, hyperparameters


def test_each_stage_learns_at_a_fraction_of_the_rate_of_the_one_above() -> None:
    network, hyperparameters = _network(transfer="all", lower_rates=0.5)
    groups = rate_groups(network, hyperparameters)
    assert [group.factor for group in groups] == [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]
    assert [id(one) for one in groups[-1].parameters] == [id(one) for one in network.head.parameters()]
    assert any(one is network.body.conv1.weight for one in groups[0].parameters)


def test_every_parameter_is_in_one_group_from_the_lowest_to_the_head() -> None:
    network, hyperparameters = _network(transfer="all")
    together = [id(one) for group in rate_groups(network, hyperparameters) for one in group.parameters]
    assert together == [id(one) for one in network.parameters()]


@pytest.mark.parametrize(
    ("transfer", "parts", "factor"), [("frozen", 2, HEAD_ALONE), ("last_stage", 20, 1.0)]
)
def test_what_is_frozen_is_in_no_group(transfer: str, parts: int, factor: float) -> None:
    network, hyperparameters = _network(transfer=transfer)
    (group,) = rate_groups(network, hyperparameters)
    assert group.factor == factor
    assert len(group.parameters) == parts  # tensors of a head of 2, and of 3 blocks of 6 each
    assert all(one.requires_grad for one in group.parameters)


def test_a_head_that_is_shown_features_learns_as_fast_as_one_on_a_frozen_body() -> None:
    network, hyperparameters = _network(transfer="frozen")
    (group,) = rate_groups(network.head, hyperparameters)
    assert group.factor == HEAD_ALONE
    assert [id(one) for one in group.parameters] == [id(one) for one in network.head.parameters()]


def test_a_network_without_pretrained_weights_learns_at_one_rate() -> None:
    (group,) = rate_groups(nn.Linear(3, 2), MODELS["cifar_resnet"].completed({}))
    assert group.factor == 1
    assert [tuple(one.shape) for one in group.parameters] == [(2, 3), (2,)]


def test_frozen_layers_do_not_follow_new_images_while_others_do() -> None:
    network, _ = _network(transfer="last_stage")
    network.train()
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.randn(4, 3, 32, 32)).sum().backward()
    changed = {name for name, value in network.named_buffers() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("body.layer3.") for name in changed)
    assert network.body.conv1.weight.grad is None
    assert network.body.layer3[0].conv1.weight.grad is not None


def test_a_frozen_body_stays_as_it_is_in_training_and_can_be_thawed() -> None:
    network, _ = _network(transfer="frozen")
    network.train()
    assert not any(part.training for part in network.body.modules())
    network.freeze("all")
    assert all(part.training for part in network.modules())
    assert all(one.requires_grad for one in network.parameters())
