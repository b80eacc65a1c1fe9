"""What studies came to, exactly."""

from typing import Any

import pytest

from tunescope.analysis.comparison import StudyComparison, StudyResult, compare_studies

GRID: dict[str, Any] = {
    "study": "demo-grid",
    "strategy": "grid",
    "seconds": 12.5,
    "stopped_because": "5 trials",
}
TPE: dict[str, Any] = {"study": "demo-tpe", "strategy": "tpe", "seconds": 0.0, "stopped_because": None}


def test_a_study_is_summed_up_by_counts_best_and_median(make_trials, make_studies) -> None:
    trials = make_trials(
        {"start": 1, "end": 3, "validation_accuracy": 0.5},
        {"start": 3, "end": 4, "state": "FAIL"},
        {"start": 4, "end": 5, "state": "PRUNED"},
        {"start": 5, "end": 8, "validation_accuracy": 0.9},
        {"start": 5, "end": 7, "validation_accuracy": 0.8},
        {"start": 8, "end": None, "state": "RUNNING"},
    )
    grid = StudyResult(
        study="demo-grid",
        label="grid",
        strategy="grid",
        trials=6,
        complete=3,
        pruned=1,
        failed=1,
        best=0.9,
        median=0.8,
        best_trial=3,
        seconds=12.5,
        trials_to_best=5,
        seconds_to_best=7.0,
        stopped_because="5 trials",
        scores=(0.5, 0.8, 0.9),
    )
    empty = StudyResult(
        "demo-tpe", "tpe", "tpe", 0, 0, 0, 0, None, None, None, 0.0, None, None, None, scores=()
    )
    found = compare_studies(trials, make_studies(GRID, TPE))
    assert found == StudyComparison((grid, empty))
    assert found.best == grid


def test_of_equal_trials_the_first_to_end_is_the_best(make_trials, make_studies) -> None:
    trials = make_trials({"end": 9, "validation_accuracy": 0.9}, {"end": 2, "validation_accuracy": 0.9})
    (result,) = compare_studies(trials, make_studies(GRID)).studies
    assert (result.best_trial, result.trials_to_best, result.seconds_to_best) == (1, 1, 2.0)


def test_of_equal_studies_the_first_is_the_best(make_trials, make_studies) -> None:
    trials = make_trials(
        {"validation_accuracy": 0.9}, {"validation_accuracy": 0.9, "study": "demo-tpe", "strategy": "tpe"}
    )
    found = compare_studies(trials, make_studies(GRID, TPE)).best
    assert found is not None
    assert found.study == "demo-grid"


def test_a_plain_study_of_optuna_is_compared_too(make_trials, make_studies) -> None:
    plain = {"study": "plain", "strategy": None, "seconds": float("nan"), "stopped_because": None}
    (result,) = compare_studies(make_trials(), make_studies(plain)).studies
    assert (result.label, result.strategy, result.seconds) == ("plain", None, None)


def test_of_many_accuracies_a_selection_is_kept(make_trials, make_studies) -> None:
    trials = make_trials(*({"validation_accuracy": number / 100} for number in range(101)))
    (result,) = compare_studies(trials, make_studies(GRID), limit=3).studies
    assert result.scores == (0.0, 0.5, 1.0)
    assert result.median == pytest.approx(0.5)


def test_without_studies_none_is_the_best(make_trials, make_studies) -> None:
    found = compare_studies(make_trials(), make_studies())
    assert found == StudyComparison(())
    assert found.best is None
