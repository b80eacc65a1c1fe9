"""The predictions that are worth a look come first."""

from typing import Any

import numpy as np
import pytest

from tunescope.analysis.mistakes import least_certain, of_cell, predictions, surest_mistakes
from tunescope.errors import ParameterError

PROBABILITIES = [[0.6, 0.3, 0.1], [0.9, 0.05, 0.05], [0.2, 0.1, 0.7], [0.1, 0.8, 0.1], [0.45, 0.15, 0.4]]
LABELS, ROWS = [1, 0, 0, 2, 0], [10, 11, 12, 13, 14]


def test_what_analyses_need_of_the_probabilities_is_kept() -> None:
    found = predictions(PROBABILITIES, LABELS, ROWS)
    assert found.rows.tolist() == ROWS
    assert found.predicted.tolist() == [0, 0, 2, 1, 0]
    assert found.confidences.tolist() == [0.6, 0.9, 0.7, 0.8, 0.45]
    assert found.of_truth.tolist() == [0.3, 0.9, 0.2, 0.1, 0.45]
    assert found.margins.tolist() == pytest.approx([0.3, 0.85, 0.5, 0.7, 0.05])


def test_those_of_some_images_come_in_the_order_of_their_rows() -> None:
    some = predictions(PROBABILITIES, LABELS, [9, 4, 7, 2, 5]).at(np.array([4, 9, 2, 8]))
    assert some.rows.tolist() == [2, 4, 9]
    assert some.labels.tolist() == [2, 0, 1]
    assert some.confidences.tolist() == [0.8, 0.9, 0.6]


def test_the_surest_mistakes_come_first() -> None:
    assert surest_mistakes(predictions(PROBABILITIES, LABELS, ROWS)).tolist() == [3, 2, 0]


def test_what_could_hardly_be_decided_comes_first() -> None:
    assert least_certain(predictions(PROBABILITIES, LABELS, ROWS)).tolist() == [4, 0, 2, 3, 1]


def test_a_cell_holds_its_own_mistakes_the_surest_first_and_right_answers_the_least_sure_first() -> None:
    found = predictions(PROBABILITIES, LABELS, ROWS)
    assert of_cell(found, 0, 2).tolist() == [2]
    assert of_cell(found, 0, 0).tolist() == [4, 1]
    assert of_cell(found, 7, 0).tolist() == []
    wrong = predictions([[0.6, 0.4], [0.9, 0.1], [0.7, 0.3]], [1, 1, 1], [0, 1, 2])
    assert of_cell(wrong, 1, 0).tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("probabilities", "labels", "rows", "words"),
    [
        ([[1.0], [1.0]], [0, 0], [0, 1], "must be"),
        ([[0.5, 0.5]], [0, 1], [0, 1], "must be"),
        ([[0.5, 0.5]], [0], [0, 1], "must be"),
        ([[0.5, 0.5]], [2], [0], "label"),
        ([[0.5, 0.5]], [-1], [0], "label"),
        ([[0.5, np.nan]], [0], [0], "sum 1"),
        ([[np.inf, 0.5]], [0], [0], "sum 1"),
        ([[1.5, -0.5]], [0], [0], "sum 1"),
        ([[3.0, 4.0]], [0], [0], "sum 1"),
        ([[0.5, 0.5], [0.5, 0.5]], [0, 1], [4, 4], "twice"),
    ],
)
def test_what_are_no_predictions_is_refused(probabilities: Any, labels: Any, rows: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        predictions(probabilities, labels, rows)


def test_half_precision_is_no_fault() -> None:
    given = np.random.default_rng(0).dirichlet(np.full(1000, 0.1), 50).astype(np.float16)
    found = predictions(given, np.zeros(50, int), np.arange(50))
    assert len(found.rows) == 50


def test_no_prediction_is_no_fault() -> None:
    found = predictions(np.empty((0, 3)), np.empty(0, int), np.empty(0, int))
    assert surest_mistakes(found).tolist() == least_certain(found).tolist() == []
