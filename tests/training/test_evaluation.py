"""Scores are those of scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from tunescope.training import scores


# scikit-learn mentions that some classes are predicted, but not there.
@pytest.mark.filterwarnings("ignore::UserWarning:sklearn")
@pytest.mark.parametrize(("seed", "n", "classes"), [(0, 200, 10), (1, 7, 5), (2, 30, 2), (3, 1, 3)])
def test_scores_agree_with_scikit_learn(seed: int, n: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=n)
    probabilities = random.dirichlet(np.ones(classes), n)
    predicted = probabilities.argmax(axis=1)
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "macro_f1": metrics.f1_score(labels, predicted, average="macro"),
        "log_loss": metrics.log_loss(labels, probabilities, labels=range(classes)),
    }
    assert scores(labels, probabilities) == pytest.approx(expected)


def test_a_probability_of_0_for_the_truth_costs_much_but_not_everything() -> None:
    assert scores(np.array([0]), np.array([[0.0, 1.0]]))["log_loss"] == pytest.approx(27.63, abs=0.01)
