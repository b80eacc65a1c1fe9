"""One photo from outside, made into the same pixels that packing would make of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tunescope.datasets import pixels
from tunescope.datasets.examining import TRUNCATED
from tunescope.datasets.measures import SIDE
from tunescope.datasets.packing import luma
from tunescope.datasets.pixels import Decoded, Note
from tunescope.datasets.source import UnusableFileError
from tunescope.parameters import CleaningParameters

Pixels = npt.NDArray[np.uint8]

SHOWN_SIDE = 384  # of the square that people look at
# Mean difference between a pixel's strongest and weakest channel, of 255, below which nobody sees a colour:
# what JPEG makes of a gray picture stays below it.
COLOURLESS = 3.0


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as a model sees it.

    Attributes:
        pixels: (side, side, channels) as in the packed dataset.
        shown: (height, width, 1 or 3) the same cut of the photo in more pixels, for people.
        width: of the whole photo, upright, in pixels.
        height: likewise.
        is_gray: whether there is no colour in it.
        notes: a kind of finding and its details for each thing that had to be converted.
    """

    pixels: Pixels
    shown: Pixels
    width: int
    height: int
    is_gray: bool
    notes: tuple[Note, ...]


def read_photo(
    content: bytes, image_shape: tuple[int, int, int], fit: str, cleaning: CleaningParameters
) -> Photo:
    """Decode a photo, turn it upright, and fit it into a square, as packing does with a dataset's files.

    Args:
        content: bytes of the file.
        image_shape: height, width and channels of the dataset's images.
        fit: how an image becomes square, a key of ``pixels.FITS``.
        cleaning: with which the dataset was prepared.

    Raises:
        UnusableFileError: when it is no photo that can be decoded.
    """
    side, _, channels = image_shape
    with pixels.quiet():
        decoded = _decoded(content, max(side, SIDE), cleaning)
        coloured = np.empty((side, side, 3), np.uint8)
        coloured[:] = pixels.square(decoded.image, side, fit)
        shown = pixels.square(_sharper(content, decoded, cleaning).image, SHOWN_SIDE, fit)
    return Photo(
        pixels=luma(coloured) if channels == 1 else coloured,
        shown=shown,
        width=decoded.width,
        height=decoded.height,
        is_gray=bool(colourfulness(coloured[None])[0] < COLOURLESS),
        notes=decoded.notes,
    )


def colourfulness(images: Pixels) -> npt.NDArray[np.float64]:
    """Mean difference between the strongest and weakest channel of images (n, height, width, channels)."""
    spread = images.max(axis=-1) - images.min(axis=-1)
    found: npt.NDArray[np.float64] = spread.mean(axis=(1, 2))
    return found


def _decoded(content: bytes, side: int, cleaning: CleaningParameters) -> Decoded:
    """Whatever the policy for datasets is, the beginning of a photo is better than nothing."""
    try:
        return pixels.decode(content, side, cleaning)
    except UnusableFileError as fault:
        if not str(fault).startswith(TRUNCATED):
            raise
        with pixels.lenient():
            cut = pixels.decode(content, side, cleaning)
        return Decoded(cut.image, cut.mode, cut.width, cut.height, (*cut.notes, (TRUNCATED, "")))


def _sharper(content: bytes, decoded: Decoded, cleaning: CleaningParameters) -> Decoded:
    """The photo in enough pixels to look at, where a JPEG was decoded at a fraction of its size."""
    is_whole = decoded.image.size == (decoded.width, decoded.height)
    if is_whole or min(decoded.image.size) >= SHOWN_SIDE:
        return decoded
    return _decoded(content, SHOWN_SIDE, cleaning)
