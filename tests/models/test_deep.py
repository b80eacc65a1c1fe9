"""Networks fit every image size and number of classes, and read images the way they say."""

import pytest
import torch

from tunescope.models import MODELS
from tunescope.models.deep.layers import MeanAndMax, Strips

DEEP = [name for name, model in MODELS.items() if model.kind == "deep"]


def _network(name: str, image_shape: tuple[int, int, int], classes: int, **chosen: object) -> torch.nn.Module:
    torch.manual_seed(0)
    network: torch.nn.Module = MODELS[name].build(MODELS[name].completed(chosen), image_shape, classes)
    return network


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("classes", [2, 1000])
@pytest.mark.parametrize("image_shape", [(8, 8, 1), (28, 28, 1), (100, 100, 3), (512, 512, 3)])
def test_every_image_size_and_number_of_classes_can_be_trained(
    name: str, image_shape: tuple[int, int, int], classes: int
) -> None:
    network = _network(name, image_shape, classes)
    height, width, channels = image_shape
    logits = network(torch.randn(2, channels, height, width))
    logits.square().sum().backward()
    assert logits.shape == (2, classes)
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize("name", DEEP)
def test_both_ends_of_every_range_can_be_built(name: str) -> None:
    for hyperparameter, entry in MODELS[name].space.items():
        for value in entry.get("choices", [entry.get("low"), entry.get("high")]):
            network = _network(name, (16, 16, 3), 4, **{hyperparameter: value})
            assert network.eval()(torch.zeros(1, 3, 16, 16)).shape == (1, 4)


@pytest.mark.parametrize("name", DEEP)
def test_a_wider_network_has_more_weights(name: str) -> None:
    widths = MODELS[name].space["width"]
    sizes = [
        sum(one.numel() for one in _network(name, (16, 16, 3), 4, width=widths[end]).parameters())
        for end in ("low", "high")
    ]
    assert sizes[0] < sizes[1]


def test_a_convolutional_network_shrinks_large_images_to_about_the_maps_of_small_ones() -> None:
    maps = []
    for side in (28, 64, 512):
        network = _network("cnn", (side, side, 3), 4).eval()
        at = next(number for number, layer in enumerate(network) if isinstance(layer, MeanAndMax))
        maps.append(tuple(network[:at](torch.zeros(1, 3, side, side)).shape))
    assert maps == [(1, 128, 3, 3), (1, 128, 4, 4), (1, 128, 4, 4)]


def test_strips_read_from_top_to_bottom_and_leave_out_what_makes_no_whole_strip() -> None:
    image = torch.arange(2 * 5 * 3).reshape(1, 2, 5, 3)
    assert Strips(2)(image).tolist() == [
        [[0, 1, 2, 3, 4, 5, 15, 16, 17, 18, 19, 20], [6, 7, 8, 9, 10, 11, 21, 22, 23, 24, 25, 26]]
    ]


def test_a_recurrent_network_takes_at_most_32_steps() -> None:
    for side, steps in ((8, 8), (32, 32), (64, 32), (100, 25), (512, 32)):
        strips = _network("rnn", (side, side, 1), 2)[0]
        assert strips(torch.zeros(1, 1, side, side)).shape[1] == steps
