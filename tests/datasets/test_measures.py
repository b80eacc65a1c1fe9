"""What is measured on pictures."""

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from tunescope.datasets.measures import HASH_SIDE, SIDE, Measures, measure, tiny
from tunescope.datasets.pixels import thumbnail


def scene(seed: int = 0, side: int = 240) -> Image.Image:
    """Soft shapes with sharp edges, as in a photo."""
    random = np.random.default_rng(seed)
    image = Image.fromarray(random.integers(60, 190, (5, 5, 3), np.uint8)).resize((side, side))
    for _ in range(12):
        left, top, width, height = (
            random.integers(0, side * 2 // 3, 2).tolist() + random.integers(8, side // 3, 2).tolist()
        )
        image.paste(tuple(random.integers(20, 235, 3).tolist()), (left, top, left + width, top + height))
    return image


def measured(*images: Image.Image) -> list[Measures]:
    small = [thumbnail(image, SIDE, HASH_SIDE) for image in images]
    return measure(
        [one.luma for one in small],
        np.stack([one.tiny for one in small]),
        np.array([one.colour for one in small], np.uint8),
    )


@pytest.mark.parametrize("size", [(64, 64), (28, 28), (50, 20), (300, 200), (1, 1)])
def test_the_hash_is_that_of_the_imagehash_library(size: tuple[int, int]) -> None:
    images = [scene(seed).resize(size) for seed in range(20)]

    for image, of_it in zip(images, measured(*images), strict=True):
        small = Image.fromarray(thumbnail(image, SIDE, HASH_SIDE).luma)
        assert f"{of_it.phash:016x}" == str(imagehash.phash(small))


def test_the_hash_hardly_changes_when_a_photo_is_saved_again_smaller() -> None:
    for seed in range(10):
        image = scene(seed)
        large, small = measured(image, image.resize((100, 100), Image.Resampling.LANCZOS))
        assert (large.phash ^ small.phash).bit_count() <= 4


def test_light_contrast_and_colour_are_shares_of_the_full_range() -> None:
    half = np.zeros((40, 40), np.uint8)
    half[:, 20:] = 255
    white, black, both, red = measured(
        Image.new("L", (40, 40), 255),
        Image.new("L", (9, 40), 0),
        Image.fromarray(half),
        Image.new("RGB", (90, 90), (255, 0, 51)),
    )

    assert (white.brightness, white.contrast, white.sharpness) == (1, 0, 0)
    assert (black.brightness, black.red) == (0, 0)
    assert (both.brightness, both.contrast) == pytest.approx((0.5, 0.5))
    assert (red.red, red.green, red.blue) == pytest.approx((1, 0, 0.2))
    assert red.brightness == pytest.approx(0.299 + 0.114 * 0.2, abs=0.01)


def test_noise_has_a_sharpness_of_about_one_at_any_size() -> None:
    random = np.random.default_rng(0)
    for side in (20, 64):
        (noise,) = measured(Image.fromarray(random.integers(0, 256, (side, side), np.uint8)))
        assert noise.sharpness == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("side", [64, 120, 240, 480])
def test_blurring_lowers_sharpness_whatever_the_resolution(side: int) -> None:
    for seed in range(5):
        image = scene(seed).resize((side, side), Image.Resampling.LANCZOS)
        sharp, blurred = measured(image, image.filter(ImageFilter.GaussianBlur(side * 0.06)))
        assert blurred.sharpness < 0.03 < 0.08 < sharp.sharpness


def test_contrast_hardly_changes_sharpness() -> None:
    for seed in range(5):
        image = scene(seed)
        bold, faint = measured(image, ImageEnhance.Contrast(image).enhance(0.3))
        assert faint.sharpness == pytest.approx(bold.sharpness, rel=0.1)


def test_the_tiny_picture_holds_the_means_of_squares() -> None:
    picture = np.arange(32 * 32, dtype=np.uint16).reshape(1, 32, 32) // 4
    small = tiny(picture.astype(np.uint8))

    assert small.shape == (1, 16, 16)
    assert small[0, 0, 0] == picture[0, :2, :2].astype(np.uint8).sum() // 4
