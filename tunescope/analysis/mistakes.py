"""Which predictions to look at: the surest mistakes, the least certain, those of a confusion's cell."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunescope.errors import ParameterError

Places = NDArray[np.int64]
# Probabilities in half precision, added up, miss 1 by no more than this.
_TOLERANCE = 0.02


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model answered to n images.

    Attributes:
        rows: rows of the images in the packed arrays, shape (n,).
        labels: true class indices, shape (n,).
        predicted: class indices of the largest probability, shape (n,).
        confidences: that probability, shape (n,).
        of_truth: probability of the true class, shape (n,).
        margins: largest minus second largest probability, shape (n,).
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidences: NDArray[np.float64]
    of_truth: NDArray[np.float64]
    margins: NDArray[np.float64]

    def at(self, rows: NDArray[np.int64]) -> "Predictions":
        """What was answered to some of the images, in the order of their rows."""
        order = np.argsort(self.rows)
        kept = order[np.isin(self.rows[order], rows)]
        return Predictions(*(getattr(self, one.name)[kept] for one in fields(self)))


def predictions(probabilities: ArrayLike, labels: ArrayLike, rows: ArrayLike) -> Predictions:
    """Keep what analyses need of a model's probabilities, a few numbers an image however many classes.

    Args:
        probabilities: shape (n, classes), two classes or more; each row adds up to 1.
        labels: true class indices, shape (n,).
        rows: rows of the images in the packed arrays, each once, shape (n,).

    Raises:
        ParameterError: when shapes, labels or probabilities are not like that.
    """
    given, true, places = np.asarray(probabilities), np.asarray(labels), np.asarray(rows)
    _check(given, true, places)
    true = true.astype(np.int64)
    images = np.arange(len(true))
    predicted = given.argmax(axis=1)
    ranked = np.partition(given, -2, axis=1)
    return Predictions(
        rows=places.astype(np.int64),
        labels=true,
        predicted=predicted.astype(np.int64),
        confidences=given[images, predicted].astype(np.float64),
        of_truth=given[images, true].astype(np.float64),
        margins=(ranked[:, -1] - ranked[:, -2]).astype(np.float64),
    )


def surest_mistakes(found: Predictions) -> Places:
    """Places of the wrong predictions, the surest first."""
    wrong = np.flatnonzero(found.predicted != found.labels)
    return wrong[np.argsort(-found.confidences[wrong], kind="stable")]


def least_certain(found: Predictions) -> Places:
    """Places of all predictions, the smallest margin first: what the model could hardly decide.

    T. Scheffer, C. Decomain, S. Wrobel: Active hidden Markov models for information extraction, 2001.
    """
    return np.argsort(found.margins, kind="stable")


def of_cell(found: Predictions, true: int, predicted: int) -> Places:
    """Places of the predictions of a cell of the confusion: mistakes surest first, right ones last."""
    places = np.flatnonzero((found.labels == true) & (found.predicted == predicted))
    signs = 1 if true == predicted else -1
    return places[np.argsort(signs * found.confidences[places], kind="stable")]


ORDERS: dict[str, Callable[[Predictions], Places]] = {
    "mistakes": surest_mistakes,
    "uncertain": least_certain,
}


def _check(probabilities: NDArray[Any], labels: NDArray[Any], rows: NDArray[Any]) -> None:
    size = probabilities.shape[1] if probabilities.ndim == 2 else 0
    if size < 2 or labels.shape != rows.shape or labels.shape != probabilities.shape[:1]:
        shapes = f"{probabilities.shape}, {labels.shape} and {rows.shape}"
        rule = "must be (n, classes), (n,) and (n,)"
        raise ParameterError(f"The shapes of probabilities, labels and rows are {shapes}, but {rule}")
    if len(np.unique(rows)) != len(rows):
        raise ParameterError("The rows name an image twice")
    if len(labels) and not 0 <= labels.min() <= labels.max() < size:
        raise ParameterError(f"A label is outside 0 to {size - 1}, the classes of the probabilities")
    sums = probabilities.sum(axis=1, dtype=np.float64)
    # Written so that NaN fails too.
    if len(labels) and not (probabilities.min() >= 0 and np.abs(sums - 1).max() <= _TOLERANCE):
        raise ParameterError("The probabilities of an image are not at least 0 with the sum 1")
