"""What a few models answer to the same images: where they agree, and where one is right and another wrong."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunescope.analysis.mistakes import Predictions


@dataclass(frozen=True)
class Matrices:
    """Confusion matrices of the same images.

    Attributes:
        classes: indices of the classes in them, ascending.
        counts: one matrix a model: images by true class (row) and answer (column).
        changes: one matrix a model, the first one's all zero: ``counts`` minus those of the first model.
        images: images of each of the classes, of which some may have been taken for a class left out.
        left_out: so many other classes differ less.
    """

    classes: tuple[int, ...]
    counts: tuple[tuple[tuple[int, ...], ...], ...]
    changes: tuple[tuple[tuple[int, ...], ...], ...]
    images: tuple[int, ...]
    left_out: int


@dataclass(frozen=True)
class ClassRecall:
    """Share of the ``images`` of a class (by index) that each model recognizes."""

    label: int
    images: int
    recalls: tuple[float, ...]

    @property
    def spread(self) -> float:
        """How far the models are apart."""
        return max(self.recalls) - min(self.recalls)


@dataclass(frozen=True)
class Dispute:
    """An image to which not all models give the same answer.

    Attributes:
        row: where it is in the packed arrays.
        label: index of its true class.
        predicted: index of the class that each model answered.
        confidences: probability that each gave to its answer.
        dissent: how many models do not give the most frequent answer.
        gap: largest minus smallest probability that a model gave to the true class.
    """

    row: int
    label: int
    predicted: tuple[int, ...]
    confidences: tuple[float, ...]
    dissent: int
    gap: float


@dataclass(frozen=True)
class PairTest:
    """Two models on the same images: right by both, by one alone, by none, and McNemar's exact p-value."""

    both: int
    first_only: int
    second_only: int
    neither: int
    p_value: float


@dataclass(frozen=True)
class AnswerComparison:
    """Several models on the images that all of them answered.

    Attributes:
        images: how many those are.
        accuracies: share of right answers of each model.
        agreement: share of images to which two models give the same answer, one row and column a model.
        all_right: images that every model recognizes.
        all_wrong: images that none does.
        disputed: images to which they give different answers.
        disputes: the first of those: most dissent first, then the widest gap.
        matrices: confusion matrices.
        recalls: by class, the widest spread first; classes without an image are left out.
        test: of the first two models, None unless there are just two.
    """

    images: int
    accuracies: tuple[float, ...]
    agreement: tuple[tuple[float, ...], ...]
    all_right: int
    all_wrong: int
    disputed: int
    disputes: tuple[Dispute, ...]
    matrices: Matrices
    recalls: tuple[ClassRecall, ...]
    test: PairTest | None


def shared(answers: Sequence[Predictions]) -> tuple[Predictions, ...]:
    """The answers to the images that all models answered and call the same; empty where there are none."""
    rows = answers[0].rows
    for one in answers[1:]:
        rows = np.intersect1d(rows, one.rows, assume_unique=True)
    kept = tuple(one.at(rows) for one in answers)
    agreed = rows[np.all([one.labels == kept[0].labels for one in kept], axis=0)]
    return tuple(one.at(agreed) for one in kept) if len(agreed) else ()


def compare_answers(
    answers: Sequence[Predictions], classes: int, most_classes: int = 16, most_images: int = 24
) -> AnswerComparison:
    """Compare models by their answers to the same images.

    Args:
        answers: at least two, to the same images (:func:`shared`), the baseline first.
        classes: number of classes.
        most_classes: matrices keep at most so many classes: those whose rows and columns differ most.
        most_images: so many disputed images are kept.
    """
    labels = answers[0].labels
    predicted = np.stack([one.predicted for one in answers])
    right = predicted == labels
    same = (predicted[:, None] == predicted[None]).mean(axis=2)
    return AnswerComparison(
        images=len(labels),
        accuracies=tuple(right.mean(axis=1).tolist()),
        agreement=tuple(map(tuple, same.tolist())),
        all_right=int(right.all(axis=0).sum()),
        all_wrong=int((~right).all(axis=0).sum()),
        disputed=int((predicted != predicted[0]).any(axis=0).sum()),
        disputes=_disputes(answers, predicted, most_images),
        matrices=_matrices(labels, predicted, classes, most_classes),
        recalls=_recalls(labels, right, classes),
        test=pair_test(right[0], right[1]) if len(answers) == 2 else None,
    )


def pair_test(first: ArrayLike, second: ArrayLike) -> PairTest:
    """Test two models by where each is right: booleans, one an image, shape (n,)."""
    one, other = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    only = int((one & ~other).sum()), int((other & ~one).sum())
    return PairTest(int((one & other).sum()), *only, int((~one & ~other).sum()), mcnemar(*only))


def mcnemar(first_only: int, second_only: int) -> float:
    """Exact two-sided p-value of McNemar's test: of a fair coin for the images that only one gets right.

    Q. McNemar, Note on the sampling error of the difference between correlated proportions, 1947; b and c
    there are ``first_only`` and ``second_only`` here. 1 where the models are never right alone.

    Raises:
        ValueError: when a count is negative.
    """
    if min(first_only, second_only) < 0:
        low = min(first_only, second_only)
        raise ValueError(f"A number of images is {low}, but must be at least 0")
    n, fewer = first_only + second_only, min(first_only, second_only)
    # In logarithms, for 2**n is beyond a float from n = 1024 on.
    logs = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(fewer + 1))
    return min(1.0, 2 * math.fsum(math.exp(log - n * math.log(2)) for log in logs))


def _disputes(answers: Sequence[Predictions], predicted: NDArray[np.int64], most: int) -> tuple[Dispute, ...]:
    supporters = (predicted[:, None] == predicted[None]).sum(axis=1)
    dissent = len(answers) - supporters.max(axis=0)
    truth = np.stack([one.of_truth for one in answers])
    gap = truth.max(axis=0) - truth.min(axis=0)
    # The last key counts most; the order of rows settles what is left.
    order = [place for place in np.lexsort((-gap, -dissent)) if dissent[place]][:most]
    return tuple(
        Dispute(
            row=int(answers[0].rows[place]),
            label=int(answers[0].labels[place]),
            predicted=tuple(predicted[:, place].tolist()),
            confidences=tuple(float(one.confidences[place]) for one in answers),
            dissent=int(dissent[place]),
            gap=float(gap[place]),
        )
        for place in order
    )


def _matrices(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int, most: int) -> Matrices:
    chosen = _most_changed(labels, predicted, classes, most)
    places = np.full(classes, -1)
    places[chosen] = np.arange(len(chosen))
    counts = np.stack([_counts(places[labels], places[one], len(chosen)) for one in predicted])
    return Matrices(
        classes=tuple(chosen.tolist()),
        counts=_nested(counts),
        changes=_nested(counts - counts[0]),
        images=tuple(np.bincount(labels, minlength=classes)[chosen].tolist()),
        left_out=classes - len(chosen),
    )


def _most_changed(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int, most: int
) -> NDArray[np.int64]:
    """The classes in whose rows and columns the matrices differ most from the first one, ascending."""
    # Only cells that hold an image are counted: a thousand classes have a million cells.
    cells, places = np.unique(labels * classes + predicted, return_inverse=True)
    places = places.reshape(predicted.shape)
    counts = np.stack([np.bincount(one, minlength=len(cells)) for one in places])
    changes = np.abs(counts - counts[0]).sum(axis=0)
    rows, columns = np.divmod(cells, classes)
    by_class = np.bincount(rows, changes, classes) + np.bincount(columns, changes, classes)
    return np.sort(np.argsort(-by_class, kind="stable")[:most])


def _counts(true: NDArray[np.int64], answered: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """A confusion matrix of the images whose class and answer both have a place; others are at -1."""
    matrix = np.zeros((size, size), dtype=np.int64)
    kept = (true >= 0) & (answered >= 0)
    np.add.at(matrix, (true[kept], answered[kept]), 1)
    return matrix


def _nested(matrices: NDArray[np.int64]) -> tuple[tuple[tuple[int, ...], ...], ...]:
    return tuple(tuple(map(tuple, matrix)) for matrix in matrices.tolist())


def _recalls(labels: NDArray[np.int64], right: NDArray[np.bool_], classes: int) -> tuple[ClassRecall, ...]:
    images = np.bincount(labels, minlength=classes)
    hits = np.stack([np.bincount(labels, one, classes) for one in right])
    known = [
        ClassRecall(int(label), int(images[label]), tuple((hits[:, label] / images[label]).tolist()))
        for label in np.flatnonzero(images)
    ]
    return tuple(sorted(known, key=lambda one: -one.spread))
