"""Costs, exactly."""

import itertools

import numpy as np
import pandas as pd
import pytest

from tunescope.analysis.costs import (
    ModelCost,
    PhaseCosts,
    Speed,
    TradeOff,
    TradeOffPoint,
    TrialPhases,
    phase_costs,
    speed,
    trade_off,
    trial_phases,
)


def _timings(*rows: tuple[int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["trial_id", "phase", "seconds"])


def test_seconds_add_up_by_model_and_phase(make_trials) -> None:
    cnn = {"params": {"model": "cnn"}}
    trials = make_trials(
        {"seconds": 1.0}, {"seconds": 10.0, **cnn}, {"seconds": 6.0, **cnn}, {"seconds": 3.0}
    )
    timings = _timings(
        (1, "fit", 1.0), (2, "backward", 4.0), (2, "load", 4.0), (3, "backward", 5.0), (3, "soaking", 1.0)
    )
    costs = phase_costs(timings, trials)
    assert costs == PhaseCosts(
        (
            ModelCost("cnn", 2, 16.0, (("load", 4.0), ("backward", 9.0), ("soaking", 1.0), ("other", 2.0))),
            ModelCost("svm", 1, 1.0, (("fit", 1.0),)),
        )
    )
    assert costs.phases == ("load", "backward", "fit", "soaking", "other")


def test_phases_come_in_the_order_in_which_they_happen(make_trials) -> None:
    names = ("checkpoint", "other", "forward", "warm_up", "evaluate", "load", "prepare")
    costs = phase_costs(_timings(*((1, name, 1.0) for name in names)), make_trials({"seconds": 7.0}))
    assert costs.phases == ("prepare", "warm_up", "load", "forward", "evaluate", "checkpoint", "other")


def test_the_warm_up_of_a_trial_stands_apart_and_has_no_share() -> None:
    timings = _timings((1, "forward", 6.0), (1, "warm_up", 2.0), (1, "load", 1.0), (2, "forward", 99.0))
    found = trial_phases({"trial_id": 1, "seconds": 10.0}, timings)
    assert found == TrialPhases(10.0, 2.0, (("load", 1.0), ("forward", 6.0), ("other", 1.0)))
    assert [found.share(seconds) for _, seconds in found.phases] == [0.125, 0.75, 0.125]


def test_a_trial_without_timings_has_no_phases() -> None:
    assert trial_phases({"trial_id": 1, "seconds": 10.0}, _timings()) == TrialPhases(0.0, 0.0, ())


def test_a_trial_of_nothing_but_warm_up_has_shares_of_nothing() -> None:
    found = trial_phases({"trial_id": 1, "seconds": float("nan")}, _timings((1, "warm_up", 2.0)))
    assert (found, found.share(0.0)) == (TrialPhases(2.0, 2.0, ()), 0.0)


def test_the_speed_of_a_training_is_three_passes_for_each_image() -> None:
    trial = {"flops_per_image": 2e6, "images_per_second": 500.0, "peak_flops": 12e9}
    assert speed(trial) == Speed(2e6, 3e9, 12e9, 0.25)


@pytest.mark.parametrize("missing", ["flops_per_image", "images_per_second", "peak_flops"])
def test_without_one_of_its_figures_a_utilisation_is_unknown(missing: str) -> None:
    trial = {"flops_per_image": 2e6, "images_per_second": 500.0, "peak_flops": 12e9}
    assert speed({**trial, missing: float("nan")}).utilisation is None
    assert speed({name: value for name, value in trial.items() if name != missing}).utilisation is None


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
        if (other.seconds <= one.seconds and other.score >= one.score)
        and (other.seconds < one.seconds or other.score > one.score)
    }
    unbeaten = {(point.seconds, point.score) for point in found.points if point not in beaten}
    assert {(point.seconds, point.score) for point in found.front} == unbeaten
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
