"""Runs side by side, exactly."""

import numpy as np

from tunescope.analysis.run_comparison import TestAnswers, compare_parameters, compare_winners


def answers(run_id: str, right: str, rows: tuple[int, ...] = (3, 1, 2, 0), of: str = "f") -> TestAnswers:
    return TestAnswers(run_id, of, np.array(rows), np.array([one == "x" for one in right]))


def test_only_what_differs_is_told_leaf_by_leaf() -> None:
    found = compare_parameters(
        [
            {"run": {"id": "a"}, "search": {"models": ["svm"], "seed": 0, "space": {}}},
            {"run": {"id": "b"}, "search": {"models": ["cnn"], "seed": 0, "space": {"cnn": {"width": 8}}}},
        ]
    )
    assert [(one.key, one.values) for one in found.differences] == [
        ("search.models", (["svm"], ["cnn"])),
        ("search.space.cnn.width", (None, 8)),
    ]
    assert found.same == 1


def test_runs_that_were_told_the_same_differ_in_nothing() -> None:
    assert compare_parameters([{"search": {"seed": 0}}] * 3).differences == ()


def test_winners_are_compared_image_by_image_in_whatever_order_they_answered() -> None:
    (found,) = compare_winners([answers("a", "xx.x"), answers("b", "..xx", rows=(0, 1, 2, 3))])
    # Rows 0 to 3: a knows 0, 1, 3; b knows 2, 3.
    test = found.test
    assert (test.both, test.first_only, test.second_only, test.neither) == (1, 2, 1, 0)
    assert (found.first, found.second, found.images) == ("a", "b", 4)


def test_winners_of_other_images_are_not_compared() -> None:
    others = [answers("b", "xxxx", of="g"), answers("c", "xxx", rows=(0, 1, 2)), answers("d", "", rows=())]
    assert compare_winners([answers("a", "xxxx"), *others]) == ()
