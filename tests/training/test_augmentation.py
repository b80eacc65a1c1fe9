"""Augmentation changes images at random, within its limits."""

import pytest
import torch
from torch import Tensor

from tunescope.training.augmentation import Augmentation


def _augmented(images: Tensor, strength: float = 1.0, flip: bool = False, seed: int = 0) -> Tensor:
    return Augmentation(strength, flip, torch.Generator().manual_seed(seed))(images)


@pytest.fixture
def images() -> Tensor:
    return torch.randn(40, 3, 12, 12, generator=torch.Generator().manual_seed(1))


def test_strength_0_changes_nothing(images: Tensor) -> None:
    assert torch.equal(_augmented(images, strength=0.0), images)


def test_flip_alone_mirrors_about_half_of_the_images_and_leaves_the_others(images: Tensor) -> None:
    flipped = _augmented(images, strength=0.0, flip=True)
    mirrored = [torch.allclose(new, old.flip(2), atol=1e-5) for new, old in zip(flipped, images, strict=True)]
    unchanged = [torch.allclose(new, old, atol=1e-5) for new, old in zip(flipped, images, strict=True)]
    assert [a != b for a, b in zip(mirrored, unchanged, strict=True)] == [True] * 40
    assert 10 <= sum(mirrored) <= 30  # 20 with a standard deviation of 3.2


def test_nothing_is_mirrored_without_flip() -> None:
    """The left half is dark and the right half bright, after augmentation too."""
    halves = torch.cat([torch.full((50, 1, 16, 8), -1.0), torch.full((50, 1, 16, 8), 1.0)], dim=3)
    for strength in (0.5, 1.0, 2.0):
        changed = _augmented(halves, strength=strength)
        assert (changed[..., 8:].mean((1, 2, 3)) > changed[..., :8].mean((1, 2, 3))).all()


def test_the_same_seed_gives_the_same_images_and_another_seed_others(images: Tensor) -> None:
    assert torch.equal(_augmented(images, seed=3), _augmented(images, seed=3))
    assert not torch.equal(_augmented(images, seed=3), _augmented(images, seed=4))


def test_every_image_is_changed_in_its_own_way() -> None:
    same = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(0)).expand(8, -1, -1, -1)
    changed = _augmented(same)
    for first in range(8):
        for second in range(first):
            assert not torch.equal(changed[first], changed[second])


def test_a_higher_strength_changes_more(images: Tensor) -> None:
    differences = [(_augmented(images, strength) - images).abs().mean() for strength in (0.1, 0.5, 1.0, 2.0)]
    assert differences == sorted(differences)


def test_a_square_of_a_quarter_of_the_side_becomes_the_mean() -> None:
    bright = torch.full((30, 1, 40, 40), 5.0)
    blank = (_augmented(bright) == 0).sum((1, 2, 3))
    assert blank.max() == 100
    assert blank.min() >= 25  # a square in the corner has a quarter inside


def test_the_shape_and_one_channel_survive() -> None:
    for shape in ((1, 1, 8, 8), (2, 3, 31, 17)):
        assert _augmented(torch.zeros(shape)).shape == shape
