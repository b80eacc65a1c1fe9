"""What each extractor computes, against another way to compute it."""

import numpy as np
import pytest

from tunescope.features.colour_histogram import ColourHistogram
from tunescope.features.hog import Hog, cell_side
from tunescope.features.pixels_pca import PixelsPca


def noise(n: int, shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


def fitted(extractor: type, images: np.ndarray) -> np.ndarray:
    made = extractor()
    made.fit(images)
    return made.transform(images)


@pytest.mark.parametrize("shape", [(64, 64, 3), (64, 64, 1), (28, 28, 1), (45, 30, 3)])
def test_hog_equals_that_of_scikit_image(shape: tuple[int, int, int]) -> None:
    from skimage.feature import hog

    images = noise(5, shape)
    cell = cell_side(*shape[:2])
    expected = [
        hog(image, orientations=9, pixels_per_cell=(cell, cell), cells_per_block=(2, 2), channel_axis=-1)
        for image in images
    ]

    np.testing.assert_allclose(fitted(Hog, images), expected, atol=1e-6)


def test_hog_does_not_see_brightness() -> None:
    images = noise(3, (32, 32, 1)) // 2

    np.testing.assert_allclose(fitted(Hog, images), fitted(Hog, images + 100), atol=1e-6)


@pytest.mark.parametrize(("side", "cell"), [(8, 4), (28, 4), (32, 5), (64, 10), (224, 37)])
def test_hog_has_about_six_cells_across(side: int, cell: int) -> None:
    assert cell_side(side, side) == cell
    assert cell_side(side, 2 * side) == cell


def test_a_colour_histogram_holds_the_share_of_each_colour_in_each_quarter() -> None:
    image = np.zeros((1, 16, 16, 3), np.uint8)
    image[0, :8, :8] = (255, 0, 0)
    image[0, 8:, 8:, 2] = 255
    image[0, 8:, 12:, 1] = 64
    shares = fitted(ColourHistogram, image).reshape(4, 64) ** 2

    black, red, blue, bluish = 0, 3, 3 * 16, 3 * 16 + 1 * 4
    assert np.argwhere(shares).tolist() == [[0, red], [1, black], [2, black], [3, blue], [3, bluish]]
    np.testing.assert_allclose(shares[3, [blue, bluish]], 0.5)
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_a_gray_histogram_has_32_grays_a_quarter() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    shares = fitted(ColourHistogram, image).reshape(4, 32) ** 2

    assert (shares > 0).sum(axis=1).tolist() == [8, 8, 8, 8]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)


def test_principal_components_restore_pictures_that_vary_in_few_ways() -> None:
    random = np.random.default_rng(0)
    ways, weights = random.normal(size=(3, 16 * 16)), random.normal(size=(50, 3))
    images = (weights @ ways * 20 + 128).clip(0, 255).astype(np.uint8).reshape(50, 16, 16, 1)
    extractor = PixelsPca()
    extractor.fit(images)
    rows, state = extractor.transform(images), extractor.state()

    spread = rows.std(axis=0)
    assert (np.diff(spread) <= 1e-6).all(), "the first component varies most"
    restored = rows @ state["components"] + state["mean"]
    np.testing.assert_allclose(restored, images.reshape(50, -1) / 255, atol=0.01)


def test_large_pictures_shrink_by_means_of_blocks() -> None:
    images = noise(40, (64, 64, 3))
    small = images.reshape(40, 32, 2, 32, 2, 3).mean(axis=(2, 4)).reshape(40, -1) / 255
    extractor = PixelsPca()
    extractor.fit(images)

    np.testing.assert_allclose(extractor.state()["mean"], small.mean(axis=0), atol=1e-5)
