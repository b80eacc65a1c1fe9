"""What every extractor is: something to fit on training images, and then to transform images with."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.errors import RunError, SourceError

Images = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float32]
State = dict[str, npt.NDArray[Any]]

BATCH = 32  # images at a time: enough to amortize the calls, few enough to stay in the cache
SHAPE = "image_shape"


class FeatureExtractor(ABC):
    """Turns images into rows of numbers. A subclass says how, and what it learns before, if anything."""

    def __init__(self) -> None:
        self._state: State = {}

    def fit(self, images: Images) -> None:
        """Learn from training images, uint8 (n, height, width, channels), n at least 1."""
        self._state = {SHAPE: np.array(images.shape[1:]), **self._learn(images)}

    def transform(self, images: Images) -> Matrix:
        """Compute the features of images, one by one: a row does not depend on the others.

        Args:
            images: uint8 (n, height, width, channels), of the shape that was fitted.

        Returns:
            float32 (n, d), C-contiguous

        Raises:
            RunError: when nothing was fitted or restored before.
            SourceError: when the images have another shape.
        """
        self._check(images)
        batches = (images[start : start + BATCH] for start in range(0, max(len(images), 1), BATCH))
        return np.concatenate([self._features(batch).astype(np.float32, copy=False) for batch in batches])

    def state(self) -> State:
        """Everything that was learnt, as named arrays, none of them of objects."""
        return dict(self._state)

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take over what another extractor of this kind gave as its ``state``."""
        self._state = dict(state)

    def _learn(self, images: Images) -> State:
        return {}

    @abstractmethod
    def _features(self, images: Images) -> npt.NDArray[np.floating[Any]]:
        """(n, d) features of (n, height, width, channels) images, for any n, 0 too."""

    def _check(self, images: Images) -> None:
        if SHAPE not in self._state:
            raise RunError(f"`{type(self).__name__}` has learnt nothing yet: call `fit` or `restore` first")
        given, fitted = (" x ".join(map(str, shape)) for shape in (images.shape[1:], self._state[SHAPE]))
        if given != fitted:
            raise SourceError(f"the images are {given}, but must be {fitted}: pack them likewise")


@dataclass(frozen=True)
class Extractor:
    """Declares an extractor.

    Attributes:
        name: its key in ``EXTRACTORS``.
        line: what it computes, in words for people.
        build: gives a new one, not fitted.
    """

    name: str
    line: str
    build: Callable[[], FeatureExtractor]
