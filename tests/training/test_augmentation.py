"""Augmentation changes images at random, within its limits, and never what nobody asked it to change."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tunescope.training.augmentation import AUGMENTERS, MIXERS, Augmentation
from tunescope.training.augmentation.basic import Basic
from tunescope.training.normalization import Normalization

NORMALIZATION = Normalization((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
GRAY = Normalization((0.4,), (0.2,))
LABELS = torch.arange(40) % 3


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _augmentation(
    strength: float = 1.0,
    mirror: bool = False,
    seed: int = 0,
    augmenter: str = "basic",
    mixing: str = "none",
    normalization: Normalization = NORMALIZATION,
) -> Augmentation:
    hyperparameters: dict[str, Any] = {"augmenter": augmenter, "augmentation": strength, "mixing": mixing}
    return Augmentation(hyperparameters, mirror, 3, normalization, _seeded(seed))


def _augmented(images: Tensor, *args: Any, **options: Any) -> Tensor:
    normalization = GRAY if images.shape[1] == 1 else NORMALIZATION
    augmentation = _augmentation(*args, normalization=normalization, **options)
    return augmentation(images, torch.zeros(len(images), dtype=torch.int64))[0]


@pytest.fixture
def images() -> Tensor:
    """Forty normalized images of random pixels, channels last."""
    pixels = np.random.default_rng(1).integers(0, 256, (40, 12, 12, 3), np.uint8)
    return NORMALIZATION(torch.from_numpy(pixels))


@pytest.mark.parametrize("augmenter", AUGMENTERS)
def test_the_very_same_tensors_come_back_where_there_is_nothing_to_do(images: Tensor, augmenter: str) -> None:
    same, targets = _augmentation(strength=0.0, augmenter=augmenter)(images, LABELS)
    assert same is images
    assert targets is LABELS


@pytest.mark.parametrize("augmenter", AUGMENTERS)
def test_mirroring_alone_mirrors_about_half_of_the_images_and_leaves_the_others(
    images: Tensor, augmenter: str
) -> None:
    changed = _augmented(images, strength=0.0, mirror=True, augmenter=augmenter)
    mirrored = [torch.equal(new, old.flip(2)) for new, old in zip(changed, images, strict=True)]
    unchanged = [torch.equal(new, old) for new, old in zip(changed, images, strict=True)]
    assert [a != b for a, b in zip(mirrored, unchanged, strict=True)] == [True] * 40
    assert 10 <= sum(mirrored) <= 30  # 20 with a standard deviation of 3.2


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0])
def test_the_basic_augmenter_mirrors_half_of_the_images_or_none(strength: float, mirror: bool) -> None:
    """The left half is dark and the right half bright, unless mirrored."""
    halves = torch.cat([torch.full((50, 1, 16, 8), -1.0), torch.full((50, 1, 16, 8), 1.0)], dim=3)
    changed = _augmented(halves, strength=strength, mirror=mirror)
    kept = int((changed[..., 8:].mean((1, 2, 3)) > changed[..., :8].mean((1, 2, 3))).sum())
    assert 12 <= kept <= 38 if mirror else kept == 50  # 25 with a standard deviation of 3.5


@pytest.mark.parametrize("mixing", ["none", *MIXERS])
@pytest.mark.parametrize("augmenter", AUGMENTERS)
def test_the_same_seed_gives_the_same_images_and_another_seed_others(
    images: Tensor, augmenter: str, mixing: str
) -> None:
    first, again, other = (
        _augmentation(seed=seed, augmenter=augmenter, mixing=mixing)(images, LABELS) for seed in (3, 3, 4)
    )
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("augmenter", AUGMENTERS)
def test_a_second_batch_is_changed_in_another_way(images: Tensor, augmenter: str) -> None:
    augmentation = _augmentation(augmenter=augmenter)
    assert not torch.equal(augmentation(images, LABELS)[0], augmentation(images, LABELS)[0])


@pytest.mark.parametrize("mixing", ["none", *MIXERS])
@pytest.mark.parametrize("augmenter", AUGMENTERS)
def test_draws_come_from_the_given_generator_alone(images: Tensor, augmenter: str, mixing: str) -> None:
    before = torch.get_rng_state()
    _augmentation(augmenter=augmenter, mixing=mixing)(images, LABELS)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("augmenter", AUGMENTERS)
def test_the_shape_the_memory_order_and_one_channel_survive(augmenter: str) -> None:
    for shape in ((1, 1, 8, 8), (2, 3, 31, 17), (9, 3, 16, 16)):
        images = torch.zeros(shape).contiguous(memory_format=torch.channels_last)
        changed = _augmented(images, mirror=True, augmenter=augmenter)
        assert changed.shape == shape
        assert changed.dtype == torch.float32
        assert changed.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("augmenter", AUGMENTERS)
def test_the_images_that_come_in_are_left_alone(images: Tensor, augmenter: str) -> None:
    before = images.clone()
    _augmentation(mirror=True, augmenter=augmenter, mixing="cutmix")(images, LABELS)
    assert torch.equal(images, before)


def test_every_image_is_changed_in_its_own_way() -> None:
    same = torch.randn(1, 1, 16, 16, generator=_seeded(0)).expand(8, -1, -1, -1)
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


@pytest.mark.parametrize("mirror", [False, True])
def test_places_are_those_of_an_affine_map(mirror: bool) -> None:
    """Beside PyTorch's own grid: rotation by the angle, scaling, shift, on square images."""
    basic = Basic(1.0, mirror, GRAY, _seeded(0))
    draws = torch.rand(6, 5, generator=_seeded(1))
    angle, scale = (2 * draws[:, 0] - 1) * np.deg2rad(10), torch.exp((2 * draws[:, 1] - 1) * 0.1)
    shift = (2 * draws[:, 2:4] - 1) * 0.12  # of half the side
    side = torch.where(draws[:, 4] < 0.5, -1.0, 1.0) if mirror else torch.ones(6)
    rows = [torch.stack([scale * angle.cos() * side, -scale * angle.sin(), shift[:, 0]], 1)]
    rows += [torch.stack([scale * angle.sin() * side, scale * angle.cos(), shift[:, 1]], 1)]
    expected = functional.affine_grid(torch.stack(rows, 1), [6, 1, 9, 9], align_corners=False)
    torch.testing.assert_close(basic._places(draws, 9, 9), expected)


def test_a_rotation_keeps_lengths_also_in_images_that_are_not_square() -> None:
    basic = Basic(1.0, False, GRAY, _seeded(0))
    draws = torch.tensor([[1.0, 0.5, 0.5, 0.5, 0.5]])  # the largest angle, and nothing else
    pixels = basic._places(draws, 10, 40)[0] * torch.tensor([20.0, 5.0])
    across, down = pixels[0, 1] - pixels[0, 0], pixels[1, 0] - pixels[0, 0]
    turn = np.deg2rad(10)
    torch.testing.assert_close(across, torch.tensor([np.cos(turn), np.sin(turn)], dtype=torch.float32))
    torch.testing.assert_close(down, torch.tensor([-np.sin(turn), np.cos(turn)], dtype=torch.float32))


def test_randaugment_at_the_least_magnitude_leaves_many_pixels_exactly_as_they_are(images: Tensor) -> None:
    """Undoing the normalization gives the pixels back: groups whose draws change nothing stay the same."""
    changed = _augmented(images, strength=0.01, augmenter="randaugment")
    same = [torch.allclose(new, old, atol=1e-5) for new, old in zip(changed, images, strict=True)]
    assert 0 < sum(same) < 40


def test_randaugment_changes_groups_of_images_and_not_all_alike() -> None:
    gradient = torch.linspace(-1, 1, 16).expand(40, 3, 16, 16)
    changed = _augmented(gradient, augmenter="randaugment")
    assert len({tuple(one.flatten().tolist()) for one in changed}) > 5


@pytest.mark.parametrize("mixing", MIXERS)
def test_targets_of_mixed_images_are_shares_of_two_classes(images: Tensor, mixing: str) -> None:
    _, targets = _augmentation(strength=0.0, mixing=mixing)(images, LABELS)
    assert targets.shape == (40, 3)
    torch.testing.assert_close(targets.sum(1), torch.ones(40))
    assert (targets >= 0).all()
    partner = LABELS.roll(1)
    others = targets.clone()
    others[torch.arange(40), LABELS] = 0
    others[torch.arange(40), partner] = 0
    assert (others == 0).all()


@pytest.mark.parametrize("mixing", MIXERS)
def test_images_are_mixed_in_the_shares_that_their_targets_tell(mixing: str) -> None:
    """Each image is full of the number of its class, so that its mean tells what it was mixed of."""
    images = LABELS.float()[:, None, None, None].expand(40, 1, 20, 20)
    mixed, targets = _augmentation(strength=0.0, mixing=mixing)(images, LABELS)
    torch.testing.assert_close(mixed.mean((1, 2, 3)), targets @ torch.arange(3.0))
    assert (targets.amax(1) < 1).any()


def test_cutmix_pastes_pixels_whole_and_mixup_blends_all_of_them() -> None:
    images = LABELS.float()[:, None, None, None].expand(40, 1, 20, 20)
    pasted, _ = _augmentation(strength=0.0, mixing="cutmix")(images, LABELS)
    blended, _ = _augmentation(strength=0.0, mixing="mixup")(images, LABELS)
    assert set(pasted.unique().tolist()) == {0.0, 1.0, 2.0}
    assert (blended == blended[..., :1, :1]).all()


def test_mixup_leaves_most_images_nearly_pure() -> None:
    """Beta(0.2, 0.2) lies within 0.1 of 0 or 1 with probability 0.67; of 2 000 draws, give or take 0.01."""
    _, shares = MIXERS["mixup"](torch.zeros(2000, 1, 1, 1), _seeded(0))
    near = ((shares < 0.1) | (shares > 0.9)).float().mean()
    assert abs(near - 0.67) < 0.05
    assert abs(shares.mean() - 0.5) < 0.05
