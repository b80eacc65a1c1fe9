"""Networks by accuracy and cost, exactly."""

import pandas as pd
import pytest

from tunescope.analysis.networks import NETWORK_COSTS, networks


def trials(*rows: tuple[str, float, float | None, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (f"s{index}", index, None, "d", "tpe", "COMPLETE", model, accuracy, weights, 1e6, seconds, index)
            for index, (model, accuracy, weights, seconds) in enumerate(rows)
        ],
        columns=["study", "number", "run_id", "dataset", "strategy", "state", "model", "validation_accuracy",
                 "weights", "flops_per_image", "seconds", "trial_id"],
    )  # fmt: skip


ROWS = trials(
    ("cnn", 0.9, 1000.0, 5.0), ("cnn", 0.8, 100.0, 9.0), ("rnn", 0.7, 500.0, 1.0), ("cnn", 0.99, None, 2.0)
)


def test_those_on_the_front_and_the_best_of_each_model_are_listed() -> None:
    found = networks(ROWS, "weights")
    assert [(one.study, one.accuracy) for one in found.listed] == [("s0", 0.9), ("s1", 0.8), ("s2", 0.7)]
    assert [one.number for one in found.trade_off.front] == [1, 0]
    assert found.count == 3  # one was not counted
    assert found.listed[0].address == "s0/0"


def test_another_cost_has_another_front() -> None:
    found = networks(ROWS, "seconds")
    assert [one.number for one in found.trade_off.front] == [2, 3]
    assert [one.number for one in found.listed] == [3, 2]


@pytest.mark.parametrize("by", NETWORK_COSTS)
def test_without_networks_there_is_nothing(by: str) -> None:
    found = networks(ROWS.iloc[:0], by)
    assert (found.count, found.listed, found.trade_off.points) == (0, (), ())
