"""Feature matrices on disk, computed once for each dataset."""

import math
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from tunescope.datasets import PackedDataset
from tunescope.datasets.building import finished_folder
from tunescope.datasets.pool import Progress, ordered_map
from tunescope.errors import SourceError, UnknownNameError
from tunescope.features.extractor import Extractor, FeatureExtractor, Matrix, State

MATRIX, STATE = "matrix.npy", "state.npz"
ROWS = 256  # images in one piece of work
MOST_FITTED = 10_000  # training images to learn from: more teach little, and would not fit in memory


def extract(dataset: PackedDataset, name: str, root: str | Path, on_progress: Progress | None = None) -> Path:
    """Compute the features of all images of a dataset, unless they are there already.

    Args:
        dataset: the extractor is fitted on images of its training split alone.
        name: a key of ``EXTRACTORS``.
        root: gets a folder ``<fingerprint>/<name>``, which appears when it is complete, with ``matrix.npy``
            (float32, a row for each image in the dataset's order) and ``state.npz`` (the fitted extractor).
        on_progress: called with the number of finished pieces of work and of all of them.

    Returns:
        that folder

    Raises:
        UnknownNameError: when there is no such extractor.
    """
    folder = Path(root) / dataset.fingerprint / _declared(name).name
    if not (folder / STATE).exists():
        with finished_folder(folder, STATE) as room:
            extractor = _fitted(dataset, name)
            # The pool's threads are enough: those of linear algebra would only wait for one another.
            with (room / MATRIX).open("wb") as file, threadpool_limits(1):
                _write_matrix(dataset, extractor, file, on_progress)
            _save_state(room / STATE, extractor.state())
    return folder


def load_features(root: str | Path, fingerprint: str, name: str) -> Matrix:
    """Map a feature matrix into memory, read-only: float32 (n, d), rows in the dataset's order.

    Raises:
        UnknownNameError: when there is no such extractor.
        SourceError: when the features have not been extracted.
    """
    path = Path(root) / fingerprint / _declared(name).name / MATRIX
    try:
        return np.asanyarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError):
        raise SourceError(f"`{path}` holds no features: run feature extraction for `{name}` first") from None


def load_extractor(folder: str | Path) -> FeatureExtractor:
    """Load the fitted extractor from the folder that ``extract`` gave.

    Raises:
        UnknownNameError: when the folder is not named like an extractor.
        SourceError: when it holds no fitted extractor.
    """
    path = Path(folder) / STATE
    extractor = _declared(path.parent.name).build()
    try:
        with np.load(path, allow_pickle=False) as state:
            extractor.restore(state)
    except (OSError, ValueError):
        raise SourceError(f"`{path}` holds no extractor: run feature extraction again") from None
    return extractor


def _declared(name: str) -> Extractor:
    from tunescope.features import EXTRACTORS  # here, because the registry's room imports this module

    if name not in EXTRACTORS:
        raise UnknownNameError(
            f"`{name}` is no extractor: use {', '.join(f'`{known}`' for known in EXTRACTORS)}"
        )
    return EXTRACTORS[name]


def _fitted(dataset: PackedDataset, name: str) -> FeatureExtractor:
    extractor = _declared(name).build()
    rows = dataset.indices("train")
    extractor.fit(dataset.images[rows[:: math.ceil(len(rows) / MOST_FITTED)]])
    return extractor


def _write_matrix(
    dataset: PackedDataset, extractor: FeatureExtractor, file: BinaryIO, on_progress: Progress | None
) -> None:
    """Append piece by piece, so that neither all images nor the whole matrix are ever in memory."""
    starts = range(0, len(dataset), ROWS)
    transform = partial(_rows, extractor, dataset.images)
    for start, rows in zip(starts, ordered_map(transform, starts, len(starts), on_progress), strict=True):
        if start == 0:
            shape = (len(dataset), rows.shape[1])
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
        file.write(rows.tobytes())


def _save_state(path: Path, state: State) -> None:
    arrays: dict[str, Any] = state  # numpy's own annotation takes any further keyword for its option
    np.savez(path, **arrays)


def _rows(extractor: FeatureExtractor, images: npt.NDArray[np.uint8], start: int) -> Matrix:
    return extractor.transform(images[start : start + ROWS])
