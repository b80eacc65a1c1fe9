"""A few trials beside each other."""

import math

import numpy as np
import pandas as pd
import pytest

from tunescope.analysis.side_by_side import courses, scores, settings

NAN = math.nan


def _differing(*params: dict) -> list[str]:
    return [one.name for one in settings(params) if one.differs]


def _trials(*rows: dict) -> pd.DataFrame:
    given = [{"state": "COMPLETE", "values": [], "validation_accuracy": NAN, **row} for row in rows]
    return pd.DataFrame(given)


def _best(trials: pd.DataFrame, directions: tuple = (), same_images: bool = True) -> dict[str, tuple]:
    asked = directions or [["maximize"]] * len(trials)
    return {score.title: score.best for score in scores(trials, asked, same_images)}


def test_parameters_differ_by_value_or_because_one_is_missing() -> None:
    svm, cnn = {"model": "svm", "C": 1.0, "k": None}, {"model": "cnn", "C": 1.0}
    found = {one.name: one for one in settings([svm, cnn])}
    assert list(found) == ["model", "C", "k"]
    assert _differing(svm, cnn) == ["model", "k"]
    assert (found["k"].values, found["k"].is_set) == ((None, None), (True, False))


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (1, 1.0, False),
        (1, True, True),
        (NAN, NAN, False),
        (NAN, 1.0, True),
        (None, None, False),
        ("1", 1, True),
    ],
)
def test_values_are_the_same_as_people_take_them(one: object, other: object, differ: bool) -> None:
    assert bool(_differing({"p": one}, {"p": other})) is differ


def test_the_best_is_marked_by_the_direction_of_each_score() -> None:
    trials = _trials(
        {"validation_accuracy": 0.9, "log_loss": 0.5, "seconds": 9.0, "weights": 5},
        {"validation_accuracy": 0.8, "log_loss": 0.4, "seconds": 9.0, "weights": 7},
        {"validation_accuracy": 0.9, "log_loss": NAN, "seconds": 9.5, "weights": 9},
    )
    assert _best(trials) == {
        "Validation accuracy": (0, 2),
        "Log loss": (1,),
        "Training time": (0, 1),
        "Weights": (),
    }


def test_equal_and_lonely_scores_have_no_best_one() -> None:
    trials = _trials({"validation_accuracy": 0.9, "macro_f1": 0.5}, {"validation_accuracy": 0.9})
    assert _best(trials) == {"Validation accuracy": (), "Macro F1": ()}


def test_only_trials_that_were_trained_to_their_end_can_be_best() -> None:
    pruned = {"state": "PRUNED", "values": [0.9]}
    trials = _trials(pruned, {"values": [0.5]}, {"values": [0.6]})
    assert _best(trials) == {"Value": (2,)}


def test_scores_on_different_images_have_no_best_one_but_costs_have() -> None:
    trials = _trials(
        {"validation_accuracy": 0.9, "values": [0.1], "seconds": 1.0},
        {"validation_accuracy": 0.8, "values": [0.2], "seconds": 2.0},
    )
    expected = {"Value": (), "Validation accuracy": (), "Training time": (0,)}
    assert _best(trials, same_images=False) == expected


def test_a_value_that_is_the_accuracy_is_told_once() -> None:
    trials = _trials(
        {"validation_accuracy": 0.9, "values": [0.9]}, {"validation_accuracy": 0.8, "values": [0.8]}
    )
    assert list(_best(trials)) == ["Validation accuracy"]


def test_each_objective_has_its_own_direction() -> None:
    trials = _trials({"values": [0.9, 5.0]}, {"values": [0.8, 3.0]}, {"state": "FAIL"})
    both = ["maximize", "minimize"]
    assert _best(trials, (both,) * 3) == {"Value 1 of 2": (0,), "Value 2 of 2": (1,)}


def test_studies_of_opposite_directions_have_no_best_value() -> None:
    trials = _trials({"values": [0.9]}, {"values": [0.8]})
    assert _best(trials, (["maximize"], ["minimize"])) == {"Value": ()}


def test_infinite_values_are_ranked_and_nan_is_not() -> None:
    trials = _trials({"values": [math.inf]}, {"values": [1.0]}, {"values": [NAN]})
    assert _best(trials, (["minimize"],) * 3) == {"Value": (1,)}


def test_courses_keep_the_place_of_their_trial_and_lose_what_is_not_finite() -> None:
    frame = pd.DataFrame({"trial_id": [7, 7, 5], "step": [1, 0, 0], "value": [math.inf, 2.0, NAN]})
    found = courses(frame, [5, 6, 7], "value", "step", "Reported value")
    (one,) = found.courses
    assert (one.position, one.steps) == (2, (0, 1))
    assert one.values == (2.0, pytest.approx(NAN, nan_ok=True))
    assert found.step == "Step"


def test_long_courses_are_thinned_to_their_ends() -> None:
    frame = pd.DataFrame({"trial_id": 1, "step": np.arange(10_000), "value": np.arange(10_000.0)})
    (one,) = courses(frame, [1], "value", "step", "Value", points=50).courses
    assert len(one.steps) == 50
    assert (one.steps[0], one.steps[-1]) == (0, 9_999)
    assert one.values == tuple(map(float, one.steps))


def test_without_any_report_there_is_no_course() -> None:
    empty = pd.DataFrame({"trial_id": [], "step": [], "value": []})
    assert courses(empty, [1, 2], "value", "step", "Value").courses == ()
