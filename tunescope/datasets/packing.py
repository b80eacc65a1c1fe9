"""Decodes the accepted images once, into arrays for everything that follows."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from tunescope.datasets.building import finished_folder
from tunescope.datasets.cleaning import CleanImage, Inspection
from tunescope.datasets.packed import DESCRIPTION, IMAGES, LABELS, PATHS, SPLIT_NUMBERS, PackedDataset
from tunescope.datasets.pool import Progress, ordered_map
from tunescope.datasets.source import Source, SourceFile, UnusableFileError, expanded, read
from tunescope.datasets.splitting import split
from tunescope.errors import SourceError
from tunescope.parameters import DatasetParameters

PACKING = 1  # to raise when the same parameters give other arrays than before
SIDE_STEP, SMALLEST_SIDE, LARGEST_SIDE = 8, 16, 64
FINGERPRINT_DIGITS, LONGEST_NAME = 16, 80


def pack(
    inspection: Inspection,
    source: Source | str | Path,
    parameters: DatasetParameters,
    root: str | Path,
    on_progress: Progress | None = None,
) -> PackedDataset:
    """Write the accepted images of a source as arrays below ``root``, unless they are there already.

    Args:
        inspection: what ``inspect`` found in the source.
        source: the source itself, or what to give ``read``.
        parameters: size, fit, shares and seed of the dataset.
        root: gets a folder named by the fingerprint, which appears when it is complete, with ``images.npy``
            (n, height, width, channels), ``labels.npy``, ``splits.npy``, ``paths.json`` and ``dataset.json``.
        on_progress: called with the number of packed images and of all images.

    Raises:
        SourceError: when the inspection ended in a fault, or an image has changed since.
    """
    if inspection.fault:
        raise SourceError(inspection.fault)
    plan = _Plan(inspection.images, parameters)
    folder = Path(root) / plan.fingerprint
    if not (folder / DESCRIPTION).exists():
        opened = source if isinstance(source, Source) else read(source)
        with finished_folder(folder, DESCRIPTION) as room:
            _write(plan, opened, room, on_progress)
    return _known_as(dataset_name(parameters), parameters.source, PackedDataset.open(folder))


@dataclass(frozen=True)
class _Plan:
    """What will be written, all of it known before the first image is decoded."""

    images: tuple[CleanImage, ...]
    parameters: DatasetParameters

    @cached_property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted({image.label for image in self.images}))

    @cached_property
    def size(self) -> int:
        """The chosen side, or the median shorter side, rounded down and within what trains fast."""
        if self.parameters.image_size:
            return self.parameters.image_size
        middle = int(np.median([min(image.width, image.height) for image in self.images]))
        return min(max(middle // SIDE_STEP * SIDE_STEP, SMALLEST_SIDE), LARGEST_SIDE)

    @cached_property
    def image_shape(self) -> tuple[int, int, int]:
        return self.size, self.size, 1 if all(image.gray for image in self.images) else 3

    @cached_property
    def fingerprint(self) -> str:
        chosen = self.parameters
        shaping = (PACKING, self.size, chosen.fit, chosen.validation, chosen.test, chosen.seed)
        content = sorted((image.path, image.label, image.sha256) for image in self.images)
        return hashlib.sha256(json.dumps([shaping, content]).encode()).hexdigest()[:FINGERPRINT_DIGITS]

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        numbers = {label: number for number, label in enumerate(self.classes)}
        return np.array([numbers[image.label] for image in self.images], np.int64)


def _write(plan: _Plan, source: Source, room: Path, on_progress: Progress | None) -> None:
    chosen = plan.parameters
    with (room / IMAGES).open("wb") as file:
        _write_images(plan, source, file, on_progress)
    np.save(room / LABELS, plan.labels)
    np.save(room / SPLIT_NUMBERS, split(plan.labels, chosen.validation, chosen.test, chosen.seed))
    _save_json(room / PATHS, [image.path for image in plan.images])
    identity = (dataset_name(chosen), plan.fingerprint, room, plan.classes, plan.image_shape, chosen.source)
    preparation = chosen.model_dump(include={"fit", "validation", "test", "seed"})
    _save_json(room / DESCRIPTION, PackedDataset(*identity).to_dict() | {"preparation": preparation})


def _write_images(plan: _Plan, source: Source, file: BinaryIO, on_progress: Progress | None) -> None:
    """Append one image after the other: on a full disk this is an error, where a mapped file would crash."""
    from tunescope.datasets import pixels  # here, because it imports Pillow

    shape = (len(plan.images), *plan.image_shape)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    files = {file.path: file for file in source}
    with pixels.quiet():
        squares = ordered_map(partial(_square, plan, files), plan.images, len(plan.images), on_progress)
        for square in squares:
            file.write(square.tobytes())


def _square(plan: _Plan, files: Mapping[str, SourceFile], image: CleanImage) -> npt.NDArray[np.uint8]:
    from tunescope.datasets import pixels

    try:
        content = files[image.path].read()
    except (KeyError, OSError, UnusableFileError):
        content = b""
    if hashlib.sha256(content).hexdigest() != image.sha256:
        raise SourceError(f"`{image.path}` has changed since it was inspected: run preprocessing again")
    return pixels.render(content, plan.size, plan.parameters.fit, plan.image_shape[-1])


def dataset_name(parameters: DatasetParameters) -> str:
    """The chosen name, or the source's, in the letters that names may have."""
    path = expanded(parameters.source).resolve()
    stem = path.name if path.is_dir() else path.stem
    return parameters.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-_.")[:LONGEST_NAME] or "dataset"


def _known_as(name: str, source: str, dataset: PackedDataset) -> PackedDataset:
    """The same images may come again under another name, or from another place: the latest counts."""
    if (dataset.name, dataset.source) != (name, source):
        about = dataset.folder / DESCRIPTION
        _save_json(about, json.loads(about.read_text(encoding="utf-8")) | {"name": name, "source": source})
    return replace(dataset, name=name, source=source)


def _save_json(path: Path, content: object) -> None:
    """Write a file that others read either as it was or as it will be."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(draft, path)
