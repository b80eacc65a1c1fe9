"""Reads images and labels out of NumPy's npz files. Nothing in them is ever unpickled.

The format is described in :mod:`numpy.lib.format`.
"""

import math
import os
import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from tunescope.datasets.readers.archive import check
from tunescope.datasets.readers.arrays import ImageArray, array_files, class_names, value_range
from tunescope.datasets.readers.entries import PACK_AGAIN, damage, sound
from tunescope.datasets.readers.files import BOMB, CHUNK, OpenedFile, unpacked
from tunescope.datasets.readers.zipped import list_zip
from tunescope.datasets.source import SPLIT_WORDS, Reader, Source, SourceFile, refusal, source_of, state
from tunescope.parameters import LimitParameters

LONGEST_LABEL = 4096  # bytes
LARGEST_LABEL = 2**53  # of floating-point labels: up to here they count
MOST_NAMED = 6
SPELLINGS = (("x_{}", "y_{}"), ("{}_x", "{}_y"), ("{}_images", "{}_labels"), ("images_{}", "labels_{}"))
NAMES = [("x", "y", None), ("images", "labels", None)] + [
    (images.format(word), labels.format(word), split)
    for word, split in SPLIT_WORDS.items()
    for images, labels in SPELLINGS
]
NAMING = "name its arrays `x_train`, `y_train`, `x_test`, `y_test` or `images`, `labels`"


@dataclass(frozen=True)
class _Set:
    """Names of the arrays of one set, and its official split."""

    images: str
    labels: str
    split: str | None


@dataclass(frozen=True)
class _Array:
    """An array of an npz file, unpacked."""

    file: OpenedFile
    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def open_npz(path: Path, limits: LimitParameters, scratch: str | Path | None = None) -> Source:
    """List the images of an npz file.

    Args:
        path: of the file.
        limits: what it may hold.
        scratch: folder where its arrays are unpacked; else beside it, or where temporary files go.

    Raises:
        SourceError: when the file is damaged, or its arrays are not labelled images.
    """
    listing = list_zip(path, limits, scratch)
    check(path, listing, limits)
    listing.close()
    with ExitStack() as stack, zipfile.ZipFile(path) as archive:
        members = {name.removesuffix(".npy"): name for name in archive.namelist()}
        sets = _sets(members)
        if not sets:
            held = ", ".join(f"`{name}`" for name in sorted(members)[:MOST_NAMED])
            raise refusal(path, f"it holds {held}, but no images with labels", NAMING)

        def unpacked_array(name: str) -> _Array:
            array = _unpack(path, archive, members[name], limits, scratch)
            stack.callback(array.file.close)
            return array

        images = [_images(path, one.images, unpacked_array(one.images)) for one in sets]
        if sum(array.shape[0] for array in images) > limits.files:
            raise refusal(path, f"it holds more than {limits.files} images", BOMB)
        labels = [
            _labels(path, one, unpacked_array(one.labels), array.shape[0])
            for one, array in zip(sets, images, strict=True)
        ]
        return source_of(path, _files(sets, images, labels), on_close=stack.pop_all().close)


def _sets(names: Collection[str]) -> list[_Set]:
    """Arrays that belong together, by their usual names in any case."""
    known = {name.lower(): name for name in sorted(names, reverse=True)}
    return [
        _Set(known[images], known[labels], split)
        for images, labels, split in NAMES
        if images in known and labels in known
    ]


def _files(
    sets: list[_Set], images: list[ImageArray], labels: list[npt.NDArray[Any]]
) -> Iterator[SourceFile]:
    scale = value_range(images)  # one for all sets, or training and test images would look different
    for one, array, classes in zip(sets, images, class_names(labels), strict=True):
        yield from array_files(array, classes, one.split or one.images, one.split, scale)


def _unpack(
    path: Path, archive: zipfile.ZipFile, member: str, limits: LimitParameters, scratch: str | Path | None
) -> _Array:
    with damage(path), archive.open(member) as stream:
        shape, in_columns, dtype = _header(stream)
        start = stream.tell()
    if dtype.hasobject:
        why = f"`{member}` in it holds Python objects, which could run programs"
        raise refusal(path, why, "save it as an array of numbers or of text")
    if in_columns and len(shape) > 1:
        raise refusal(path, f"`{member}` in it is in Fortran order", "save `numpy.ascontiguousarray` of it")
    with archive.open(member) as stream:
        chunks = sound(path, iter(lambda: stream.read(CHUNK), b""))
        file = unpacked(path, chunks, archive.getinfo(member).compress_size, limits, scratch)
    if min(shape, default=0) < 0 or file.size < start + math.prod(shape) * dtype.itemsize:
        file.close()
        raise refusal(path, f"it is damaged (`{member}` is shorter than it says)", PACK_AGAIN)
    return _Array(file, start, shape, dtype)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and type of an array."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about headers that very old versions wrote
        return read(stream)


def _images(path: Path, name: str, array: _Array) -> ImageArray:
    shape, dtype = array.shape, array.dtype
    why = f"`{name}` in it has the shape {shape}, not that of images"
    mend = "give (images, height, width) or (images, height, width, channels), with 1, 3 or 4 channels"
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3, 4)) or 0 in shape[1:]:
        raise refusal(path, why, mend)
    if dtype.kind not in "biuf":
        raise refusal(path, f"`{name}` in it holds values of type `{dtype}`", "give numbers")
    return ImageArray(array.file, array.start, shape, dtype)


def _labels(path: Path, one: _Set, array: _Array, images: int) -> npt.NDArray[Any]:
    """(n,) labels, as numbers or text."""
    if math.prod(array.shape) != images or array.shape[:1] != (images,):
        why = f"`{one.images}` in it has {images} images, but `{one.labels}` the shape {array.shape}"
        raise refusal(path, why, "give one label for each image")
    if array.dtype.itemsize > LONGEST_LABEL or array.dtype.kind not in "biufUS":
        why = f"`{one.labels}` in it holds values of type `{array.dtype}`"
        raise refusal(path, why, "give integers or text")
    content = array.file.read(array.start, images * array.dtype.itemsize)
    with damage(path):
        labels = _plain(np.frombuffer(content, array.dtype))
    if labels.dtype.kind == "f":
        raise refusal(path, f"`{one.labels}` in it holds numbers with fractions", "give integers or text")
    return labels


def _plain(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bytes as text, and floating-point numbers as integers where all are whole."""
    if labels.dtype.kind == "S":
        return np.char.decode(labels, "utf-8", "backslashreplace")
    if labels.dtype.kind == "U":
        labels.tolist()  # fails where it holds what is no character
    if labels.dtype.kind != "f":
        return labels
    whole = (np.abs(labels) < LARGEST_LABEL) & (labels == np.rint(labels))
    return labels.astype(np.int64) if whole.all() else labels


def _is_npz(path: Path) -> bool:
    return path.suffix.lower() == ".npz" and os.path.isfile(path)


READER = Reader("npz", "an npz file", _is_npz, open_npz, state)
