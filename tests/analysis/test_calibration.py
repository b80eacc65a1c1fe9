"""Calibration agrees with its definitions, and with scikit-learn's where that has them."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from tunescope.analysis.calibration import Bin, calibration


def drawn(images: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random probabilities, and labels that follow them."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(classes, 0.6), images)
    return probabilities, np.array([random.choice(classes, p=row) for row in probabilities])


def test_confidence_is_compared_with_accuracy_in_bins() -> None:
    # Two answers of the first bin of 0.5 to 1, one right; one of 0.9, right.
    found = calibration([[0.6, 0.4], [0.3, 0.7], [0.9, 0.1]], [0, 0, 0], bins=4)
    assert [(one.low, one.high, one.images) for one in found.bins] == [(0.5, 0.75, 2), (0.75, 1.0, 1)]
    first, second = found.bins
    assert (first.confidence, first.accuracy) == pytest.approx((0.65, 0.5))
    assert (second.confidence, second.accuracy) == pytest.approx((0.9, 1.0))
    assert found.expected_error == pytest.approx((2 * 0.15 + 1 * 0.1) / 3)
    assert found.largest_error == pytest.approx(0.15)
    assert (found.confidence, found.accuracy) == pytest.approx((2.2 / 3, 2 / 3))
    # (0.4^2 + 0.4^2 + 2 * 0.7^2 + 2 * 0.1^2) / 3
    assert found.brier == pytest.approx((0.32 + 0.98 + 0.02) / 3)


def test_bins_are_those_of_scikit_learn() -> None:
    probabilities, labels = drawn(500, 4)
    found = calibration(probabilities, labels, bins=10)
    right = probabilities.argmax(axis=1) == labels
    accuracies, confidences = calibration_curve(right, probabilities.max(axis=1), n_bins=10)
    assert [one.accuracy for one in found.bins] == pytest.approx(accuracies)
    assert [one.confidence for one in found.bins] == pytest.approx(confidences)


def test_the_brier_score_is_that_of_scikit_learn() -> None:
    probabilities, labels = drawn(300, 5)
    expected = brier_score_loss(labels, probabilities, labels=range(5), scale_by_half=False)
    assert calibration(probabilities, labels).brier == pytest.approx(expected)


def test_intervals_are_those_of_wilson() -> None:
    # 7 of 10: 0.3968 to 0.8922 (Wilson, 1927, with z = 1.96).
    probabilities = np.tile([0.7, 0.3], (10, 1))
    (one,) = calibration(probabilities, [0] * 7 + [1] * 3).bins
    assert (one.accuracy_low, one.accuracy_high) == pytest.approx((0.3968, 0.8922), abs=1e-4)


def test_a_perfect_model_has_no_error() -> None:
    found = calibration(np.eye(3), [0, 1, 2])
    assert (found.expected_error, found.brier, found.gap) == (0.0, 0.0, 0.0)
    assert found.bins == (Bin(14 / 15, 1.0, 3, 1.0, 1.0, found.bins[0].accuracy_low, 1.0),)


def test_a_sum_of_rounding_above_one_stays_in_the_last_bin() -> None:
    found = calibration(np.array([[1.0000001, 0.0]], dtype=np.float64), [0])
    assert [one.images for one in found.bins] == [1]


@pytest.mark.parametrize(("labels", "bins"), [([], 15), ([0], 0)])
def test_nothing_to_compare_is_refused(labels: list[int], bins: int) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        calibration(np.full((len(labels), 2), 0.5), labels, bins)
