"""What every extractor must do. A new one is tested here without a line of change."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from feature_samples import quick_extractor

from tunescope.errors import RunError, SourceError
from tunescope.features import EXTRACTORS
from tunescope.parameters import FeaturesParameters

SHAPES = [(16, 16, 1), (28, 28, 1), (8, 8, 3), (33, 33, 3), (64, 64, 3), (24, 40, 3)]


def pictures(n: int, shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    """Smooth noise, so that neighbours are alike as in photos."""
    height, width, channels = shape
    coarse = np.random.default_rng(seed).integers(0, 256, (n, 4, 4, channels), np.uint8)
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    return coarse[:, rows][:, :, columns]


def shape_name(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.mark.parametrize("name", EXTRACTORS)
class TestExtractor:
    def test_its_declaration_is_complete(self, name: str) -> None:
        assert EXTRACTORS[name].name == name
        assert 10 < len(EXTRACTORS[name].line) < 80
        assert getattr(FeaturesParameters(), name) == EXTRACTORS[name].options()

    @pytest.mark.parametrize("shape", SHAPES, ids=shape_name)
    def test_it_gives_one_row_of_finite_numbers_for_each_image(
        self, name: str, weights: Path, shape: tuple[int, int, int]
    ) -> None:
        extractor = quick_extractor(name, weights)
        extractor.fit(pictures(20, shape))
        matrix = extractor.transform(pictures(7, shape, seed=1))

        assert matrix.dtype == np.float32
        assert matrix.ndim == 2
        assert len(matrix) == 7
        assert matrix.shape[1] > 0
        assert matrix.flags.c_contiguous
        assert np.isfinite(matrix).all()
        assert extractor.transform(pictures(0, shape)).shape == (0, matrix.shape[1])

    def test_different_images_get_different_rows(self, name: str, weights: Path) -> None:
        extractor = quick_extractor(name, weights)
        extractor.fit(pictures(20, (32, 32, 3)))
        matrix = extractor.transform(pictures(10, (32, 32, 3), seed=1))

        assert len(np.unique(matrix, axis=0)) == 10

    def test_a_row_does_not_depend_on_the_other_images(self, name: str, weights: Path) -> None:
        images = pictures(200, (32, 32, 3))
        extractor = quick_extractor(name, weights)
        extractor.fit(images)
        alone = np.concatenate([extractor.transform(images[n : n + 1]) for n in (0, 77, 199)])

        # Products of matrices of other sizes add up in another order: a few units in the last place.
        np.testing.assert_allclose(extractor.transform(images)[[0, 77, 199]], alone, rtol=1e-4, atol=1e-5)

    def test_fitting_again_gives_the_same(self, name: str, weights: Path) -> None:
        images = pictures(50, (32, 32, 3))
        first, second = quick_extractor(name, weights), quick_extractor(name, weights)
        first.fit(images)
        second.fit(pictures(9, (16, 16, 1)))
        second.fit(images)

        np.testing.assert_array_equal(first.transform(images), second.transform(images))

    def test_its_images_stay_as_they_are(self, name: str, weights: Path) -> None:
        images = pictures(20, (32, 32, 3))
        images.flags.writeable = False
        extractor = quick_extractor(name, weights)
        extractor.fit(images)
        extractor.transform(images)

        np.testing.assert_array_equal(images, pictures(20, (32, 32, 3)))

    def test_its_state_makes_another_one_the_same(self, name: str, weights: Path) -> None:
        images = pictures(20, (32, 32, 3))
        first, second = quick_extractor(name, weights), EXTRACTORS[name].build()
        first.fit(images)
        file = io.BytesIO()
        np.savez(file, **first.state())
        file.seek(0)
        with np.load(file, allow_pickle=False) as state:
            second.restore(state)

        assert second.options == first.options
        np.testing.assert_array_equal(second.transform(images), first.transform(images))

    def test_it_can_be_fitted_on_a_single_image(self, name: str, weights: Path) -> None:
        extractor = quick_extractor(name, weights)
        extractor.fit(pictures(1, (16, 16, 3)))

        assert np.isfinite(extractor.transform(pictures(2, (16, 16, 3)))).all()

    def test_an_even_picture_has_finite_features(self, name: str, weights: Path) -> None:
        extractor = quick_extractor(name, weights)
        extractor.fit(np.zeros((5, 16, 16, 3), np.uint8))

        assert np.isfinite(extractor.transform(np.full((2, 16, 16, 3), 255, np.uint8))).all()

    def test_it_refuses_to_work_before_it_has_learnt(self, name: str, weights: Path) -> None:
        with pytest.raises(RunError, match="call `fit` or `restore` first"):
            quick_extractor(name, weights).transform(pictures(2, (16, 16, 3)))

    def test_it_refuses_images_of_another_shape(self, name: str, weights: Path) -> None:
        extractor = quick_extractor(name, weights)
        extractor.fit(pictures(5, (16, 16, 3)))

        with pytest.raises(SourceError, match="the images are 16 x 16 x 1, but must be 16 x 16 x 3"):
            extractor.transform(pictures(2, (16, 16, 1)))


def test_the_registry_imports_no_heavy_library() -> None:
    heavy = "{'PIL', 'torch', 'sklearn', 'skimage', 'scipy', 'torchvision', 'umap', 'numba', 'cleanlab'}"
    code = f"import sys, tunescope.features; print({heavy} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
