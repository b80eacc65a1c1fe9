"""Networks fit every image size and number of classes, and read images the way they say."""

import pytest
import torch
from model_samples import DEEP, HEAVY, TRANSFERABLE, cheap

from tunescope.models import MODELS
from tunescope.models.deep.layers import MeanAndMax
from tunescope.models.deep.network import Network
from tunescope.models.deep.recipe import recipe
from tunescope.models.deep.recurrent_layers import Patches, Strips

TRAINING = recipe(learning_rate=1e-3, weight_decay=0.1, epochs=8)
OWN = ["cnn", "rnn"]  # whose networks depend on the size of the images


def _network(name: str, image_shape: tuple[int, int, int], classes: int, **chosen: object) -> torch.nn.Module:
    torch.manual_seed(0)
    hyperparameters = MODELS[name].completed({**cheap(name), **chosen})
    network: torch.nn.Module = MODELS[name].build(hyperparameters, image_shape, classes)
    return network


def _check_gradients(network: torch.nn.Module, image_shape: tuple[int, int, int], classes: int) -> None:
    height, width, channels = image_shape
    if isinstance(network, Network):  # some heads begin with zeros, which hold back the first gradient
        network.head.reset_parameters()
    logits = network(torch.randn(2, channels, height, width))
    logits.square().sum().backward()
    assert logits.shape == (2, classes)
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert torch.isfinite(parameter.grad).all()
        assert parameter.grad.any()


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("classes", [2, 1000])
@pytest.mark.parametrize("image_shape", [(8, 8, 1), (28, 28, 1), (100, 100, 3), (512, 512, 3)])
def test_every_image_size_and_number_of_classes_can_be_trained(
    name: str, image_shape: tuple[int, int, int], classes: int
) -> None:
    _check_gradients(_network(name, image_shape, classes), image_shape, classes)


@pytest.mark.parametrize("name", TRANSFERABLE)
def test_published_networks_take_gray_images_that_are_too_small_for_them(name: str) -> None:
    _check_gradients(_network(name, (8, 10, 1), 3), (8, 10, 1), 3)


@pytest.mark.parametrize("name", ["cifar_resnet", "mobilenet_v3"])
def test_published_networks_take_images_that_are_larger_than_they_see(name: str) -> None:
    _check_gradients(_network(name, (300, 200, 3), 1000), (300, 200, 3), 1000)


@pytest.mark.parametrize("name", sorted(set(DEEP) - HEAVY))
def test_both_ends_of_every_range_can_be_built(name: str) -> None:
    own = {key: entry for key, entry in MODELS[name].space.items() if key not in TRAINING}
    for hyperparameter, entry in own.items():
        for value in entry.get("choices", [entry.get("low"), entry.get("high")]):
            network = _network(name, (16, 16, 3), 4, **{hyperparameter: value})
            assert network.eval()(torch.zeros(1, 3, 16, 16)).shape == (1, 4)


@pytest.mark.parametrize(
    ("name", "chosen", "millions"),
    [
        ("alexnet", {}, 57.0),
        ("resnet", {"depth": 18}, 11.2),
        ("resnet", {"depth": 34}, 21.3),
        ("resnet", {"depth": 50}, 23.5),
        ("mobilenet_v3", {"size": "small"}, 1.5),
        ("mobilenet_v3", {"size": "large"}, 4.2),
        ("efficientnet_b0", {}, 4.0),
        ("convnext_tiny", {}, 27.8),
        ("cifar_resnet", {"depth": 56}, 0.9),
    ],
)
def test_published_networks_have_as_many_weights_as_their_papers_say_apart_from_the_head(
    name: str, chosen: dict[str, object], millions: float
) -> None:
    with torch.device("meta"):
        network = _network(name, (32, 32, 3), 4, **chosen)
    assert round(sum(one.numel() for one in network.body.parameters()) / 1e6, 1) == millions


@pytest.mark.parametrize("name", OWN)
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


def test_patches_are_read_as_a_page_and_leave_out_what_makes_no_whole_patch() -> None:
    image = torch.arange(2 * 3 * 5).reshape(1, 2, 3, 5)
    assert Patches(2)(image).tolist() == [
        [[0, 1, 5, 6, 15, 16, 20, 21], [2, 3, 7, 8, 17, 18, 22, 23]],
    ]


def test_a_recurrent_network_takes_at_most_32_strips_or_64_patches() -> None:
    for side, strips, patches in ((8, 8, 64), (28, 28, 49), (32, 32, 64), (64, 32, 64), (100, 25, 49)):
        for reading, steps in (("rows", strips), ("patches", patches)):
            pieces = _network("rnn", (side, side, 1), 2, reading=reading)[0]
            assert pieces(torch.zeros(1, 1, side, side)).shape[1] == steps


def test_an_image_that_is_far_wider_than_high_has_patches_too() -> None:
    network = _network("rnn", (8, 400, 3), 2, reading="patches")
    assert network(torch.zeros(2, 3, 8, 400)).shape == (2, 2)


@pytest.mark.parametrize("reading", ["rows", "patches"])
def test_a_recurrent_network_reads_with_the_cells_that_it_is_told_to(reading: str) -> None:
    cells = {
        cell: [type(one) for one in _network("rnn", (28, 28, 1), 2, cell=cell, reading=reading).modules()]
        for cell in ("lstm", "gru")
    }
    assert torch.nn.LSTM in cells["lstm"]
    assert torch.nn.GRU not in cells["lstm"]
    assert torch.nn.GRU in cells["gru"]
    assert torch.nn.LSTM not in cells["gru"]


def test_what_a_recurrent_network_does_not_read_is_told() -> None:
    model = MODELS["rnn"]
    rows, patches = (model.completed({"reading": reading}) for reading in ("rows", "patches"))
    assert model.notes(rows, (28, 28, 1)) == model.notes(patches, (28, 28, 1)) == []
    assert model.notes(rows, (65, 65, 1)) == ["The last 2 of 65 rows are not read."]
    assert model.notes(patches, (65, 60, 1)) == ["6 columns and 2 rows at the edge are not read."]
