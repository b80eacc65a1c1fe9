"""Costs, exactly."""

import itertools

import numpy as np
import pandas as pd

from tunescope.analysis.costs import (
    ModelCost,
    PhaseCosts,
    TradeOff,
    TradeOffPoint,
    phase_costs,
    trade_off,
)


def _timings(*rows: tuple[int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["trial_id", "phase", "seconds"])


def test_seconds_add_up_by_model_and_phase(make_trials) -> None:
    cnn = {"params": {"model": "cnn"}}
    trials = make_trials(
        {"seconds": 1.0}, {"seconds": 10.0, **cnn}, {"seconds": 6.0, **cnn}, {"seconds": 3.0}
    )
    timings = _timings(
        (1, "fit", 1.0), (2, "backward", 4.0), (2, "load", 4.0), (3, "backward", 5.0), (3, "warm-up", 1.0)
    )
    costs = phase_costs(timings, trials)
    assert costs == PhaseCosts(
        (
            ModelCost("cnn", 2, 16.0, (("load", 4.0), ("backward", 9.0), ("warm-up", 1.0), ("other", 2.0))),
            ModelCost("svm", 1, 1.0, (("fit", 1.0),)),
        )
    )
    assert costs.phases == ("load", "backward", "fit", "warm-up", "other")


def test_a_moment_that_no_phase_counts_is_not_worth_a_word(make_trials) -> None:
    (cost,) = phase_costs(_timings((1, "fit", 9.99)), make_trials({"seconds": 10.0})).models
    assert cost == ModelCost("svm", 1, 10.0, (("fit", 9.99),))


def test_without_timings_nothing_has_a_cost(make_trials) -> None:
    assert phase_costs(_timings(), make_trials({"seconds": 1.0})) == PhaseCosts(())
    assert phase_costs(_timings(), make_trials()) == PhaseCosts(())


def _point(number: int, seconds: float, accuracy: float) -> TradeOffPoint:
    return TradeOffPoint("demo-grid", "grid", number, "svm", seconds, accuracy)


def test_the_front_holds_what_no_other_trial_beats(make_trials) -> None:
    trials = make_trials(
        {"seconds": 3.0, "validation_accuracy": 0.9},
        {"seconds": 1.0, "validation_accuracy": 0.5},
        {"seconds": 2.0, "validation_accuracy": 0.5},
        {"seconds": 1.0, "validation_accuracy": 0.6},
        {"seconds": float("nan"), "validation_accuracy": 1.0},
        {"seconds": 0.1, "state": "FAIL"},
    )
    best, slow, weak, quick = (
        _point(0, 3.0, 0.9),
        _point(2, 2.0, 0.5),
        _point(1, 1.0, 0.5),
        _point(3, 1.0, 0.6),
    )
    assert trade_off(trials) == TradeOff((quick, weak, slow, best), (quick, best))


def test_the_front_is_the_one_that_comparing_all_pairs_gives(make_trials) -> None:
    random = np.random.default_rng(0)
    # Coarse values, so that there are ties in both directions.
    pairs = random.integers(1, 8, (60, 2))
    trials = make_trials(*({"seconds": float(s), "validation_accuracy": a / 10} for s, a in pairs))
    found = trade_off(trials)
    beaten = {
        one
        for one, other in itertools.product(found.points, repeat=2)
        if (other.seconds <= one.seconds and other.accuracy >= one.accuracy)
        and (other.seconds < one.seconds or other.accuracy > one.accuracy)
    }
    unbeaten = {(point.seconds, point.accuracy) for point in found.points if point not in beaten}
    assert {(point.seconds, point.accuracy) for point in found.front} == unbeaten
    assert len(found.front) == len(unbeaten)


def test_of_very_many_trials_the_front_is_kept(make_trials) -> None:
    rows = [{"seconds": float(number + 1), "validation_accuracy": 0.5} for number in range(50)]
    rows[17]["validation_accuracy"] = 0.8
    found = trade_off(make_trials(*rows), limit=2)
    assert [point.number for point in found.points] == [0, 17, 49]
    assert [point.number for point in found.front] == [0, 17]
    assert found.left_out == 47


def test_without_trials_there_is_no_front(make_trials) -> None:
    assert trade_off(make_trials()) == TradeOff((), ())
