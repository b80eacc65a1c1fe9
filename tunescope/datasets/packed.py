"""A packed dataset: arrays that every trial and worker maps into memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.datasets.splitting import SPLITS
from tunescope.errors import SourceError, UnknownNameError

IMAGES, LABELS, SPLIT_NUMBERS, PATHS, DESCRIPTION = (
    "images.npy",
    "labels.npy",
    "splits.npy",
    "paths.json",
    "dataset.json",
)


@dataclass(frozen=True)
class PackedDataset:
    """A cleaned, split, content-hashed set of labelled images, opened from its folder.

    Attributes:
        name: for people.
        fingerprint: tells the content; equal fingerprints mean equal arrays.
        folder: where the arrays are.
        classes: names, sorted; a label is an index into them.
        image_shape: height, width and channels (1 or 3).
        source: where the images came from.
    """

    name: str
    fingerprint: str
    folder: Path
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    source: str

    @classmethod
    def open(cls, folder: str | Path) -> "PackedDataset":
        """Open what ``pack`` wrote.

        Raises:
            SourceError: when the folder holds no packed dataset.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            height, width, channels = about["image_shape"]
        except (OSError, ValueError, LookupError, TypeError):
            raise SourceError(f"`{folder}` holds no packed dataset: run preprocessing again") from None
        return cls(
            name=about["name"],
            fingerprint=about["fingerprint"],
            folder=folder,
            classes=tuple(about["classes"]),
            image_shape=(height, width, channels),
            source=about["source"],
        )

    @cached_property
    def images(self) -> npt.NDArray[np.uint8]:
        """(n, height, width, channels), mapped read-only, sorted by path."""
        return np.asanyarray(np.load(self.folder / IMAGES, mmap_mode="r", allow_pickle=False))

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """(n,) index into ``classes``."""
        return np.asarray(np.load(self.folder / LABELS, allow_pickle=False))

    @cached_property
    def splits(self) -> npt.NDArray[np.uint8]:
        """(n,) index into ``SPLITS``."""
        return np.asarray(np.load(self.folder / SPLIT_NUMBERS, allow_pickle=False))

    @cached_property
    def paths(self) -> list[str]:
        """Path of each image in the source."""
        paths: list[str] = json.loads((self.folder / PATHS).read_text(encoding="utf-8"))
        return paths

    def __len__(self) -> int:
        return len(self.labels)

    def indices(self, split: str) -> npt.NDArray[np.intp]:
        """Rows of a split, ascending.

        Raises:
            UnknownNameError: when there is no such split.
        """
        if split not in SPLITS:
            raise UnknownNameError(f"`{split}` is no split: use {', '.join(f'`{name}`' for name in SPLITS)}")
        return np.flatnonzero(self.splits == SPLITS.index(split))

    def subset(self, split: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """Images and labels of a split, copied into memory."""
        rows = self.indices(split)
        return np.asarray(self.images[rows]), self.labels[rows]

    def counts(self) -> dict[str, int]:
        """Number of images in each split."""
        numbers = np.bincount(self.splits, minlength=len(SPLITS))
        return {split: int(number) for split, number in zip(SPLITS, numbers, strict=True)}

    def to_dict(self) -> dict[str, Any]:
        """Describe the dataset as plain data that JSON can hold."""
        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "source": self.source,
            "classes": list(self.classes),
            "image_shape": list(self.image_shape),
            "images": len(self),
            "splits": self.counts(),
        }

    def __getstate__(self) -> Mapping[str, Any]:
        # A worker maps the arrays itself; without this they would travel to it inside the pickle.
        return {field.name: getattr(self, field.name) for field in fields(self)}
