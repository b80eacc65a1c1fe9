"""What studies cover is followed trial by trial, and agrees with computing each front anew."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from tunescope.analysis.hypervolume import Hypervolume, hypervolume_course
from tunescope.analysis.pareto import pareto

Make = Callable[..., pd.DataFrame]
Values = Sequence[Sequence[float]]
INFINITE, NOTHING = float("inf"), float("nan")


@pytest.fixture
def follow(make_trials: Make, make_studies: Make) -> Callable[..., Hypervolume]:
    """Follows studies, each a list of the values of its trials in the order in which they ended."""

    def followed(
        *given: Values, directions: Sequence[str] = ("maximize", "maximize"), **o: Any
    ) -> Hypervolume:
        return hypervolume_course(*framed(make_trials, make_studies, given, directions), **o)

    return followed


def framed(
    make_trials: Make, make_studies: Make, given: Sequence[Values], directions: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [
        {"study": f"study-{index}", "strategy": None, "end": float(end)}
        for index, values in enumerate(given)
        for end, _ in enumerate(values)
    ]
    told = "+".join(f"o{index}" for index in range(len(directions)))
    studies = make_studies(
        *({"study_id": 1, "study": f"study-{index}", "objective": told} for index in range(len(given)))
    )
    trials = make_trials(*rows)
    every = [list(one) for values in given for one in values]
    return (
        trials.assign(values=pd.Series(every, index=trials.index, dtype=object)),
        studies.assign(directions=pd.Series([list(directions)] * len(given), dtype=object)),
    )


def boxed(merits: npt.NDArray[np.float64]) -> float:
    """The volume that points of a coarse grid dominate, cell by cell."""
    sides = [np.unique([0.0, *column]) for column in merits.T]
    total = 0.0
    for corner in itertools.product(*(range(1, len(side)) for side in sides)):
        upper = [side[index] for side, index in zip(sides, corner, strict=True)]
        if (merits >= upper).all(axis=1).any():
            total += np.prod([side[i] - side[i - 1] for side, i in zip(sides, corner, strict=True)])
    return total


def at_each(line: Any, trials: int) -> list[float]:
    """The shares after every trial, of a line that has the steps alone."""
    steps = np.searchsorted(line.positions, np.arange(1, trials + 1), side="right") - 1
    return [line.shares[step] for step in steps]


def test_the_area_grows_with_each_trial_that_adds_to_the_front(follow: Any) -> None:
    found = follow([[0, 0], [4, 1], [1, 1], [2, 3], [4, 4]])
    assert found.objectives == ("o0", "o1")
    (line,) = found.lines
    assert line.positions == (1, 2, 4, 5)
    # Of a box of 4 by 4: nothing, 4 by 1, that and 2 by 2, all of it.
    assert line.shares == pytest.approx((0, 4 / 16, 8 / 16, 1))


def test_less_is_better_where_an_objective_is_minimized(follow: Any) -> None:
    (line,) = follow([[0, 4], [4, 3], [2, 1]], directions=("maximize", "minimize")).lines
    assert line.shares == pytest.approx((0, 4 / 12, 8 / 12))
    (line,) = follow([[0, 4], [4, 3], [2, 1]], directions=("minimize", "minimize")).lines
    assert line.shares == pytest.approx((0, 6 / 12))


@pytest.mark.parametrize("sides", [1, 2, 3])
def test_shares_are_those_of_each_front_computed_anew(follow: Any, sides: int) -> None:
    merits = np.random.default_rng(sides).integers(0, 6, (30, sides)).astype(float)
    merits[0], merits[1] = 0, np.eye(sides)[0] * 5
    merits[2] = 5 - merits[1]
    known = merits if sides > 1 else np.column_stack([merits, np.ones(30)])
    (line,) = follow(known, directions=("maximize",) * max(2, sides)).lines
    expected = [boxed(merits[: amount + 1] / 5) for amount in range(30)]
    assert at_each(line, 30) == pytest.approx(expected)


def test_four_objectives_are_estimated_within_three_hundredths(follow: Any) -> None:
    merits = np.random.default_rng(4).integers(0, 4, (25, 4)).astype(float)
    merits[:2] = [[0, 0, 0, 0], [3, 3, 0, 0]]
    merits[2] = 3 - merits[1]
    found = follow(merits, directions=("maximize",) * 4)
    expected = [boxed(merits[: amount + 1] / 3) for amount in range(25)]
    # Of 1024 places drawn at random two deviations would be 0.031; evenly spread ones do better.
    assert at_each(found.lines[0], 25) == pytest.approx(expected, abs=0.031)
    assert not found.is_exact


def test_studies_are_measured_in_one_box_and_the_best_comes_first(
    make_trials: Make, make_studies: Make
) -> None:
    random = np.random.default_rng(0)
    frames = framed(make_trials, make_studies, [random.random((40, 2)), random.random((90, 2))], DIRECTIONS)
    found = hypervolume_course(*frames)
    known = {one.study: one.hypervolume for one in pareto(*frames).studies}
    assert {line.study: line.shares[-1] for line in found.lines} == pytest.approx(known)
    assert [line.study for line in found.lines] == sorted(known, key=lambda study: -known[study])


DIRECTIONS = ("maximize", "minimize")


def test_what_failed_was_pruned_or_has_no_value_counts_for_nothing(
    make_trials: Make, make_studies: Make
) -> None:
    values = [[0, 0], [9, 9], [9, 9], [NOTHING, 9], [9], [], [1, 1], [0.5, 2]]
    trials, studies = framed(make_trials, make_studies, [values], ("maximize", "maximize"))
    trials.loc[1, "state"], trials.loc[2, "state"] = "PRUNED", "FAIL"
    found = hypervolume_course(trials, studies)
    assert found.trials == 3
    assert found.lines[0].positions == (1, 2, 3)
    assert found.lines[0].shares == pytest.approx((0, 0.5, 0.75))


def test_an_infinite_value_is_the_best_or_the_worst_finite_one(follow: Any) -> None:
    (line,) = follow([[0, 0], [INFINITE, 1], [-INFINITE, 2], [2, -INFINITE], [1, 2]]).lines
    assert at_each(line, 5) == pytest.approx([0, 0.5, 0.5, 0.5, 0.75])


def test_the_largest_numbers_there_are_do_no_harm(follow: Any) -> None:
    (line,) = follow([[-1.7e308, 0], [1.7e308, 5e-324], [0, 1e-300]]).lines
    assert line.shares == pytest.approx((0, 0.5))


@pytest.mark.parametrize("values", [[[1, 1]], [[1, 1], [1, 1]], [[INFINITE, 1]], []])
def test_without_a_difference_there_is_no_line(follow: Any, values: Values) -> None:
    found = follow(values)
    assert (found.lines, found.trials) == ((), len(values))


def test_an_objective_that_never_differs_is_no_side_of_the_box(follow: Any) -> None:
    (line,) = follow([[0, 7], [1, 7], [4, 7]]).lines
    assert line.shares == pytest.approx((0, 0.25, 1))


def test_trials_are_followed_in_the_order_in_which_they_ended(make_trials: Make, make_studies: Make) -> None:
    trials, studies = framed(make_trials, make_studies, [[[4, 4], [2, 2], [0, 0]]], ("maximize", "maximize"))
    (line,) = hypervolume_course(trials.assign(end=trials["end"].iloc[::-1].to_numpy()), studies).lines
    assert line.shares == pytest.approx((0, 0.25, 1))


def test_of_many_studies_and_steps_so_many_are_kept(follow: Any) -> None:
    stairs = [[*([step, study] for step in range(1, 50)), [0, 0]] for study in range(1, 6)]
    found = follow(*stairs, [[0, 0]], most=3, points=10)
    assert [line.study for line in found.lines] == ["study-4", "study-3", "study-2"]
    assert found.left_out == 3
    assert {len(line.positions) for line in found.lines} == {10}
    assert {line.positions[-1] for line in found.lines} == {50}


@pytest.mark.parametrize("sides", [2, 3, 4])
def test_the_studies_that_are_kept_are_those_that_came_furthest(follow: Any, sides: int) -> None:
    random = np.random.default_rng(sides)
    given = [random.random((20, sides)) for _ in range(6)]
    every = follow(*given, directions=("maximize",) * sides).lines
    kept = follow(*given, directions=("maximize",) * sides, most=2).lines
    assert kept == every[:2]


def test_studies_with_other_objectives_are_left_out(make_trials: Make, make_studies: Make) -> None:
    trials, studies = framed(make_trials, make_studies, [[[0, 0], [1, 1]], [[5, 5, 5]]], DIRECTIONS)
    studies.at[1, "objective"], studies.at[1, "directions"] = "o0+o1+o2", ["maximize"] * 3
    assert [line.study for line in hypervolume_course(trials, studies).lines] == ["study-0"]


def test_a_study_of_plain_optuna_has_objectives_without_names(make_trials: Make, make_studies: Make) -> None:
    trials, studies = framed(make_trials, make_studies, [[[0, 0], [2, 2], [1, 4]]], ("maximize", "maximize"))
    found = hypervolume_course(trials, studies.assign(objective=None))
    assert found.objectives == ("objective 1", "objective 2")
    assert found.lines[0].shares == pytest.approx((0, 0.5, 0.75))


def test_where_one_objective_is_all_accuracy_stands_against_training_time(
    make_trials: Make, make_studies: Make
) -> None:
    given = [(0.5, 4.0), (0.9, 3.0), (0.7, 2.0)]
    trials = make_trials(*({"validation_accuracy": one, "seconds": two} for one, two in given))
    studies = make_studies({"study": "demo-grid", "objective": "accuracy"}).assign(directions=[["maximize"]])
    found = hypervolume_course(trials, studies)
    assert found.objectives == ("accuracy", "training_time")
    assert found.lines[0].shares == pytest.approx((0, 0.5, 0.75))


def test_a_front_of_thousands_in_space_is_looked_at_a_few_times(follow: Any) -> None:
    angles = np.random.default_rng(1).uniform(0, np.pi / 2, (30_000, 2))
    high, turn = angles.T
    sphere = np.column_stack([np.cos(high) * np.cos(turn), np.cos(high) * np.sin(turn), np.sin(high)])
    (line,) = follow(sphere, directions=("maximize",) * 3).lines
    assert len(line.positions) == 6
    # A ball's eighth is pi / 6 of its box.
    assert line.shares[-1] == pytest.approx(np.pi / 6, abs=0.01)
