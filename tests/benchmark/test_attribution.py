"""Where a model looked is where what it depends on is."""

from pathlib import Path

import numpy as np
import pytest
import torch
from model_samples import cheap
from torch import nn

from tunescope.benchmark.attribution import where_it_looked
from tunescope.models import MODELS
from tunescope.training.deep_predictor import DeepPredictor, build_module
from tunescope.training.normalization import Normalization
from tunescope.training.outcome import Probabilities
from tunescope.training.predictor import Identity, Images, Predictor

SHAPE = (32, 32, 3)
CLASSES = ("dark", "bright")
PLAIN = Normalization((0.0,) * 3, (1.0,) * 3)


def corner(bright: int = 220) -> np.ndarray:
    """A dark picture whose upper left quarter is bright."""
    image = np.full(SHAPE, 40, np.uint8)
    image[:16, :16] = bright
    return image


class CornerWatcher(Predictor):
    """Says how bright the upper left quarter is, whatever else there is."""

    def _predict(self, images: Images) -> Probabilities:
        bright = images[:, :16, :16].mean(axis=(1, 2, 3)) / 255
        return np.stack([1 - bright, bright], axis=1).astype(np.float32)

    def _save_weights(self, folder: Path) -> None:
        """Nothing has been learned."""


def identity(model: str = "gaussian_nb", classes: tuple[str, ...] = CLASSES) -> Identity:
    return Identity(model, {"extractor": "pixels"}, SHAPE, classes)


def bright_network() -> nn.Sequential:
    """Its only map is the brightness of each place; `bright` rises with the mean of it, `dark` falls."""
    convolution, decision = nn.Conv2d(3, 1, 1, bias=False), nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        convolution.weight.fill_(1 / 3)
        decision.weight.copy_(torch.tensor([[-1.0], [1.0]]))
    return nn.Sequential(
        convolution, nn.ReLU(), nn.AvgPool2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), decision
    )


class Transformer(nn.Module):
    """Patches of a convolution, mixed by attention: after that, places are no map any more."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.decision = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 2)
        self.attention = nn.MultiheadAttention(8, 1, batch_first=True)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        steps = self.patches(images).flatten(2).mT
        return self.decision(self.attention(steps, steps, steps)[0].mean(1))


def shares(heat: np.ndarray) -> tuple[float, float]:
    """Mean heat inside and outside of the upper left quarter."""
    inside = np.zeros(heat.shape, bool)
    inside[:16, :16] = True
    return float(heat[inside].mean()), float(heat[~inside].mean())


def test_occlusion_finds_the_only_part_that_matters() -> None:
    found = where_it_looked(CornerWatcher(identity()), corner(), 1)
    inside, outside = shares(found.heat)
    assert (found.method, found.heat.shape) == ("Occlusion", (32, 32))
    assert inside > 0.6
    assert outside < 0.1


def test_what_speaks_against_a_class_is_not_shown_as_speaking_for_it() -> None:
    assert not where_it_looked(CornerWatcher(identity()), corner(), 0).heat.any()


def test_a_picture_of_one_colour_has_no_place_that_matters() -> None:
    assert not where_it_looked(CornerWatcher(identity()), np.full(SHAPE, 90, np.uint8), 1).heat.any()


def test_grad_cam_weighs_the_maps_of_a_network() -> None:
    predictor = DeepPredictor(identity("cnn"), bright_network(), PLAIN)
    found = where_it_looked(predictor, corner(), 1)
    inside, outside = shares(found.heat)
    assert found.method == "Grad-CAM"
    assert inside > 4 * outside


def test_a_class_without_any_map_that_speaks_for_it_is_tried_by_occlusion() -> None:
    predictor = DeepPredictor(identity("cnn"), bright_network(), PLAIN)
    assert where_it_looked(predictor, corner(), 0).method == "Occlusion"


def test_the_patches_of_a_transformer_are_not_taken_for_its_last_map() -> None:
    torch.manual_seed(0)
    predictor = DeepPredictor(identity("vit_b_16"), Transformer(), PLAIN)
    assert where_it_looked(predictor, corner(), 1).method == "Occlusion"


@pytest.mark.parametrize(("name", "method"), [("cifar_resnet", "Grad-CAM"), ("rnn", "Occlusion")])
def test_networks_of_every_build_can_be_asked(name: str, method: str) -> None:
    chosen = MODELS[name].completed(cheap(name))
    about = Identity(name, chosen, SHAPE, CLASSES)
    torch.manual_seed(0)
    predictor = DeepPredictor(about, build_module(about, "cpu"), PLAIN)
    found = [where_it_looked(predictor, corner(), index) for index in range(len(CLASSES))]
    assert method in [one.method for one in found]
    assert all(one.heat.shape == (32, 32) and np.isfinite(one.heat).all() for one in found)
