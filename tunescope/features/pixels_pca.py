"""The pixels themselves, on the directions in which training images differ most."""

import math
from itertools import product

import numpy as np
from threadpoolctl import threadpool_limits

from tunescope.features.extractor import Extractor, FeatureExtractor, Images, Matrix, State

MOST_COMPONENTS = 64
LARGEST_SIDE = 32  # finer detail hardly shows in the first components, and costs the square of the side


class PixelsPca(FeatureExtractor):
    """Principal components of the pixels, at no more than about 32 x 32 of them."""

    def _learn(self, images: Images) -> State:
        from sklearn.decomposition import PCA  # here, because the registry must import without scikit-learn

        pixels = _pixels(images)
        components = min(MOST_COMPONENTS, *pixels.shape)
        # On a busy machine the threads of linear algebra wait for one another, far longer than one works.
        # Pictures that are all alike have no variance to share out: 0 / 0, which nobody asks for here.
        with threadpool_limits(1), np.errstate(divide="ignore", invalid="ignore"):
            fitted = PCA(components, random_state=0).fit(pixels)
        return {"mean": fitted.mean_.astype(np.float32), "components": fitted.components_.astype(np.float32)}

    def _features(self, images: Images) -> Matrix:
        mean, components = self._state["mean"], self._state["components"]
        projected: Matrix = (_pixels(images) - mean) @ components.T
        return projected


def _pixels(images: Images) -> Matrix:
    """(n, d) pixels from 0 to 1; large images shrink by the mean of square blocks."""
    n, height, width, channels = images.shape
    block = math.ceil(min(height, width) / LARGEST_SIDE)
    rows, columns = height // block, width // block
    sums = np.zeros((n, rows, columns, channels), np.float32)
    for down, across in product(range(block), repeat=2):
        sums += images[:, down : rows * block : block, across : columns * block : block]
    sums /= np.float32(255 * block**2)
    return sums.reshape(n, rows * columns * channels)


EXTRACTOR = Extractor("pixels_pca", "Principal components of the pixels: the coarse picture", PixelsPca)
