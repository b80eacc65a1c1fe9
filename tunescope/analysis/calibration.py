"""Whether a model knows how sure it can be: confidence against accuracy."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 15
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Bin:
    """The predictions whose confidence is above ``low`` and at most ``high``.

    Attributes:
        low: lower bound; the first bin has 0 in it too.
        high: upper bound.
        images: how many there are, at least 1.
        confidence: their mean confidence.
        accuracy: the share of them that is right.
        accuracy_low: lower end of its 95% interval (Wilson, 1927).
        accuracy_high: upper end.
    """

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float

    @property
    def gap(self) -> float:
        """Confidence minus accuracy: above 0 where the model is too sure."""
        return self.confidence - self.accuracy


@dataclass(frozen=True)
class Calibration:
    """How far confidence can be believed.

    Attributes:
        images: number of predictions.
        bins: those with any prediction, by confidence.
        confidence: mean confidence of all predictions.
        accuracy: share of right ones.
        expected_error: mean distance of confidence and accuracy of the bins, weighted by images (ECE).
        largest_error: the largest such distance (MCE).
        brier: mean squared distance of the probabilities from the truth, 0 (perfect) to 2.
    """

    images: int
    bins: tuple[Bin, ...]
    confidence: float
    accuracy: float
    expected_error: float
    largest_error: float
    brier: float

    @property
    def gap(self) -> float:
        """Mean confidence minus accuracy: above 0 where the model is too sure of itself."""
        return self.confidence - self.accuracy


def calibration(probabilities: ArrayLike, labels: ArrayLike, bins: int = BINS) -> Calibration:
    """Compare how sure a model is with how often it is right.

    ECE and MCE as in C. Guo, G. Pleiss, Y. Sun, K. Weinberger: On Calibration of Modern Neural Networks,
    ICML 2017, equations 3 and 5, with M = ``bins`` of equal width. The Brier score is that of G. W. Brier:
    Verification of forecasts expressed in terms of probability, 1950. Few images make ECE look
    larger than it is, for chance alone puts accuracy apart from confidence.

    Args:
        probabilities: shape (n, classes).
        labels: true class indices, shape (n,).
        bins: number of bins of confidence.

    Raises:
        ValueError: when there is no prediction, or no bin.
    """
    given, true = np.asarray(probabilities), np.asarray(labels, dtype=np.int64)
    if not len(true) or bins < 1:
        raise ValueError(f"There are {len(true)} predictions and {bins} bins, but must be at least 1 of each")
    confidences = np.clip(given.max(axis=1).astype(np.float64), 0, 1)
    right = given.argmax(axis=1) == true
    found = _bins(confidences, right, bins)
    distances = np.array([abs(one.gap) for one in found])
    return Calibration(
        images=len(true),
        bins=found,
        confidence=float(confidences.mean()),
        accuracy=float(right.mean()),
        expected_error=float(distances @ [one.images for one in found] / len(true)),
        largest_error=float(distances.max()),
        brier=_brier(given, true),
    )


def _bins(confidences: NDArray[np.float64], right: NDArray[np.bool_], bins: int) -> tuple[Bin, ...]:
    places = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    images = np.bincount(places, minlength=bins)
    sums = np.bincount(places, confidences, minlength=bins)
    hits = np.bincount(places, right, minlength=bins)
    return tuple(
        Bin(
            place / bins,
            (place + 1) / bins,
            int(images[place]),
            float(sums[place] / images[place]),
            float(hits[place] / images[place]),
            *_wilson(float(hits[place]), int(images[place])),
        )
        for place in np.flatnonzero(images).tolist()
    )


def _wilson(hits: float, images: int) -> tuple[float, float]:
    share, weight = hits / images, _Z**2 / images
    middle = (share + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * (share * (1 - share) / images + weight / (4 * images)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def _brier(probabilities: NDArray[Any], labels: NDArray[np.int64]) -> float:
    # Without a second array of the size of the first.
    squares = np.einsum("ij,ij->i", probabilities, probabilities, dtype=np.float64)
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float((squares - 2 * of_truth + 1).mean())
