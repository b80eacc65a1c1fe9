"""Local binary patterns: fine texture, whatever the brightness and contrast.

Ojala, Pietikäinen and Mäenpää, "Multiresolution gray-scale and rotation invariant texture classification
with local binary patterns", PAMI 24 (2002): around each pixel, ``points`` neighbours (P) on a circle of
``radius`` (R) are lighter than it or not. Patterns with at most two changes around the circle ("uniform", u2)
have a bin each, the others share one. Histograms of cells tell where the texture is (Ahonen et al., "Face
description with local binary patterns", PAMI 28, 2006).
"""

import math

import numpy as np
import numpy.typing as npt

from tunescope.features.extractor import Extractor, FeatureExtractor, Images, Matrix
from tunescope.parameters import LbpParameters

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


class Lbp(FeatureExtractor[LbpParameters]):
    """Square roots of the shares that uniform patterns have in each cell."""

    def _features(self, images: Images) -> Matrix:
        points, cells = self.options.points, self.options.cells
        patterns = _patterns(_grays(images), points, self.options.radius)
        bins = points * (points - 1) + 3
        return _shares(patterns, bins, max(1, min(images.shape[1:3]) // cells))


def _grays(images: Images) -> Images:
    """(n, height, width) brightness, 0 to 255."""
    if images.shape[-1] == 1:
        return images[..., 0]
    grays: Images = np.rint(images @ LUMINANCE).astype(np.uint8)
    return grays


def _patterns(grays: Images, points: int, radius: float) -> npt.NDArray[np.int64]:
    """(n, height, width) number of each pixel's pattern; beyond the edge, pixels are those at the edge."""
    from skimage.feature import local_binary_pattern  # here, because the registry must import without it

    patterns, edge = np.zeros(grays.shape, np.int64), math.ceil(radius)
    padded = np.pad(grays, ((0, 0), (edge, edge), (edge, edge)), mode="edge")
    for row, gray in zip(patterns, padded, strict=True):
        wider = local_binary_pattern(gray, points, radius, "nri_uniform")  # type: ignore[no-untyped-call]
        row[:] = wider[edge:-edge, edge:-edge]
    return patterns


def _shares(patterns: npt.NDArray[np.int64], bins: int, cell: int) -> Matrix:
    """(n, d) of square cells; straight distances between roots of shares compare distributions."""
    n, rows, columns = len(patterns), patterns.shape[1] // cell, patterns.shape[2] // cell
    whole = patterns[:, : rows * cell, : columns * cell].reshape(n, rows, cell, columns, cell)
    cells = np.arange(n * rows * columns).reshape(n, rows, 1, columns, 1) * bins
    counts = np.bincount((whole + cells).ravel(), minlength=n * rows * columns * bins)
    shares: Matrix = np.sqrt(
        counts.reshape(n, rows * columns * bins).astype(np.float32) / np.float32(cell**2)
    )
    return shares


EXTRACTOR = Extractor("lbp", "Local binary patterns: fine texture, whatever the light", Lbp, LbpParameters)
