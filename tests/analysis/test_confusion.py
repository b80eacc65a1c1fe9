"""Confusions agree with scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from tunescope.analysis.confusion import ClassScores, Confusion, Mistake, MixUp, confusion, mistakes

CLASSES = ("cat", "dog", "owl")


def test_predictions_are_counted_by_class() -> None:
    found = confusion([0, 0, 0, 1, 1], [0, 1, 1, 1, 0], CLASSES)
    assert found == Confusion(
        classes=CLASSES,
        shown=(0, 1, 2),
        matrix=((1, 2, 0), (1, 1, 0), (0, 0, 0)),
        shares=((1 / 3, 2 / 3, 0.0), (0.5, 0.5, 0.0), (0.0, 0.0, 0.0)),
        accuracy=0.4,
        scores=(
            ClassScores("cat", 3, precision=1 / 2, recall=1 / 3, f1=2 / 5),
            ClassScores("dog", 2, precision=1 / 3, recall=1 / 2, f1=2 / 5),
            ClassScores("owl", 0, precision=None, recall=None, f1=None),
        ),
        mix_ups=(MixUp("cat", "dog", 2), MixUp("dog", "cat", 1)),
    )


def test_scores_are_those_that_scikit_learn_gives() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, 500)
    predicted = np.where(random.random(500) < 0.6, labels, random.integers(0, 7, 500))
    found = confusion(labels, predicted, [f"class {index}" for index in range(7)])
    precision, recall, f1, images = metrics.precision_recall_fscore_support(labels, predicted)
    assert found.matrix == tuple(map(tuple, metrics.confusion_matrix(labels, predicted).tolist()))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(labels, predicted))
    assert found.macro_f1 == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    assert [one.precision for one in found.scores] == pytest.approx(precision)
    assert [one.recall for one in found.scores] == pytest.approx(recall)
    assert [one.f1 for one in found.scores] == pytest.approx(f1)
    assert [one.images for one in found.scores] == images.tolist()


def test_without_predictions_everything_is_zero() -> None:
    found = confusion([], [], CLASSES)
    assert (found.accuracy, found.balanced_accuracy, found.macro_f1) == (0.0, 0.0, 0.0)
    assert found.mix_ups == ()


def test_of_very_many_classes_the_most_mixed_up_are_shown_and_all_are_counted() -> None:
    labels = np.arange(1000).repeat(2)
    predicted = labels.copy()
    predicted[[14, 15, 400]] = [900, 900, 201]  # class 7 twice for 900, class 200 once for 201
    names = [str(index) for index in range(1000)]
    found = confusion(labels, predicted, names, most=3)
    # The pair that is mixed up most, and the first class of the next one.
    assert found.shown == (7, 200, 900)
    assert found.matrix == ((0, 0, 2), (0, 1, 0), (0, 0, 2))
    assert found.shares == ((0.0, 0.0, 1.0), (0.0, 0.5, 0.0), (0.0, 0.0, 1.0))
    assert found.accuracy == pytest.approx(0.9985)
    assert len(found.scores) == 1000
    assert found.scores[900] == ClassScores("900", 2, precision=0.5, recall=1.0, f1=2 / 3)
    assert found.mix_ups == (MixUp("7", "900", 2), MixUp("200", "201", 1))


def test_mistakes_come_surest_first() -> None:
    probabilities = [[0.6, 0.3, 0.1], [0.9, 0.05, 0.05], [0.2, 0.1, 0.7], [0.1, 0.8, 0.1]]
    found = mistakes(probabilities, labels=[1, 0, 0, 2], rows=[10, 11, 12, 13])
    assert found == (
        Mistake(row=13, true=2, predicted=1, confidence=0.8, true_probability=0.1),
        Mistake(row=12, true=0, predicted=2, confidence=0.7, true_probability=0.2),
        Mistake(row=10, true=1, predicted=0, confidence=0.6, true_probability=0.3),
    )
    assert mistakes(probabilities, [1, 0, 0, 2], [10, 11, 12, 13], limit=1) == found[:1]


def test_a_model_without_predictions_makes_no_mistake() -> None:
    assert mistakes(np.empty((0, 3)), [], []) == ()
