"""Joint colour histograms of the quarters of a picture: which colours there are, and roughly where.

Swain and Ballard, "Color indexing", IJCV 7 (1991). The square root of each share makes straight distances
compare distributions (Arandjelovic and Zisserman, "Three things everyone should know", CVPR 2012).
"""

import numpy as np
import numpy.typing as npt

from tunescope.features.extractor import Extractor, FeatureExtractor, Images, Matrix
from tunescope.parameters import ColourHistogramParameters

GRAYS_A_LEVEL = 8  # one channel can have finer steps than three: by default 32 grays, or 64 colours
HALVES = 2


class ColourHistogram(FeatureExtractor[ColourHistogramParameters]):
    """Square roots of the shares that colours have in each quarter of the picture."""

    def _features(self, images: Images) -> Matrix:
        colours, number = _colours(images, self.options.levels)
        return np.concatenate([_shares(quarter, number) for quarter in _quarters(colours)], axis=1)


def _colours(images: Images, levels: int) -> tuple[npt.NDArray[np.int64], int]:
    """(n, height, width) number of each pixel's colour, and how many colours there are."""
    channels = images.shape[-1]
    steps = levels if channels > 1 else levels * GRAYS_A_LEVEL
    shades = images // np.uint8(256 // steps)
    return shades.astype(np.int64) @ (steps ** np.arange(channels)), steps**channels


def _quarters(colours: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    halves = np.array_split(colours, HALVES, axis=1)
    return [quarter for half in halves for quarter in np.array_split(half, HALVES, axis=2)]


def _shares(colours: npt.NDArray[np.int64], number: int) -> Matrix:
    n, pixels = len(colours), colours.shape[1] * colours.shape[2]
    places = colours.reshape(n, pixels) + number * np.arange(n)[:, None]
    counts = np.bincount(places.ravel(), minlength=n * number).reshape(n, number)
    shares: Matrix = np.sqrt(counts.astype(np.float32) / np.float32(pixels))
    return shares


EXTRACTOR = Extractor(
    "colour_histogram", "Colours in each quarter of the picture", ColourHistogram, ColourHistogramParameters
)
