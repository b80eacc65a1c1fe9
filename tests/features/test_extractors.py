"""What each extractor computes, against another way to compute it."""

import numpy as np
import pytest

from tunescope.features import EXTRACTORS
from tunescope.features.hog import cell_side


def noise(n: int, shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


def features(name: str, images: np.ndarray, **options: object) -> np.ndarray:
    extractor = EXTRACTORS[name].build(EXTRACTORS[name].options(**options))
    extractor.fit(images)
    return extractor.transform(images)


@pytest.mark.parametrize("shape", [(64, 64, 3), (64, 64, 1), (28, 28, 1), (45, 30, 3)])
@pytest.mark.parametrize(("orientations", "cells"), [(9, 6), (5, 3), (18, 2)])
def test_hog_equals_that_of_scikit_image(shape: tuple[int, int, int], orientations: int, cells: int) -> None:
    from skimage.feature import hog

    images = noise(5, shape)
    cell = cell_side(*shape[:2], cells)
    expected = [
        hog(image, orientations, pixels_per_cell=(cell, cell), cells_per_block=(2, 2), channel_axis=-1)
        for image in images
    ]
    found = features("hog", images, orientations=orientations, cells=cells)

    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_hog_does_not_see_brightness() -> None:
    images = noise(3, (32, 32, 1)) // 2

    np.testing.assert_allclose(features("hog", images), features("hog", images + 100), atol=1e-6)


@pytest.mark.parametrize(("side", "cell"), [(8, 4), (28, 4), (32, 5), (64, 10), (224, 37)])
def test_hog_has_about_six_cells_across(side: int, cell: int) -> None:
    assert cell_side(side, side, 6) == cell
    assert cell_side(side, 2 * side, 6) == cell


def test_a_colour_histogram_holds_the_share_of_each_colour_in_each_quarter() -> None:
    image = np.zeros((1, 16, 16, 3), np.uint8)
    image[0, :8, :8] = (255, 0, 0)
    image[0, 8:, 8:, 2] = 255
    image[0, 8:, 12:, 1] = 64
    shares = features("colour_histogram", image).reshape(4, 64) ** 2

    black, red, blue, bluish = 0, 3, 3 * 16, 3 * 16 + 1 * 4
    assert np.argwhere(shares).tolist() == [[0, red], [1, black], [2, black], [3, blue], [3, bluish]]
    np.testing.assert_allclose(shares[3, [blue, bluish]], 0.5)
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_a_gray_histogram_has_32_grays_a_quarter() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    shares = features("colour_histogram", image).reshape(4, 32) ** 2

    assert (shares > 0).sum(axis=1).tolist() == [8, 8, 8, 8]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("levels", [2, 8])
def test_the_steps_of_the_channels_can_be_chosen(levels: int) -> None:
    assert features("colour_histogram", noise(2, (8, 8, 3)), levels=levels).shape == (2, 4 * levels**3)
    assert features("colour_histogram", noise(2, (8, 8, 1)), levels=levels).shape == (2, 4 * 8 * levels)


def test_principal_components_restore_pictures_that_vary_in_few_ways() -> None:
    random = np.random.default_rng(0)
    ways, weights = random.normal(size=(3, 16 * 16)), random.normal(size=(50, 3))
    images = (weights @ ways * 20 + 128).clip(0, 255).astype(np.uint8).reshape(50, 16, 16, 1)
    extractor = EXTRACTORS["pixels_pca"].build()
    extractor.fit(images)
    rows, state = extractor.transform(images), extractor.state()

    spread = rows.std(axis=0)
    assert (np.diff(spread) <= 1e-6).all(), "the first component varies most"
    restored = rows @ state["components"] + state["mean"]
    np.testing.assert_allclose(restored, images.reshape(50, -1) / 255, atol=0.01)


def test_large_pictures_shrink_by_means_of_blocks() -> None:
    images = noise(40, (64, 64, 3))
    small = images.reshape(40, 32, 2, 32, 2, 3).mean(axis=(2, 4)).reshape(40, -1) / 255
    extractor = EXTRACTORS["pixels_pca"].build()
    extractor.fit(images)

    np.testing.assert_allclose(extractor.state()["mean"], small.mean(axis=0), atol=1e-5)


def test_the_number_of_principal_components_can_be_chosen() -> None:
    images = noise(50, (16, 16, 1))
    few, many = (features("pixels_pca", images, components=number) for number in (3, 20))

    assert few.shape == (50, 3)
    np.testing.assert_allclose(np.abs(many[:, :3]), np.abs(few), atol=1e-4)


@pytest.mark.parametrize(("size", "side", "left"), [(32, 16, 16), (28, 16, 14), (10, 16, 10), (33, 8, 6)])
def test_pixels_are_means_of_whole_blocks(size: int, side: int, left: int) -> None:
    images = noise(3, (size, size, 3))
    block = size // left
    whole = images[:, : left * block, : left * block].reshape(3, left, block, left, block, 3)

    found = features("pixels", images, side=side)
    np.testing.assert_allclose(found, whole.mean(axis=(2, 4)).reshape(3, -1) / 255, atol=1e-6)


@pytest.mark.parametrize(("points", "radius"), [(8, 1.0), (4, 2.0), (12, 2.5)])
@pytest.mark.parametrize("shape", [(20, 20, 1), (31, 24, 3)])
def test_each_cell_holds_the_shares_of_scikit_images_uniform_patterns(
    points: int, radius: float, shape: tuple[int, int, int]
) -> None:
    from skimage.feature import local_binary_pattern

    images = noise(2, shape)
    found = features("lbp", images, points=points, radius=radius, cells=2)

    side, bins = min(shape[:2]) // 2, points * (points - 1) + 3
    cells = found.reshape(2, shape[0] // side, shape[1] // side, bins) ** 2
    for image, rows in zip(images, cells, strict=True):
        gray = image[..., 0] if shape[-1] == 1 else np.rint(image @ np.float32([0.299, 0.587, 0.114]))
        edge = int(np.ceil(radius))
        padded = np.pad(gray.astype(np.uint8), edge, mode="edge")
        codes = local_binary_pattern(padded, points, radius, "nri_uniform").astype(int)[
            edge:-edge, edge:-edge
        ]
        expected = np.bincount(codes[side : 2 * side, :side].ravel(), minlength=bins) / side**2
        np.testing.assert_allclose(rows[1, 0], expected, atol=1e-6)


def test_local_binary_patterns_do_not_see_brightness_and_contrast() -> None:
    images = noise(3, (32, 32, 1)) // 4

    np.testing.assert_array_equal(features("lbp", images), features("lbp", images * 2 + 50))
