"""Whether a photo is of the kind that a model has learned from. The test split is never looked at."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.datasets import PackedDataset
from tunescope.datasets.photo import COLOURLESS, colourfulness
from tunescope.features.colour_histogram import ColourHistogram
from tunescope.features.extractor import FeatureExtractor
from tunescope.features.hog import Hog
from tunescope.parameters import ColourHistogramParameters, HogParameters

Images = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float32]

NEIGHBOURS = 5
MOST_KNOWN, MOST_HELD_OUT = 1500, 500
CELLS = 4


@dataclass(frozen=True, eq=False)
class Familiarity:
    """What photos of the training data's kind are like.

    Attributes:
        known: (m, d) features of training images.
        distances: (n,) how far validation images are from these, ascending.
        gray: share of the training images that have no colour.
    """

    known: Matrix
    distances: npt.NDArray[np.float64]
    gray: float

    @classmethod
    def of(cls, dataset: PackedDataset) -> "Familiarity":
        """Learn from the training and validation splits of a dataset, or from an even share of large ones."""
        training, held_out = (
            _some(dataset, split, most)
            for split, most in (("train", MOST_KNOWN), ("validation", MOST_HELD_OUT))
        )
        known = features(training)
        gray = float((colourfulness(training) < COLOURLESS).mean())
        return cls(known, np.sort(_distances(features(held_out), known)), gray)

    def as_far(self, image: Images) -> float:
        """How common it is for an image to be as far from the training images as this one.

        The distance is that to the fifth nearest training image, in shape and colour (Sun and others,
        "Out-of-distribution detection with deep nearest neighbors", ICML 2022). What comes of it is a
        conformal p-value against the validation images: for a photo of their kind it is at most p with
        probability p, whatever the distances are like (Bates and others, "Testing for outliers with conformal
        p-values", Annals of Statistics 2023).

        Args:
            image: (height, width, channels) as in the dataset.
        """
        (distance,) = _distances(features(image[None]), self.known)
        return rarity(int((self.distances >= distance).sum()), len(self.distances))


def rarity(as_extreme: int, of: int) -> float:
    """A conformal p-value: at least as many of so many held-out cases are as extreme, and this one is."""
    return (1 + as_extreme) / (1 + of)


def features(images: Images) -> Matrix:
    """What images (n, height, width, channels) look like: (n, d), half of it shape and half of it colours."""
    extractors = Hog(HogParameters(cells=CELLS)), ColourHistogram(ColourHistogramParameters())
    return np.concatenate([_unit(_transformed(one, images)) for one in extractors], axis=1)


def _transformed(extractor: FeatureExtractor[Any], images: Images) -> Matrix:
    extractor.fit(images)  # these two learn nothing but the images' shape
    return extractor.transform(images)


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = rows / np.maximum(lengths, np.finfo(np.float32).eps)
    return unit


def _distances(rows: Matrix, known: Matrix) -> npt.NDArray[np.float64]:
    """(n,) of each row to the fifth nearest of the known ones."""
    squares = (rows**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * rows @ known.T
    nearest = min(NEIGHBOURS, len(known)) - 1
    return np.sqrt(np.maximum(np.partition(squares, nearest, axis=1)[:, nearest], 0)).astype(np.float64)


def _some(dataset: PackedDataset, split: str, most: int) -> Images:
    rows = dataset.indices(split)
    return np.asarray(dataset.images[rows[:: max(1, -(-len(rows) // most))]])
