"""The pixels themselves, on the directions in which training images differ most."""

import math

import numpy as np
from threadpoolctl import threadpool_limits

from tunescope.features.extractor import Extractor, FeatureExtractor, Images, Matrix, State
from tunescope.features.shrinking import shrunk
from tunescope.parameters import PixelsPcaParameters

LARGEST_SIDE = 32  # finer detail hardly shows in the first components, and costs the square of the side


class PixelsPca(FeatureExtractor[PixelsPcaParameters]):
    """Principal components of the pixels, at no more than about 32 x 32 of them."""

    def _learn(self, images: Images) -> State:
        from sklearn.decomposition import PCA  # here, because the registry must import without scikit-learn

        pixels = _pixels(images)
        components = min(self.options.components, *pixels.shape)
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
    """(n, d) pixels from 0 to 1 of the shrunk images."""
    small = shrunk(images, LARGEST_SIDE)
    return small.reshape(len(small), math.prod(small.shape[1:]))


EXTRACTOR = Extractor(
    "pixels_pca", "Principal components of the pixels: the coarse picture", PixelsPca, PixelsPcaParameters
)
