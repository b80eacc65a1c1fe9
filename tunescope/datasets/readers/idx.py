"""Reads a folder with the idx files of the MNIST family, packed by gzip or not.

The format is described at the end of http://yann.lecun.com/exdb/mnist.
"""

import math
import os
import re
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tunescope.datasets.readers.arrays import ImageArray, array_files, class_names
from tunescope.datasets.readers.entries import PACK_AGAIN, sound
from tunescope.datasets.readers.files import BOMB, OpenedFile, gzip_chunks, unpacked
from tunescope.datasets.readers.folder import stamp_folder
from tunescope.datasets.source import SPLIT_WORDS, Reader, Source, SourceFile, refusal, source_of
from tunescope.parameters import LimitParameters

NAME = re.compile(r"(.*)-(images|labels)[-.]idx\d-ubyte(\.gz)?", re.IGNORECASE | re.DOTALL)
SPLIT_NAMES = SPLIT_WORDS | {"t10k": "test"}
UNSIGNED_BYTES = 8
Values = tuple[OpenedFile, int, tuple[int, ...]]


def open_idx(path: Path, limits: LimitParameters, scratch: str | Path | None = None) -> Source:
    """List the images of the idx files in a folder.

    Args:
        path: of the folder.
        limits: what the files may hold.
        scratch: folder for what gzip has packed; else beside it, or where temporary files go.

    Raises:
        SourceError: when a file is damaged or not what its name says, or its partner is missing.
    """
    with ExitStack() as stack:
        images, labels = {}, {}
        for name, pair in _sets(path).items():
            if set(pair) != {"images", "labels"}:
                (there,) = pair.values()
                why = f"`{there}` in it has no partner with the {'labels' if 'images' in pair else 'images'}"
                raise refusal(path, why, "put both files there")
            images[name] = _images(path / pair["images"], limits, scratch, stack)
            labels[name] = _labels(path / pair["labels"], limits, scratch, stack)
            if len(labels[name]) != images[name].shape[0]:
                why = f"`{name}` has {images[name].shape[0]} images and {len(labels[name])} labels"
                raise refusal(path, why, PACK_AGAIN)
        if sum(map(len, labels.values())) > limits.files:
            raise refusal(path, f"it holds more than {limits.files} images", BOMB)
        return source_of(path, _files(images, labels), on_close=stack.pop_all().close)


def _sets(folder: Path) -> dict[str, dict[str, str]]:
    """Names of the files by the name of their set and what they hold; unpacked ones are preferred."""
    sets: dict[str, dict[str, str]] = {}
    for name in sorted(os.listdir(folder), reverse=True):  # the shorter name comes last and stays
        if match := NAME.fullmatch(name):
            sets.setdefault(match[1], {})[match[2].lower()] = name
    return sets


def _files(images: dict[str, ImageArray], labels: dict[str, npt.NDArray[np.uint8]]) -> Iterator[SourceFile]:
    names = class_names(list(labels.values()))
    for (name, array), classes in zip(images.items(), names, strict=True):
        split = SPLIT_NAMES.get(name.lower().rpartition("-")[2])  # as in `emnist-letters-train`
        yield from array_files(array, classes, name, split)


def _images(path: Path, limits: LimitParameters, scratch: str | Path | None, stack: ExitStack) -> ImageArray:
    file, start, shape = _values(path, limits, scratch, stack)
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3, 4)) or 0 in shape[1:]:
        raise refusal(path, f"its shape is {shape}, not that of images", "give (images, height, width)")
    return ImageArray(file, start, shape, np.dtype(np.uint8))


def _labels(
    path: Path, limits: LimitParameters, scratch: str | Path | None, stack: ExitStack
) -> npt.NDArray[np.uint8]:
    file, start, shape = _values(path, limits, scratch, stack)
    if len(shape) != 1:
        raise refusal(path, f"its shape is {shape}, not that of labels", "give one label for each image")
    if shape[0] > limits.files:
        raise refusal(path, f"it holds {shape[0]} labels, more than {limits.files}", BOMB)
    return np.frombuffer(file.read(start, shape[0]), np.uint8)


def _values(path: Path, limits: LimitParameters, scratch: str | Path | None, stack: ExitStack) -> Values:
    """An opened idx file, where its values begin, and their shape."""
    file = _opened(path, limits, scratch)
    stack.callback(file.close)
    head = file.read(0, min(file.size, 4))
    dimensions = head[3] if len(head) == 4 and head[:2] == b"\0\0" else 0
    start = 4 + 4 * dimensions
    if not dimensions or file.size < start:
        raise refusal(path, "it is damaged (it does not begin like an idx file)", PACK_AGAIN)
    if head[2] != UNSIGNED_BYTES:
        raise refusal(path, f"it holds values of type {head[2]}", "save them as unsigned bytes (type 8)")
    shape = struct.unpack(f">{dimensions}I", file.read(4, 4 * dimensions))
    if file.size != start + math.prod(shape):
        why = f"it is damaged (it has {file.size} bytes, but must have {start + math.prod(shape)})"
        raise refusal(path, why, PACK_AGAIN)
    return file, start, shape


def _opened(path: Path, limits: LimitParameters, scratch: str | Path | None) -> OpenedFile:
    if not path.name.lower().endswith(".gz"):
        return OpenedFile.at(path)
    with open(path, "rb") as packed:
        chunks = sound(path, gzip_chunks(packed))
        return unpacked(path, chunks, path.stat().st_size, limits, scratch)


def _is_idx(path: Path) -> bool:
    return os.path.isdir(path) and bool(_sets(path))


READER = Reader("idx", "a folder of idx files", _is_idx, open_idx, stamp_folder)
