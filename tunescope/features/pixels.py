"""The pixels themselves, of a picture so small that only its coarse light and colours are left."""

import math

from tunescope.features.extractor import Extractor, FeatureExtractor, Images, Matrix
from tunescope.features.shrinking import shrunk
from tunescope.parameters import PixelsParameters


class Pixels(FeatureExtractor[PixelsParameters]):
    """Pixels from 0 to 1, at no more than about ``side`` x ``side`` of them."""

    def _features(self, images: Images) -> Matrix:
        small = shrunk(images, self.options.side)
        return small.reshape(len(small), math.prod(small.shape[1:]))


EXTRACTOR = Extractor("pixels", "The pixels of the shrunk picture", Pixels, PixelsParameters)
