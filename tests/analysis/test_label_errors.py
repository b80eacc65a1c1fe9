"""Suspected label errors."""

import numpy as np
import pytest

from tunescope.analysis.label_errors import suspect


def clusters(
    each: int, classes: int = 4, spread: float = 1.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Rows around a centre for each class, 6 apart on an axis of its own."""
    random, labels = np.random.default_rng(seed), np.repeat(np.arange(classes), each)
    return (6 * np.eye(classes, 12)[labels] + random.normal(0, spread, (len(labels), 12))).astype(
        np.float32
    ), labels


def with_flips(labels: np.ndarray, share: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which a share is wrong, and the rows of those."""
    random, flipped = np.random.default_rng(seed), labels.copy()
    rows = random.permutation(len(labels))[: round(share * len(labels))]
    classes = labels.max() + 1
    flipped[rows] = (flipped[rows] + random.integers(1, classes, len(rows))) % classes
    return flipped, np.sort(rows)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_flipped_labels_of_separable_classes_are_found_with_their_true_class(seed: int) -> None:
    features, labels = clusters(50, seed=seed)
    flipped, wrong = with_flips(labels, 0.05, seed)
    found = suspect(features, flipped, seed)

    assert set(found.rows) <= set(wrong)
    assert len(found.rows) >= 0.7 * len(
        wrong
    )  # how many there are is estimated, rather too few than too many
    np.testing.assert_array_equal(found.suggested, labels[found.rows])
    assert found.judged == 200
    assert found.accuracy == pytest.approx(0.95)


def test_the_worst_come_first_with_scores_between_0_and_1() -> None:
    features, labels = clusters(60, spread=2.5)
    flipped, wrong = with_flips(labels, 0.05)
    found = suspect(features, flipped)

    assert len(found.rows) > len(wrong) / 2
    assert (np.diff(found.scores) >= 0).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    assert (found.suggested != flipped[found.rows]).all()


def test_right_labels_of_separable_classes_are_not_suspected() -> None:
    found = suspect(*clusters(50))

    assert len(found.rows) == 0
    assert found.accuracy == 1


def test_features_that_tell_nothing_raise_no_suspicion() -> None:
    _, labels = clusters(50)
    noise = np.random.default_rng(0).normal(size=(200, 12)).astype(np.float32)
    for features in (noise, np.ones((200, 12), np.float32)):
        found = suspect(features, labels)
        assert len(found.rows) == 0
        assert found.judged == 200
        assert found.accuracy is not None
        assert found.accuracy < 0.4  # chance is 0.25


def test_three_images_a_class_are_too_few_to_say_anything() -> None:
    found = suspect(*clusters(3))

    assert len(found.rows) == 0
    assert (found.judged, found.accuracy) == (0, None)


def test_a_class_of_few_images_is_left_alone_while_others_are_judged() -> None:
    features, labels = clusters(50)
    keep = np.flatnonzero((labels != 1) | (np.arange(len(labels)) < 54))  # four of the second class
    flipped, _ = with_flips(labels[keep], 0.05)
    flipped[labels[keep] == 1] = 1
    flipped[(flipped == 1) & (labels[keep] != 1)] = 0
    found = suspect(features[keep], flipped)

    assert found.judged == len(keep) - 4
    assert (flipped[found.rows] != 1).all()
    wrong = np.flatnonzero(flipped != labels[keep])
    assert len(found.rows) >= 0.6 * len(wrong)
    assert set(found.rows) <= set(wrong)


def test_equal_seeds_give_equal_suspects() -> None:
    features, labels = clusters(40, spread=2.5)
    flipped, _ = with_flips(labels, 0.1)
    first, second = suspect(features, flipped, 5), suspect(features, flipped, 5)

    np.testing.assert_array_equal(first.rows, second.rows)
    np.testing.assert_array_equal(first.scores, second.scores)


def test_more_rows_than_landmarks_and_two_classes_are_no_matter() -> None:
    features, labels = clusters(400, classes=2)
    flipped, wrong = with_flips(labels, 0.05)

    found = suspect(features, flipped).rows
    assert set(found) <= set(wrong)
    assert len(found) >= 0.8 * len(wrong)
