"""Images out of arrays, each as an encoded picture, so that everything later treats them like files."""

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.datasets.readers.files import CHUNK, OpenedFile
from tunescope.datasets.source import SourceFile, clean_label

CHANNELS = {1: b"P5", 3: b"P6"}  # the letters of binary PGM and PPM
FULL_RANGES = (255, 65535)
NAME_DIGITS = 5


@dataclass(frozen=True)
class ImageArray:
    """An array of images that lies in a file, in C order.

    Attributes:
        file: the file.
        start: where in it the array begins.
        shape: (n, height, width) or (n, height, width, channels), with 1, 3 or 4 channels.
        dtype: boolean, integer or floating-point.
    """

    file: OpenedFile
    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def image_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def image(self, row: int) -> npt.NDArray[Any]:
        """One image, (height, width) or (height, width, channels)."""
        content = self.file.read(self.start + row * self.image_bytes, self.image_bytes)
        return np.frombuffer(content, self.dtype).reshape(self.shape[1:])

    def parts(self) -> Iterator[npt.NDArray[Any]]:
        """All its values, a bounded number at a time."""
        size, step = self.shape[0] * self.image_bytes, CHUNK * self.dtype.itemsize
        for start in range(0, size, step):
            yield np.frombuffer(self.file.read(self.start + start, min(step, size - start)), self.dtype)


def array_files(
    array: ImageArray,
    labels: Sequence[str],
    folder: str,
    split: str | None,
    scale: tuple[float, float] = (0, 255),
) -> Iterator[SourceFile]:
    """One file for each image, named by its row.

    Args:
        array: the images.
        labels: (n,) their classes.
        folder: goes before the row in paths.
        split: the official one, if any.
        scale: the values that are black and white, as ``value_range`` gives them.
    """
    digits = max(NAME_DIGITS, len(str(len(labels) - 1)))
    for row, label in enumerate(labels):
        path = f"{folder}/{row:0{digits}}"
        read = partial(_picture_at, array, row, scale)
        yield SourceFile(path, clean_label(label), array.image_bytes, read, split)


def class_names(labels: Sequence[npt.NDArray[Any]]) -> list[list[str]]:
    """Labels as text; numbers with leading zeros, so that they sort by size."""
    texts = [[str(label) for label in part.tolist()] for part in labels]
    if not all(part.dtype.kind in "iu" for part in labels):
        return texts
    width = max((len(text) for part in texts for text in part), default=1)
    return [[text.zfill(width) for text in part] for part in texts]


def value_range(arrays: Sequence[ImageArray]) -> tuple[float, float]:
    """The values that become black and white: the customary ones that hold all, or else the extremes."""
    kinds = {array.dtype.kind for array in arrays}
    if kinds <= {"b"}:
        return 0, 1
    if all(array.dtype == np.uint8 for array in arrays):
        return 0, 255
    low, high = _extremes(arrays)
    customary = FULL_RANGES if "f" not in kinds else (1, *FULL_RANGES)
    fitting = [top for top in customary if low >= 0 and high <= top]
    return (0, fitting[0]) if fitting else (low, high)


def picture(pixels: npt.NDArray[Any], scale: tuple[float, float] = (0, 255)) -> bytes:
    """Encode pixels without loss: as PGM or PPM, or as PNG with a fourth channel.

    Args:
        pixels: (height, width) or (height, width, channels), with 1, 3 or 4 channels.
        scale: the values that are black and white. Integers up to 65535 keep their 16 bits; everything else
            is rounded to 8.
    """
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    height, width, channels = pixels.shape
    deep = scale == (0, 65535) and pixels.dtype.kind in "iu" and channels in CHANNELS
    values = pixels.astype(">u2") if deep else _eight_bits(pixels, scale)
    if channels in CHANNELS:
        head = b"%s %d %d %d\n" % (CHANNELS[channels], width, height, 65535 if deep else 255)
        return head + values.tobytes()
    return _png(values)


def _picture_at(array: ImageArray, row: int, scale: tuple[float, float]) -> bytes:
    return picture(array.image(row), scale)


def _extremes(arrays: Iterable[ImageArray]) -> tuple[float, float]:
    """The least and the largest finite value."""
    low, high = np.inf, -np.inf
    for array in arrays:
        for part in array.parts():
            finite = part[np.isfinite(part)]
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0, 1)


def _eight_bits(pixels: npt.NDArray[Any], scale: tuple[float, float]) -> npt.NDArray[np.uint8]:
    if pixels.dtype == np.uint8 and scale == (0, 255):
        return pixels
    low, high = scale
    values = np.nan_to_num(pixels.astype(np.float64), nan=low, posinf=high, neginf=low)
    # Divided before it is subtracted: the difference of two large numbers may be infinite.
    span = (high / 2 - low / 2) or 0.5
    return np.rint((values / 2 - low / 2) / span * 255).clip(0, 255).astype(np.uint8)


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
