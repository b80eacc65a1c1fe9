"""Feature matrices on disk, computed once for each dataset, extractor and set of options."""

import hashlib
import json
import math
import os
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from tunescope.datasets import PackedDataset
from tunescope.datasets.building import finished_folder
from tunescope.datasets.pool import Progress, ordered_map
from tunescope.errors import SourceError, UnknownNameError
from tunescope.features.extractor import Extractor, FeatureExtractor, Matrix

MATRIX, STATE = "matrix.npy", "state.npz"
ROWS = 256  # images in one piece of work
MOST_FITTED = 10_000  # training images to learn from: more teach little, and would not fit in memory
DAMAGE = (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile)


def extract(
    dataset: PackedDataset,
    name: str,
    root: str | Path,
    options: BaseModel | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Compute the features of all images of a dataset, unless they are there already.

    Args:
        dataset: the extractor is fitted on images of its training split alone.
        name: a key of ``EXTRACTORS``.
        root: gets a folder ``<fingerprint>/<name>-<eight digits>``, which appears when it is complete, with
            ``matrix.npy`` (float32, a row for each image in the dataset's order) and ``state.npz`` (the
            fitted extractor). The digits tell the options, so that no matrix is taken for another.
        options: of that extractor; its defaults without any.
        on_progress: called with the number of finished pieces of work and of all of them.

    Returns:
        that folder

    Raises:
        UnknownNameError: when there is no such extractor.
        SourceError: when the options name weights that cannot be used.
    """
    extractor = _declared(name).build(options)
    folder = Path(root) / dataset.fingerprint / f"{name}-{_digits(extractor)}"
    if not (folder / STATE).exists():
        with finished_folder(folder, STATE) as room:
            _fit(extractor, dataset)
            with (room / MATRIX).open("wb") as file:
                _write_matrix(dataset, extractor, file, on_progress)
            save_extractor(extractor, room / STATE)
    return folder


def load_features(folder: str | Path) -> Matrix:
    """Map the matrix in the folder that ``extract`` gave, read-only: float32 (n, d), in the dataset's order.

    Raises:
        SourceError: when the folder holds no features.
    """
    try:
        return np.asanyarray(np.load(Path(folder) / MATRIX, mmap_mode="r", allow_pickle=False))
    except DAMAGE:
        raise SourceError(f"`{folder}` holds no features: run feature extraction first") from None


def load_extractor(folder: str | Path) -> FeatureExtractor[Any]:
    """Load the fitted extractor from the folder that ``extract`` gave.

    Raises:
        UnknownNameError: when the folder is not named like an extractor.
        SourceError: when it holds no fitted extractor.
    """
    path = Path(folder) / STATE
    extractor = _declared(path.parent.name.rpartition("-")[0]).build()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as state:
            extractor.restore(state)
    except DAMAGE:
        raise SourceError(f"`{path}` holds no extractor: run feature extraction again") from None
    extractor.stored = path
    return extractor


def save_extractor(extractor: FeatureExtractor[Any], path: Path) -> None:
    """Write the state of a fitted extractor; ``restore`` reads it.

    One that was loaded shares its file where the file system can: the weights of a backbone would otherwise
    be stored again with every trial.
    """
    path.unlink(missing_ok=True)  # writing into a shared file would change it everywhere
    if extractor.stored is not None:
        with suppress(OSError):
            os.link(extractor.stored, path)
            return
    state: dict[str, Any] = (
        extractor.state()
    )  # numpy's own annotation takes any further keyword for its option
    np.savez(path, **state)


def _declared(name: str) -> Extractor:
    from tunescope.features import EXTRACTORS  # here, because the registry's room imports this module

    if name not in EXTRACTORS:
        raise UnknownNameError(
            f"`{name}` is no extractor: use {', '.join(f'`{known}`' for known in EXTRACTORS)}"
        )
    return EXTRACTORS[name]


def _digits(extractor: FeatureExtractor[Any]) -> str:
    """Eight digits that tell what numbers the extractor computes."""
    about = json.dumps([extractor.version, extractor.identity()], sort_keys=True)
    return hashlib.sha256(about.encode()).hexdigest()[:8]


def _fit(extractor: FeatureExtractor[Any], dataset: PackedDataset) -> None:
    rows = dataset.indices("train")
    extractor.fit(dataset.images[rows[:: math.ceil(len(rows) / MOST_FITTED)]])


def _write_matrix(
    dataset: PackedDataset, extractor: FeatureExtractor[Any], file: BinaryIO, on_progress: Progress | None
) -> None:
    """Append piece by piece, so that neither all images nor the whole matrix are ever in memory."""
    starts = range(0, len(dataset), ROWS)
    transform = partial(_rows, extractor, dataset.images)
    with extractor.sharing_cores():
        for start, rows in zip(starts, ordered_map(transform, starts, len(starts), on_progress), strict=True):
            if start == 0:
                shape = (len(dataset), rows.shape[1])
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(rows.tobytes())


def _rows(extractor: FeatureExtractor[Any], images: npt.NDArray[np.uint8], start: int) -> Matrix:
    return extractor.transform(images[start : start + ROWS])
