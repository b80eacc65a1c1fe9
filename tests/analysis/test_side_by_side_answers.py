"""What models answer to the same images."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tunescope.analysis.confusion import confusion
from tunescope.analysis.mistakes import Predictions
from tunescope.analysis.side_by_side_answers import (
    compare_answers,
    mcnemar,
    pair_test,
    shared,
)


def _answers(labels, predicted, rows=None, confidences=0.8, of_truth=None) -> Predictions:
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    right = np.where(labels == predicted, confidences, 0.1)
    return Predictions(
        rows=np.arange(len(labels)) if rows is None else np.asarray(rows),
        labels=labels,
        predicted=predicted,
        confidences=np.full(len(labels), confidences),
        of_truth=right if of_truth is None else np.asarray(of_truth),
        margins=np.full(len(labels), confidences),
    )


@pytest.mark.parametrize(("b", "c"), [(0, 1), (5, 12), (12, 5), (10, 10), (3, 40), (700, 800), (1, 20_000)])
def test_mcnemars_test_is_that_of_a_fair_coin(b: int, c: int) -> None:
    assert mcnemar(b, c) == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-8, abs=1e-300)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemars_test_takes_both_sides_alike_and_stays_a_probability(b: int, c: int) -> None:
    assert 0 < mcnemar(b, c) == mcnemar(c, b) <= 1


def test_models_that_are_never_right_alone_cannot_be_told_apart() -> None:
    assert mcnemar(0, 0) == 1.0


def test_a_negative_number_of_images_is_refused() -> None:
    with pytest.raises(ValueError, match="is -1, but must be at least 0"):
        mcnemar(3, -1)


def test_a_pair_is_counted_by_who_is_right() -> None:
    test = pair_test([1, 1, 1, 0, 0], [1, 1, 0, 1, 0])
    assert (test.both, test.first_only, test.second_only, test.neither) == (2, 1, 1, 1)
    assert test.p_value == 1.0


def test_only_images_that_all_answered_and_call_the_same_are_shared() -> None:
    one = _answers([0, 1, 2, 0], [0, 0, 0, 0], rows=[3, 5, 7, 9])
    other = _answers([1, 1, 0, 2], [1, 1, 1, 1], rows=[5, 7, 9, 11])
    common = shared([one, other])
    assert [each.rows.tolist() for each in common] == [[5, 9], [5, 9]]
    assert [each.predicted.tolist() for each in common] == [[0, 0], [1, 1]]
    assert shared([one, _answers([1], [1], rows=[4])]) == ()


def test_agreement_counts_right_and_wrong_answers_alike() -> None:
    labels = [0, 0, 1, 1]
    found = compare_answers([_answers(labels, one) for one in ([0, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 0])], 2)
    assert found.agreement == ((1, 0.75, 0.25), (0.75, 1, 0.5), (0.25, 0.5, 1))
    assert found.accuracies == (0.75, 0.5, 0.0)
    assert (found.all_right, found.all_wrong, found.disputed) == (0, 1, 3)
    assert found.test is None


def test_disputes_begin_with_most_dissent_and_then_the_widest_gap() -> None:
    labels = [0, 0, 0, 0]
    found = compare_answers(
        [
            _answers(labels, [0, 0, 0, 0], of_truth=[0.9, 0.9, 0.5, 0.7]),
            _answers(labels, [0, 1, 1, 1], of_truth=[0.9, 0.1, 0.4, 0.2]),
            _answers(labels, [0, 2, 0, 0], of_truth=[0.9, 0.3, 0.5, 0.7]),
        ],
        3,
    )
    assert [(one.row, one.dissent) for one in found.disputes] == [(1, 2), (3, 1), (2, 1)]
    assert [one.gap for one in found.disputes] == pytest.approx([0.8, 0.5, 0.1])
    assert found.disputes[0].predicted == (0, 1, 2)
    assert found.disputed == 3


def test_models_that_agree_have_nothing_to_dispute() -> None:
    found = compare_answers([_answers([0, 1], [0, 0])] * 2, 2)
    assert (found.disputes, found.disputed, found.agreement) == ((), 0, ((1, 1), (1, 1)))
    assert found.matrices.changes[1] == ((0, 0), (0, 0))


def test_changes_are_against_the_first_model() -> None:
    labels = [0, 0, 1, 1]
    found = compare_answers([_answers(labels, [0, 0, 0, 1]), _answers(labels, [0, 1, 1, 1])], 2).matrices
    assert found.counts == (((2, 0), (1, 1)), ((1, 1), (0, 2)))
    assert found.changes == (((0, 0), (0, 0)), ((-1, 1), (-1, 1)))
    assert (found.images, found.left_out) == ((2, 2), 0)


def test_of_many_classes_those_that_differ_most_are_kept() -> None:
    labels = np.repeat(np.arange(1000), 3)
    other = labels.copy()
    other[labels == 700] = 20
    other[labels == 41] = 42
    found = compare_answers(
        [_answers(labels, labels), _answers(labels, other)], 1000, most_classes=4
    ).matrices
    assert found.classes == (20, 41, 42, 700)
    assert found.left_out == 996
    assert found.changes[1] == ((0, 0, 0, 0), (0, -3, 3, 0), (0, 0, 0, 0), (3, 0, 0, -3))


def test_recalls_begin_with_the_widest_spread_and_leave_out_classes_without_images() -> None:
    labels = [0, 0, 2, 2]
    found = compare_answers([_answers(labels, [0, 0, 2, 2]), _answers(labels, [0, 1, 1, 1])], 4).recalls
    assert [(one.label, one.images, one.recalls) for one in found] == [(2, 2, (1, 0)), (0, 2, (1, 0.5))]


@given(st.data())
def test_every_number_follows_from_the_answers(data: st.DataObject) -> None:
    classes, images, models = (data.draw(st.integers(low, high)) for low, high in ((2, 5), (1, 12), (2, 6)))
    drawn = st.lists(st.integers(0, classes - 1), min_size=images, max_size=images)
    labels, answered = data.draw(drawn), [data.draw(drawn) for _ in range(models)]
    found = compare_answers([_answers(labels, one) for one in answered], classes)
    for place, predicted in enumerate(answered):
        assert found.matrices.counts[place] == confusion(labels, predicted, "abcde"[:classes]).matrix
        assert sum(map(sum, found.matrices.changes[place])) == 0
    for one, other in itertools.combinations(range(models), 2):
        same = np.mean(np.equal(answered[one], answered[other]))
        assert found.agreement[one][other] == found.agreement[other][one] == pytest.approx(same)
    assert (
        found.disputed
        == len(found.disputes)
        == sum(len(set(each)) > 1 for each in zip(*answered, strict=True))
    )
    assert all(1 <= one.dissent < models for one in found.disputes)
    assert found.all_right + found.all_wrong <= images
