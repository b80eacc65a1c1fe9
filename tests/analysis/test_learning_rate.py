"""Policies ranked by accuracy and by time, exactly."""

import pandas as pd
import pytest

from tunescope.analysis.learning_rate import rank_policies


def trials(*rows: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (index, "s", index, "cnn", policy, accuracy, seconds)
            for index, (policy, accuracy, seconds) in enumerate(rows)
        ],
        columns=["trial_id", "study", "number", "model", "policy", "validation_accuracy", "seconds"],
    )


ROWS = trials(
    ("fix", 0.90, 3.0), ("step", 0.95, 9.0), ("fix", 0.95, 8.0), ("cos", 0.5, 1.0), ("step", 0.91, 2.0)
)


def test_policies_stand_by_their_best_trial_and_equal_ones_by_its_time() -> None:
    found = rank_policies(ROWS)
    assert [(one.policy, one.best.trial_id, one.trials) for one in found.by_accuracy] == [
        ("fix", 2, 2),
        ("step", 1, 2),
        ("cos", 3, 1),
    ]
    assert found.by_accuracy[0].median == pytest.approx(0.925)


def test_time_counts_from_the_threshold_on() -> None:
    found = rank_policies(ROWS, threshold=0.9)
    assert [(one.policy, one.fastest.trial_id if one.fastest else None) for one in found.by_time] == [
        ("step", 4),
        ("fix", 0),
    ]
    assert [one.reached for one in found.by_accuracy] == [2, 2, 0]
    assert rank_policies(ROWS, threshold=0.99).by_time == ()


def test_by_itself_the_threshold_is_five_points_below_the_best_in_whole_points() -> None:
    assert rank_policies(ROWS).threshold == 0.9
    assert rank_policies(trials(("fix", 0.967, 1.0))).threshold == 0.91
    assert rank_policies(trials(("fix", 0.02, 1.0))).threshold == 0.0


def test_of_very_many_trials_the_best_and_the_fastest_are_kept() -> None:
    many = trials(*(("fix", 0.9 + (index == 77) * 0.05, 5.0 - (index == 33)) for index in range(200)))
    found = rank_policies(many, limit=10)
    assert {33, 77} <= {one.trial_id for one in found.trials}
    assert found.left_out == 200 - len(found.trials)
    assert len(found.trials) <= 12


def test_without_trials_there_is_nothing_to_rank() -> None:
    found = rank_policies(ROWS.iloc[:0])
    assert (found.by_accuracy, found.by_time, found.trials, found.left_out) == ((), (), (), 0)
