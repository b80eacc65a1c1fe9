"""Fronts of several objectives, computed by hand on a few trials."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunescope.analysis.pareto import has_several, hypervolume, non_dominated, pareto

Make = Callable[..., pd.DataFrame]
STUDY = {"study_id": 1, "study": "demo-grid", "run_id": "demo", "strategy": "grid", "seconds": 1.0}
WEIGHED = {**STUDY, "objective": "accuracy+latency"}
DIRECTIONS = ["maximize", "minimize"]


def weighed(make_trials: Make, values: list[list[float]]) -> pd.DataFrame:
    frame = make_trials(*({"validation_accuracy": one[0], "seconds": 1.0} for one in values if one))
    return frame.assign(values=pd.Series(values, dtype=object))


def studies(make_studies: Make, *rows: dict[str, Any], directions: list[str] = DIRECTIONS) -> pd.DataFrame:
    return make_studies(*rows).assign(directions=pd.Series([directions] * len(rows), dtype=object))


def test_the_front_holds_what_no_other_trial_beats(make_trials: Make, make_studies: Make) -> None:
    values = [[0.9, 5.0], [0.8, 1.0], [0.7, 2.0], [0.9, 6.0]]
    found = pareto(weighed(make_trials, values), studies(make_studies, WEIGHED))
    assert found.objectives == ("accuracy", "latency")
    assert found.directions == ("maximize", "minimize")
    assert [point.values for point in found.points] == [(0.8, 1.0), (0.7, 2.0), (0.9, 5.0), (0.9, 6.0)]
    assert [point.number for point in found.front] == [1, 0]


def test_of_equal_trials_one_is_on_the_front() -> None:
    assert non_dominated(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 2.0]])) == [0, 2]


@pytest.mark.parametrize("objectives", [2, 3])
def test_the_front_agrees_with_comparing_every_pair(objectives: int) -> None:
    merits = np.random.default_rng(0).integers(0, 6, (80, objectives)).astype(float)
    beaten = [any((other >= one).all() and (other > one).any() for other in merits) for one in merits]
    expected = {tuple(one) for one, lost in zip(merits, beaten, strict=True) if not lost}
    found = non_dominated(merits)
    assert {tuple(merits[index]) for index in found} == expected
    assert len(found) == len(expected)


def test_the_hypervolume_is_the_share_of_the_rectangle_that_is_dominated() -> None:
    low, high = np.array([0.0, 0.0]), np.array([2.0, 4.0])
    # Two by one, and one by two more of it, of eight.
    assert hypervolume(np.array([[2.0, 1.0], [1.0, 3.0]]), low, high) == pytest.approx(4 / 8)
    assert hypervolume(np.array([[2.0, 4.0]]), low, high) == pytest.approx(1.0)
    assert hypervolume(np.array([[2.0, 4.0]]), low, low) is None


def test_each_study_is_measured_against_the_best_of_all(make_trials: Make, make_studies: Make) -> None:
    frame = weighed(make_trials, [[0.9, 5.0], [0.5, 1.0], [0.9, 1.0], [0.5, 5.0]])
    frame.loc[2:, ["study", "strategy"]] = ["demo-tpe", "tpe"]
    rows = studies(make_studies, WEIGHED, {**WEIGHED, "study_id": 2, "study": "demo-tpe", "strategy": "tpe"})
    tpe, grid = sorted(pareto(frame, rows).studies, key=lambda one: one.front)
    assert (tpe.label, tpe.trials, tpe.front, tpe.hypervolume) == ("tpe", 2, 1, 1.0)
    assert (grid.label, grid.trials, grid.front, grid.hypervolume) == ("grid", 2, 2, 0.0)


def test_trials_without_a_value_for_each_objective_are_left_out(
    make_trials: Make, make_studies: Make
) -> None:
    frame = weighed(make_trials, [[0.9, 5.0], [0.8, float("nan")]])
    frame.at[0, "values"] = []
    assert pareto(frame, studies(make_studies, WEIGHED)).points == ()


def test_studies_with_other_objectives_are_left_out(make_trials: Make, make_studies: Make) -> None:
    frame = weighed(make_trials, [[0.9, 5.0], [0.8, 100.0]])
    frame.loc[1, "study"] = "demo-tpe"
    other = {**WEIGHED, "study_id": 2, "study": "demo-tpe", "objective": "accuracy+size"}
    assert [one.study for one in pareto(frame, studies(make_studies, WEIGHED, other)).points] == ["demo-grid"]


def test_with_one_objective_accuracy_stands_against_training_time(
    make_trials: Make, make_studies: Make
) -> None:
    rows = studies(make_studies, {**STUDY, "objective": "accuracy"}, directions=["maximize"])
    frame = make_trials(
        {"validation_accuracy": 0.9, "seconds": 4.0}, {"validation_accuracy": 0.8, "seconds": 2.0}
    )
    found = pareto(frame, rows)
    assert found.objectives == ("accuracy", "training_time")
    assert [point.values for point in found.front] == [(0.8, 2.0), (0.9, 4.0)]
    assert not has_several(rows)
    assert has_several(studies(make_studies, WEIGHED))


def test_too_many_trials_are_thinned_but_the_front_stays(make_trials: Make, make_studies: Make) -> None:
    values = [[0.5, 10.0 + index] for index in range(20)] + [[0.9, 15.5]]
    found = pareto(weighed(make_trials, values), studies(make_studies, WEIGHED), limit=3)
    assert {point.values for point in found.front} == {(0.5, 10.0), (0.9, 15.5)}
    assert set(found.front) <= set(found.points)
    assert found.left_out == 21 - len(found.points)
