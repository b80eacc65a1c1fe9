"""Smaller pictures by means of square blocks, which neither blur nor alias."""

import math
from itertools import product

import numpy as np

from tunescope.features.extractor import Images, Matrix


def shrunk(images: Images, side: int) -> Matrix:
    """Shrink images until the shorter side has no more than ``side`` blocks.

    Args:
        images: uint8 (n, height, width, channels); what fills no whole block, right and below, is left out.
        side: most blocks across the shorter side.

    Returns:
        float32 (n, rows, columns, channels), 0 to 1
    """
    n, height, width, channels = images.shape
    block = math.ceil(min(height, width) / side)
    rows, columns = height // block, width // block
    sums = np.zeros((n, rows, columns, channels), np.float32)
    for down, across in product(range(block), repeat=2):
        sums += images[:, down : rows * block : block, across : columns * block : block]
    sums /= np.float32(255 * block**2)
    return sums
