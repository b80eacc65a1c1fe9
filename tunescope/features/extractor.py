"""What every extractor is: something to fit on training images, and then to transform images with."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel
from threadpoolctl import threadpool_limits

from tunescope.errors import RunError, SourceError

Images = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float32]
State = dict[str, npt.NDArray[Any]]
Options = TypeVar("Options", bound=BaseModel)

SHAPE, OPTIONS = "image_shape", "options"


class FeatureExtractor(ABC, Generic[Options]):
    """Turns images into rows of numbers. A subclass says how, and what it learns before, if anything.

    Attributes:
        version: raised when the same options give other numbers than before, so that none are mixed.
        batch: images at a time: enough to amortize the calls, few enough to stay in the cache.
        stored: the file that the state was loaded from, if it was.
    """

    version: ClassVar[int] = 1
    batch: ClassVar[int] = 32

    def __init__(self, options: Options) -> None:
        self.options = options
        self.stored: Path | None = None
        self._state: State = {}

    def identity(self) -> dict[str, Any]:
        """All that decides, beside the images, what numbers come out, as plain data."""
        return self.options.model_dump(mode="json")

    def fit(self, images: Images) -> None:
        """Learn from training images, uint8 (n, height, width, channels), n at least 1."""
        about = {SHAPE: np.array(images.shape[1:]), OPTIONS: np.array(self.options.model_dump_json())}
        self.stored, self._state = None, {**about, **self._learn(images)}

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
        batches = (images[at : at + self.batch] for at in range(0, max(len(images), 1), self.batch))
        return np.concatenate([self._features(batch).astype(np.float32, copy=False) for batch in batches])

    def sharing_cores(self) -> AbstractContextManager[Any]:
        """What must hold while several threads transform: linear algebra has no threads of its own."""
        limits: AbstractContextManager[Any] = threadpool_limits(1)
        return limits

    def state(self) -> State:
        """The options and everything that was learnt, as named arrays, none of them of objects."""
        return dict(self._state)

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take over what another extractor of this kind gave as its ``state``, its options too."""
        self.stored, self._state = None, dict(state)
        if OPTIONS in self._state:  # older ones had none to choose
            self.options = type(self.options).model_validate_json(str(self._state[OPTIONS]))

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
        name: its key in ``EXTRACTORS``, and in ``features`` of the parameters.
        line: what it computes, in words for people.
        kind: makes one from its options, not fitted.
        options: model of the options; without any it gives the defaults.
    """

    name: str
    line: str
    kind: Callable[[Any], FeatureExtractor[Any]]
    options: type[BaseModel]

    def build(self, options: BaseModel | None = None) -> FeatureExtractor[Any]:
        """Give a new one, not fitted, with these options or the defaults."""
        return self.kind(options or self.options())
