"""Which trials count, and which of many are shown."""

import pandas as pd

from tunescope.analysis.selection import complete, evenly, labels, thinned, with_models


def test_only_complete_trials_with_a_finite_accuracy_count(make_trials) -> None:
    trials = make_trials(
        {"validation_accuracy": 0.5},
        {"validation_accuracy": float("nan")},
        {"validation_accuracy": float("inf")},
        {"validation_accuracy": 0.9, "state": "PRUNED"},
        {"validation_accuracy": 0.9, "state": "RUNNING"},
    )
    assert complete(trials)["number"].tolist() == [0]


def test_a_trial_of_a_foreign_study_has_an_unknown_model(make_trials) -> None:
    trials = make_trials({"params": {"model": "cnn"}}, {"params": {"x": 1.0}})
    assert with_models(trials)["model"].tolist() == ["cnn", "unknown"]


def test_a_study_goes_by_its_strategy_where_that_tells_it_apart() -> None:
    studies = pd.DataFrame(
        {"study": ["a-grid", "a-tpe", "b-tpe", "plain"], "strategy": ["grid", "tpe", "tpe", None]}
    )
    assert labels(studies) == {"a-grid": "grid", "a-tpe": "a-tpe", "b-tpe": "b-tpe", "plain": "plain"}


def test_a_selection_keeps_both_ends_and_spreads_evenly() -> None:
    assert evenly(3, 5) == [0, 1, 2]
    assert evenly(101, 5) == [0, 25, 50, 75, 100]
    assert evenly(0, 5) == []


def test_a_selection_keeps_what_must_be_kept() -> None:
    assert thinned(101, 3, [7]) == [0, 7, 50, 100]
