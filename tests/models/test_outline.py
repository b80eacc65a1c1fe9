"""What networks are made of."""

import pytest

from tunescope.errors import ParameterError
from tunescope.models import MODELS
from tunescope.models.deep.outline import Block, outline

DEEP = [name for name, model in MODELS.items() if model.kind == "deep"]


@pytest.mark.parametrize("name", DEEP)
def test_every_network_is_told_apart_into_blocks_that_end_in_the_classes(name: str) -> None:
    blocks = outline(name, MODELS[name].completed({}), (48, 48, 3), 7)
    assert blocks[-1].shape == (7,)
    assert 3 <= len(blocks) <= 16
    assert sum(block.weights for block in blocks) > 10_000
    assert all(block.flops >= 0 and block.times >= 1 for block in blocks)
    assert not any(word in block.kind for block in blocks for word in ("Norm", "ReLU", "Dropout", "Passing"))


def test_equal_blocks_in_a_row_are_one() -> None:
    blocks = outline("cifar_resnet", {**MODELS["cifar_resnet"].completed({}), "depth": 32}, (32, 32, 3), 10)
    assert [(one.kind, one.times, one.shape) for one in blocks] == [
        ("Convolution 3 x 3", 1, (16, 32, 32)),
        ("Residual block", 5, (16, 32, 32)),
        ("Residual block", 5, (32, 16, 16)),
        ("Residual block", 5, (64, 8, 8)),
        ("Linear", 1, (10,)),
    ]
    # 464 154 of He and others' table, with a head of 650.
    assert sum(block.weights for block in blocks) == 464_154


def test_weights_and_work_of_a_layer_are_counted() -> None:
    hyperparameters = MODELS["cnn"].completed({"width": 8, "blocks": 0})
    first = outline("cnn", hyperparameters, (32, 32, 1), 10)[0]
    weights = 8 * 9 + 2 * 8  # the kernel, and the normalization after it
    assert first == Block("Convolution 3 x 3", 1, (8, 32, 32), weights, 2 * 8 * 9 * 32 * 32)


def test_a_network_that_cannot_be_built_is_told() -> None:
    with pytest.raises(ParameterError, match="`cnn` cannot be looked into"):
        outline("cnn", {"width": 8}, (32, 32, 1), 10)
