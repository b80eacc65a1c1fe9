"""The answers of trained models to the validation images, as their folders keep them."""

import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.analysis.side_by_side_answers import Answers
from tunescope.errors import SourceError

FILE = "validation.npz"
# What numpy raises for files that are cut off, damaged, or of another kind.
_DAMAGES = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


def read_answers(folder: str | None, classes: int) -> Answers:
    """The answers of the model in a folder.

    Raises:
        SourceError: when it left none, or none that can be read.
    """
    if not isinstance(folder, str):
        raise SourceError("it left no folder")
    path = Path(folder) / FILE
    try:
        return _read(path, path.stat().st_mtime_ns, classes)
    except FileNotFoundError:
        raise SourceError("it left no predictions") from None
    except _DAMAGES as error:
        raise SourceError(f"`{path}` is damaged ({error})") from None


# Only what is compared is kept: all probabilities of 10 000 images of a thousand classes take 40 MB.
@lru_cache(maxsize=24)
def _read(path: Path, stamp: int, classes: int) -> Answers:
    # Opened here, for numpy leaves a damaged file open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return _answers(arrays["rows"], arrays["labels"], arrays["probabilities"], classes)


def _answers(
    rows: npt.NDArray[Any], labels: npt.NDArray[Any], probabilities: npt.NDArray[Any], classes: int
) -> Answers:
    if probabilities.shape != (len(labels), classes) or rows.shape != labels.shape:
        raise ValueError(f"its probabilities have the shape {probabilities.shape}, not one row an image")
    if not np.isfinite(probabilities).all():
        raise ValueError("not all of its probabilities are finite")
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"its labels are not within 0 and {classes - 1}")
    order = np.unique(rows, return_index=True)[1]
    predicted, places = probabilities.argmax(axis=1), np.arange(len(labels))
    return Answers(
        rows=rows[order].astype(np.int64),
        labels=labels[order].astype(np.int64),
        predicted=predicted[order].astype(np.int64),
        confidences=probabilities[places, predicted][order].astype(np.float64),
        of_truth=probabilities[places, labels.astype(np.int64)][order].astype(np.float64),
    )
