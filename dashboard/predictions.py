"""What a trained model answered to the validation images, as its folder keeps it. Test images stay sealed."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.wording import is_missing
from tunescope.analysis.calibration import Calibration, calibration
from tunescope.analysis.mistakes import Predictions, predictions
from tunescope.errors import ParameterError, SourceError

FILE = "validation.npz"
# What numpy raises for files that are cut off, damaged, or of another kind.
_DAMAGES = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class Validation:
    """The predictions of one trial, and how far its confidence can be believed.

    Attributes:
        path: the file that holds them, with all probabilities.
        classes: names of the classes.
        found: what was predicted.
        calibration: confidence against accuracy.
    """

    path: Path
    classes: tuple[str, ...]
    found: Predictions
    calibration: Calibration


def path_of(row: Mapping[str, Any]) -> Path | None:
    """Where the predictions of a trial are, None where it has none."""
    path = None if is_missing(row["folder"]) else Path(row["folder"]) / FILE
    return path if path is not None and path.is_file() else None


def stamp(row: Mapping[str, Any]) -> int:
    """Changes when the predictions of a trial do; 0 while there are none."""
    path = path_of(row)
    return 0 if path is None else path.stat().st_mtime_ns


def read(row: Mapping[str, Any], dataset: Mapping[str, Any] | None) -> Validation:
    """The predictions of a trial on the validation images of its dataset.

    Raises:
        SourceError: when it left none, or none that can be read.
    """
    path = path_of(row)
    if path is None or dataset is None:
        raise SourceError("This trial left no predictions.")
    try:
        return _read(path, path.stat().st_mtime_ns, tuple(dataset["classes"]))
    except _DAMAGES as error:
        raise SourceError(f"`{path}` cannot be used: {_reason(error)}.") from None


def probabilities(of: Validation, place: int) -> npt.NDArray[np.float64]:
    """The probability of each class for one image, by its place among the predictions: (classes,)."""
    with np.load(of.path, allow_pickle=False) as arrays:
        return np.asarray(arrays["probabilities"][place], dtype=np.float64)


# All probabilities of 10 000 images of a thousand classes take 40 MB: what is kept takes 0.5 MB.
@lru_cache(maxsize=16)
def _read(path: Path, _: int, classes: tuple[str, ...]) -> Validation:
    # Opened here, for numpy leaves a file that is no archive open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        given, labels, rows = (arrays[name] for name in ("probabilities", "labels", "rows"))
    found = predictions(given, labels, rows)
    if not len(labels):
        raise ParameterError("it holds no prediction")
    if given.shape[1] != len(classes):
        raise ParameterError(f"it tells of {given.shape[1]} classes, but the dataset has {len(classes)}")
    return Validation(path, classes, found, calibration(given, labels))


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")
