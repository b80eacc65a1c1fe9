"""What can be measured on a picture without knowing what it shows: hash, light, contrast, sharpness."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

# Pictures are measured at this side at most: how sharp a photo is shows there, whatever its resolution.
SIDE = 64
HASH_SIDE, HASH_FREQUENCIES = 32, 8
# Side of the gray picture that tells near duplicates from pictures which only hash alike.
TINY_SIDE = 16
# Variance of rounding to whole numbers and of faint noise: a flat picture must not count as all detail.
NOISE_VARIANCE = 1.0
# Variance of the Laplacian of independent pixels, in units of their own variance: 4² + 4 · 1².
WHITE_NOISE = 20.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one picture, shrunk to at most ``SIDE`` pixels a side.

    Attributes:
        phash: 64 bits, the first frequency in the highest one.
        brightness: mean luma, 0 to 1.
        contrast: standard deviation of the luma, 0 to 0.5.
        sharpness: 0 for a flat picture, 1 for noise; see ``measure``.
        red: mean, 0 to 1.
        green: likewise.
        blue: likewise.
    """

    phash: int
    brightness: float
    contrast: float
    sharpness: float
    red: float
    green: float
    blue: float


def measure(pictures: Sequence[Pixels], hash_pictures: Pixels, colours: Pixels) -> list[Measures]:
    """Measure pictures; those of one shape all at once.

    The perceptual hash is that of ``imagehash.phash``, for many pictures in one call: signs of the 8 x 8
    lowest frequencies of a cosine transform against their median (Zauner, "Implementation and benchmarking of
    perceptual image hash functions", 2010). Sharpness comes from the variance of the Laplacian (Pech-Pacheco
    et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000): the square root of its ratio to the
    variance of the picture itself, so that contrast does not matter, in units of what noise has.

    Args:
        pictures: luma, each (height, width), at most ``SIDE`` a side.
        hash_pictures: (n, 32, 32) the same at one size.
        colours: (n, 3) mean red, green and blue.
    """
    shapes: dict[tuple[int, ...], list[int]] = {}
    for number, picture in enumerate(pictures):
        shapes.setdefault(picture.shape, []).append(number)
    rows = np.empty((len(pictures), 3))
    for members in shapes.values():
        rows[members] = _of_one_shape(np.stack([pictures[number] for number in members]))
    table = np.column_stack([rows, colours / 255]).tolist()
    hashes = perceptual_hashes(hash_pictures).tolist()
    return [Measures(bits, *row) for bits, row in zip(hashes, table, strict=True)]


def perceptual_hashes(pictures: Pixels) -> npt.NDArray[np.uint64]:
    """Hash gray pictures (n, 32, 32); the result is (n,)."""
    from scipy.fft import dct

    frequencies = dct(dct(pictures.astype(np.float64), axis=1), axis=2)
    lowest = frequencies[:, :HASH_FREQUENCIES, :HASH_FREQUENCIES].reshape(len(pictures), -1)
    bits = lowest > np.median(lowest, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(">u8").astype(np.uint64).reshape(-1)


def tiny(hash_pictures: Pixels) -> Pixels:
    """Gray pictures (n, 32, 32) as (n, 16, 16), by the means of 2 x 2 pixels."""
    blocks = hash_pictures.reshape(-1, TINY_SIDE, 2, TINY_SIDE, 2)
    return np.asarray(blocks.sum(axis=(2, 4), dtype=np.uint16) // 4, np.uint8)


def _of_one_shape(pictures: Pixels) -> npt.NDArray[np.float64]:
    """Brightness, contrast and sharpness of pictures (n, height, width); (n, 3)."""
    mean, variance = _mean_and_variance(pictures)
    _, detail = _mean_and_variance(_laplacian(pictures))
    sharpness = np.sqrt(detail / (WHITE_NOISE * (variance + NOISE_VARIANCE)))
    return np.column_stack([mean / 255, np.sqrt(variance) / 255, sharpness])


def _mean_and_variance(
    values: npt.NDArray[np.integer[Any]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of each picture. Whole numbers add up exactly, and faster than ``var`` takes."""
    flat = values.reshape(len(values), -1).astype(np.int32)
    mean = flat.mean(axis=1)
    squares = np.einsum("np,np->n", flat, flat, dtype=np.int64)
    return mean, np.maximum(squares / flat.shape[1] - mean**2, 0)


def _laplacian(pictures: Pixels) -> npt.NDArray[np.int16]:
    """Four neighbours less four times the pixel; beyond the edge the picture goes on as it ends."""
    padded = np.pad(pictures.astype(np.int16), ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
    along = padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1]
    return across + along - 4 * padded[:, 1:-1, 1:-1]
