"""Histograms of oriented gradients: the shape of what is in the picture, whatever its colours and brightness.

Dalal and Triggs, "Histograms of oriented gradients for human detection", CVPR 2005. The numbers are those of
``skimage.feature.hog`` (colour gradients, L2-Hys), computed for many images at a time.
"""

import numpy as np
import numpy.typing as npt

from tunescope.features.extractor import Extractor, FeatureExtractor, Images, Matrix
from tunescope.parameters import HogParameters

SMALLEST_CELL = 4  # pixels: smaller ones describe noise
BLOCK = 2  # cells on a side
CLIP, EPSILON = 0.2, 1e-5


class Hog(FeatureExtractor[HogParameters]):
    """Gradient histograms of square cells, normalized in overlapping blocks of 2 x 2 cells."""

    def _features(self, images: Images) -> Matrix:
        cell = cell_side(images.shape[1], images.shape[2], self.options.cells)
        histograms = _cell_histograms(*_strongest_gradients(images), cell, self.options.orientations)
        return _normalized_blocks(histograms)


def cell_side(height: int, width: int, cells: int) -> int:
    """Side of a cell in pixels, of which ``cells`` fit across the shorter side, but at least 4."""
    return max(SMALLEST_CELL, min(height, width) // cells)


def _strongest_gradients(images: Images) -> tuple[Matrix, Matrix]:
    """(n, height, width) central differences down and across, of the channel that changes most there."""
    down, across = _gradients(images[..., 0])
    for channel in range(1, images.shape[-1]):
        other_down, other_across = _gradients(images[..., channel])
        stronger = other_down**2 + other_across**2 > down**2 + across**2
        np.copyto(down, other_down, where=stronger)
        np.copyto(across, other_across, where=stronger)
    return down, across


def _gradients(channel: npt.NDArray[np.uint8]) -> tuple[Matrix, Matrix]:
    values = channel.astype(np.float32)
    down, across = np.zeros_like(values), np.zeros_like(values)
    np.subtract(values[:, 2:], values[:, :-2], out=down[:, 1:-1])
    np.subtract(values[:, :, 2:], values[:, :, :-2], out=across[:, :, 1:-1])
    return down, across


def _cell_histograms(down: Matrix, across: Matrix, cell: int, orientations: int) -> npt.NDArray[np.float64]:
    """(n, rows, columns, orientations) mean gradient length for each orientation in each cell."""
    n, rows, columns = down.shape[0], down.shape[1] // cell, down.shape[2] // cell
    down, across = (part[:, : rows * cell, : columns * cell] for part in (down, across))
    cells = np.arange(n * rows * columns).reshape(n, rows, 1, columns, 1) * orientations
    places = _sectors(down, across, orientations).reshape(n, rows, cell, columns, cell) + cells
    lengths = np.sqrt(down**2 + across**2)
    sums = np.bincount(places.ravel(), lengths.ravel(), n * rows * columns * orientations)
    return sums.reshape(n, rows, columns, orientations) / cell**2


def _sectors(down: Matrix, across: Matrix, number: int) -> npt.NDArray[np.int64]:
    """The sector of the half circle that each gradient points to; opposite directions count as one."""
    turned = np.where(down < 0, -across, across)
    sectors = (np.arctan2(np.abs(down), turned) * np.float32(number / np.pi)).astype(np.int64)
    return np.where(sectors == number, 0, sectors)


def _normalized_blocks(histograms: npt.NDArray[np.float64]) -> Matrix:
    """(n, d) blocks scaled to length 1, clipped, and scaled again (L2-Hys)."""
    windows = np.lib.stride_tricks.sliding_window_view(histograms, (BLOCK, BLOCK), axis=(1, 2))
    n, rows, columns, orientations = windows.shape[:4]
    blocks = windows.transpose(0, 1, 2, 4, 5, 3).reshape(n, rows * columns, BLOCK**2 * orientations)
    clipped = np.minimum(_unit(blocks), CLIP)
    return _unit(clipped).reshape(n, rows * columns * BLOCK**2 * orientations).astype(np.float32)


def _unit(blocks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + EPSILON**2)
    unit: npt.NDArray[np.float64] = blocks / lengths
    return unit


EXTRACTOR = Extractor(
    "hog", "Histograms of oriented gradients: shape, whatever the colours", Hog, HogParameters
)
