"""What a model takes for what, from its stored predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# A matrix of more classes has more cells than a picture can show.
MOST_CLASSES = 100


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
        classes: names of all classes.
        shown: indices of the classes in ``matrix``, ascending: all, or those that are mixed up most.
        matrix: images by true class (row) and predicted class (column).
        shares: the same as shares of all images of the true class; 0 for a class without images.
        accuracy: share of right predictions; 0 without any prediction.
        scores: one entry a class.
        mix_ups: pairs of classes that were mixed up, the most frequent first.
    """

    classes: tuple[str, ...]
    shown: tuple[int, ...]
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


def confusion(
    labels: ArrayLike, predicted: ArrayLike, classes: Sequence[str], most: int = MOST_CLASSES
) -> Confusion:
    """Count predictions.

    Args:
        labels: true class indices, shape (n,).
        predicted: predicted class indices, shape (n,).
        classes: names of the classes.
        most: the matrix keeps at most so many of them, those mixed up most; all else counts every class.
    """
    size = len(classes)
    true, answers = np.asarray(labels, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    # Of a thousand classes, nearly all of the million pairs never occur: only those that do are counted.
    codes, counts = np.unique(true * size + answers, return_counts=True)
    pairs = np.stack([codes // max(1, size), codes % max(1, size), counts])
    shown = _most_mixed_up(pairs, size, most)
    images = np.bincount(true, minlength=size)
    matrix = _matrix(pairs, shown)
    totals = images[shown][:, None]
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    return Confusion(
        classes=tuple(classes),
        shown=tuple(shown.tolist()),
        matrix=tuple(map(tuple, matrix.tolist())),
        shares=tuple(map(tuple, shares.tolist())),
        accuracy=float((true == answers).sum() / max(1, len(true))),
        scores=_scores(classes, pairs, images, np.bincount(answers, minlength=size)),
        mix_ups=_mix_ups(pairs, classes),
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


def _most_mixed_up(pairs: NDArray[np.int64], size: int, most: int) -> NDArray[np.int64]:
    """The classes of the most frequent mistakes, by index: two that are mixed up stand in one matrix."""
    if size <= most:
        return np.arange(size)
    wrong = _mistaken(pairs)[:2].T.ravel()
    # Without enough mistakes, the first classes fill up the matrix.
    return np.sort(np.array(list(dict.fromkeys([*wrong.tolist(), *range(most)]))[:most]))


def _mistaken(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The pairs of different classes, the most frequent first."""
    wrong = pairs[:, pairs[0] != pairs[1]]
    return wrong[:, np.argsort(-wrong[2], kind="stable")]


def _matrix(pairs: NDArray[np.int64], shown: NDArray[np.int64]) -> NDArray[np.int64]:
    true, answers, counts = pairs[:, np.isin(pairs[0], shown) & np.isin(pairs[1], shown)]
    matrix = np.zeros((len(shown), len(shown)), dtype=np.int64)
    matrix[np.searchsorted(shown, true), np.searchsorted(shown, answers)] = counts
    return matrix


def _scores(
    classes: Sequence[str],
    pairs: NDArray[np.int64],
    images: NDArray[np.int64],
    predicted: NDArray[np.int64],
) -> tuple[ClassScores, ...]:
    right = pairs[:, pairs[0] == pairs[1]]
    hits = np.bincount(right[0], right[2], minlength=len(classes)).astype(np.int64)
    rows = zip(classes, hits.tolist(), images.tolist(), predicted.tolist(), strict=True)
    return tuple(
        ClassScores(
            name=name,
            images=own,
            precision=_share(hit, answered),
            recall=_share(hit, own),
            f1=_share(2 * hit, own + answered),
        )
        for name, hit, own, answered in rows
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mix_ups(pairs: NDArray[np.int64], classes: Sequence[str]) -> tuple[MixUp, ...]:
    found = _mistaken(pairs).T.tolist()
    return tuple(MixUp(classes[true], classes[answer], count) for true, answer, count in found)
