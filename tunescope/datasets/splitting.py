"""Shares images out among training, validation and test."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.errors import ParameterError, SourceError

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
SMALLEST_CLASS = len(SPLITS)


def split(
    labels: npt.NDArray[np.integer[Any]], validation: float, test: float, seed: int
) -> npt.NDArray[np.uint8]:
    """Choose a split for each image, at random within each class.

    Args:
        labels: (n,) class of each image.
        validation: share of the images of each class, above 0; the rest of both shares is for training.
        test: likewise.
        seed: of the choice. What a class gets does not depend on the other classes.

    Returns:
        (n,) 0 for training, 1 for validation, 2 for test; each class has at least one image in each.

    Raises:
        ParameterError: when the shares leave nothing for training.
        SourceError: when a class has fewer than three images.
    """
    if min(validation, test) <= 0 or validation + test >= 1:
        raise ParameterError(
            f"`dataset.validation` is {validation} and `dataset.test` is {test}, "
            "but both must be more than 0, and less than 1 together"
        )
    splits = np.full(len(labels), TRAIN, np.uint8)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        for_validation, for_test = _shares(len(members), validation, test)
        shuffled = np.random.default_rng([seed, int(label)]).permutation(members)
        splits[shuffled[:for_test]] = TEST
        splits[shuffled[for_test : for_test + for_validation]] = VALIDATION
    return splits


def _shares(images: int, validation: float, test: float) -> tuple[int, int]:
    """Images of one class for validation and test: the nearest to the shares that leaves one for training."""
    if images < SMALLEST_CLASS:
        raise SourceError(f"a class has {images} images, but needs at least {SMALLEST_CLASS}: add some to it")
    for_validation = min(max(1, round(images * validation)), images - 2)
    for_test = min(max(1, round(images * test)), images - 1 - for_validation)
    return for_validation, for_test
