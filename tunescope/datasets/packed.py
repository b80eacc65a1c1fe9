"""A packed dataset: arrays that every trial and worker maps into memory."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from tunescope.datasets.building import full_disk_named, save_json
from tunescope.datasets.source import expanded
from tunescope.datasets.splitting import SPLITS, TEST, TRAIN, VALIDATION
from tunescope.errors import ParameterError, SourceError, UnknownNameError
from tunescope.parameters import DatasetParameters

if TYPE_CHECKING:
    import pandas as pd

IMAGES, LABELS, SPLIT_NUMBERS, PATHS, DESCRIPTION = (
    "images.npy",
    "labels.npy",
    "splits.npy",
    "paths.json",
    "dataset.json",
)
PACKING = 2  # to raise when the same source and parameters give other arrays, tables or findings than before
EMPTY_ARRAY_BYTES = 128
LONGEST_NAME = 80
UNUSED = len(SPLITS)  # in a view: the number of rows that are of no split
REJECTED, FILES, FINDINGS, QUALITY = "rejected.npy", "files.parquet", "findings.parquet", "quality.json"


def dataset_name(parameters: DatasetParameters) -> str:
    """The chosen name, or the source's, in the letters that names may have."""
    path = expanded(parameters.source).resolve()
    stem = path.name if path.is_dir() else path.stem.removesuffix(".tar")
    return parameters.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-_.")[:LONGEST_NAME] or "dataset"


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
        view: what sets its splits apart from those that were packed; see :meth:`with_split`.
        view_splits: (n,) the splits of a view.
    """

    name: str
    fingerprint: str
    folder: Path
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    source: str
    view: str = ""
    view_splits: npt.NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)

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

    def known_as(self, parameters: DatasetParameters) -> "PackedDataset":
        """The same images may come again under another name, or from another place: the latest counts."""
        name, source = dataset_name(parameters), parameters.source
        if (self.name, self.source) != (name, source):
            about = self.folder / DESCRIPTION
            with full_disk_named(self.folder):
                described = json.loads(about.read_text(encoding="utf-8"))
                save_json(about, described | {"name": name, "source": source})
        return replace(self, name=name, source=source)

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
        """(n,) index into ``SPLITS``; in a view also ``UNUSED``."""
        if self.view_splits is not None:
            return self.view_splits
        return np.asarray(np.load(self.folder / SPLIT_NUMBERS, allow_pickle=False))

    @cached_property
    def paths(self) -> list[str]:
        """Path of each image in the source."""
        paths: list[str] = json.loads((self.folder / PATHS).read_text(encoding="utf-8"))
        return paths

    @property
    def files(self) -> "pd.DataFrame":
        """A row for each file that could be decoded, sorted by path, also for the rejected ones.

        Columns: ``path``, ``label``, ``accepted``, ``row`` (in ``images``, or in ``rejected``), ``split`` and
        ``group`` (or null), ``mode``, ``width`` and ``height`` (upright, pixels), ``bytes``, ``sha256``,
        ``phash`` (16 hex digits), ``brightness``, ``contrast``, ``sharpness``, ``red``, ``green``, ``blue``.

        Raises:
            SourceError: when the folder was packed before this was kept.
        """
        import pandas as pd

        return pd.read_parquet(self._kept(FILES))

    @property
    def findings(self) -> "pd.DataFrame":
        """What was found: ``file``, ``kind``, ``detail``, ``action``, ``other`` and ``cluster`` (or null).

        Raises:
            SourceError: when the folder was packed before this was kept.
        """
        import pandas as pd

        return pd.read_parquet(self._kept(FINDINGS))

    @property
    def rejected(self) -> npt.NDArray[np.uint8]:
        """(m, height, width, channels) the rejected pictures that could be decoded, mapped read-only.

        Raises:
            SourceError: when the folder was packed before this was kept.
        """
        path = self._kept(REJECTED)
        # No bytes can be mapped where there are none.
        mode: Literal["r"] | None = "r" if path.stat().st_size > EMPTY_ARRAY_BYTES else None
        return np.asanyarray(np.load(path, mmap_mode=mode, allow_pickle=False))

    @property
    def quality(self) -> dict[str, Any]:
        """The content of ``data_quality.json``.

        Raises:
            SourceError: when the folder was packed before this was kept.
        """
        quality: dict[str, Any] = json.loads(self._kept(QUALITY).read_text(encoding="utf-8"))
        return quality

    def _kept(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            raise SourceError(f"`{self.folder}` was packed without `{name}`: run preprocessing again")
        return path

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

    @property
    def unsealed(self) -> npt.NDArray[np.intp]:
        """Rows that are not of the test split, ascending; the same in every view."""
        return np.flatnonzero(self.splits != TEST)

    def with_split(
        self, train: npt.NDArray[np.intp], validation: npt.NDArray[np.intp], view: str
    ) -> "PackedDataset":
        """The same images and test split, but other rows for training and validation.

        Args:
            train: rows; what is neither of these nor of the test split is unused.
            validation: rows, none of them in ``train``.
            view: tells this choice of rows from any other.

        Raises:
            ParameterError: when a row is of the test split.
        """
        chosen = np.concatenate([train, validation])
        sealed = chosen[self.splits[chosen] == TEST]
        if len(sealed):
            raise ParameterError(f"row {sealed[0]} is of the test split: choose from the others")
        splits = np.where(self.splits == TEST, TEST, UNUSED).astype(np.uint8)
        splits[train], splits[validation] = TRAIN, VALIDATION
        other = replace(self, view=view, view_splits=splits)
        vars(other).update(images=self.images, labels=self.labels)  # mapped and read once for all views
        return other

    def subset(self, split: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """Images and labels of a split, copied into memory."""
        rows = self.indices(split)
        return np.asarray(self.images[rows]), self.labels[rows]

    def counts(self) -> dict[str, int]:
        """Number of images in each split."""
        numbers = np.bincount(self.splits, minlength=len(SPLITS))[: len(SPLITS)]
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
