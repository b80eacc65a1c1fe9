"""Reads data sets that scikit-learn brings along, without a network."""

from functools import partial
from importlib.metadata import version
from pathlib import Path

from tunescope.datasets.readers.arrays import NAME_DIGITS, picture
from tunescope.datasets.source import Reader, Source, SourceFile, is_name, nearest, refusal, source_of
from tunescope.parameters import LimitParameters

PREFIX = "sklearn:"
NAMES = ("digits",)
DARKEST, BRIGHTEST = 0, 16


def open_digits(path: Path, limits: LimitParameters) -> Source:
    """List the 1 797 handwritten digits of 8 x 8 pixels.

    Raises:
        SourceError: when another set is named.
    """
    name = str(path).removeprefix(PREFIX)
    if name not in NAMES:
        raise refusal(path, "scikit-learn has no such images", f"use {nearest(name, NAMES)}")
    from sklearn.datasets import load_digits

    digits = load_digits()
    if len(digits.images) > limits.files:
        raise refusal(path, f"it holds more than {limits.files} images", "allow more")
    files = (
        SourceFile(
            f"{name}/{row:0{NAME_DIGITS}}",
            str(label),
            pixels.size,
            partial(picture, pixels, (DARKEST, BRIGHTEST)),
        )
        for row, (pixels, label) in enumerate(zip(digits.images, digits.target, strict=True))
    )
    return source_of(path, files)


def _stamp(path: Path) -> str:
    return f"{path} {version('scikit-learn')}"


def _is_digits(path: Path) -> bool:
    return str(path).startswith(PREFIX) and is_name(path)


READER = Reader("sklearn", "`sklearn:digits`", _is_digits, open_digits, _stamp)
