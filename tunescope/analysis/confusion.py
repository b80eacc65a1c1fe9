"""What a model takes for what, from its stored predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class ClassScores:
    """One class.

    Attributes:
        name: its name.
        images: how many images belong to it.
        precision: share of the images predicted as this class that belong to it; None when there were none.
        recall: share of its images that were predicted as this class; None when it has none.
        f1: harmonic mean of both; None when the class neither occurs nor was predicted.
    """

    name: str
    images: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class MixUp:
    """``count`` images of class ``true`` were predicted as class ``predicted``."""

    true: str
    predicted: str
    count: int


@dataclass(frozen=True)
class Confusion:
    """Predictions against the truth.

    Attributes:
        classes: their names.
        matrix: images by true class (row) and predicted class (column).
        shares: the same as shares of the row; 0 in the row of a class without images.
        accuracy: share of right predictions; 0 without any prediction.
        scores: one entry a class.
        mix_ups: pairs of classes that were mixed up, the most frequent first.
    """

    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    accuracy: float
    scores: tuple[ClassScores, ...]
    mix_ups: tuple[MixUp, ...]

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have images; 0 without any."""
        recalls = [one.recall for one in self.scores if one.recall is not None]
        return sum(recalls) / max(1, len(recalls))

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the classes that have images or were predicted; 0 without any."""
        found = [one.f1 for one in self.scores if one.f1 is not None]
        return sum(found) / max(1, len(found))


@dataclass(frozen=True)
class Mistake:
    """A wrongly classified image.

    Attributes:
        row: where the image is in the packed arrays.
        true: index of its class.
        predicted: index of the class that was predicted.
        confidence: probability that the model gave to that class.
        true_probability: probability that it gave to the true one.
    """

    row: int
    true: int
    predicted: int
    confidence: float
    true_probability: float


def confusion(labels: ArrayLike, predicted: ArrayLike, classes: Sequence[str]) -> Confusion:
    """Count predictions.

    Args:
        labels: true class indices, shape (n,).
        predicted: predicted class indices, shape (n,).
        classes: names of the classes.
    """
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(matrix, (np.asarray(labels, dtype=np.int64), np.asarray(predicted, dtype=np.int64)), 1)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    return Confusion(
        classes=tuple(classes),
        matrix=tuple(map(tuple, matrix.tolist())),
        shares=tuple(map(tuple, shares.tolist())),
        accuracy=float(np.trace(matrix) / max(1, matrix.sum())),
        scores=tuple(_scores(name, index, matrix) for index, name in enumerate(classes)),
        mix_ups=_mix_ups(matrix, classes),
    )


def mistakes(
    probabilities: ArrayLike, labels: ArrayLike, rows: ArrayLike, limit: int = 24
) -> tuple[Mistake, ...]:
    """The wrong predictions that the model was surest of, surest first.

    Args:
        probabilities: shape (n, classes).
        labels: true class indices, shape (n,).
        rows: rows of the images in the packed arrays, shape (n,).
        limit: how many at most.
    """
    probabilities, labels, rows = np.asarray(probabilities), np.asarray(labels), np.asarray(rows)
    if not len(labels):
        return ()
    predicted = probabilities.argmax(axis=1)
    confidences = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    surest = wrong[np.argsort(-confidences[wrong], kind="stable")][:limit]
    return tuple(
        Mistake(
            row=int(rows[index]),
            true=int(labels[index]),
            predicted=int(predicted[index]),
            confidence=float(confidences[index]),
            true_probability=float(probabilities[index, labels[index]]),
        )
        for index in surest
    )


def _scores(name: str, index: int, matrix: NDArray[np.int64]) -> ClassScores:
    hits, images, predicted = (
        int(matrix[index, index]),
        int(matrix[index].sum()),
        int(matrix[:, index].sum()),
    )
    return ClassScores(
        name=name,
        images=images,
        precision=_share(hits, predicted),
        recall=_share(hits, images),
        f1=_share(2 * hits, images + predicted),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mix_ups(matrix: NDArray[np.int64], classes: Sequence[str]) -> tuple[MixUp, ...]:
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return tuple(MixUp(classes[row], classes[column], int(wrong[row, column])) for row, column in pairs)
