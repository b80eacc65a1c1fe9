"""Which trials count, and which of many are shown."""

import numpy as np
import pandas as pd
import pytest

from tunescope.analysis.comparison import compare_studies
from tunescope.analysis.costs import trade_off
from tunescope.analysis.course import course
from tunescope.analysis.importance import importance
from tunescope.analysis.parallel import parallel
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


def test_studies_go_by_their_strategies_where_these_tell_all_apart() -> None:
    studies = pd.DataFrame(
        {"study": ["a-grid", "a-tpe", "b-tpe", "plain"], "strategy": ["grid", "tpe", "tpe", None]}
    )
    assert labels(studies) == {name: name for name in studies["study"]}
    assert labels(studies.drop(2)) == {"a-grid": "grid", "a-tpe": "tpe", "plain": "plain"}


def test_a_selection_keeps_both_ends_and_spreads_evenly() -> None:
    assert evenly(3, 5) == [0, 1, 2]
    assert evenly(101, 5) == [0, 25, 50, 75, 100]
    assert evenly(0, 5) == []


def test_a_selection_keeps_what_must_be_kept() -> None:
    assert thinned(101, 3, [7]) == [0, 7, 50, 100]


REASON = "max_seconds used up"


@pytest.mark.parametrize(
    "analyse", [course, importance, parallel, trade_off], ids=lambda analyse: analyse.__name__
)
def test_a_trial_that_the_budget_stopped_counts_as_any_other_that_is_complete(make_trials, analyse) -> None:
    rows = [{"validation_accuracy": 0.5 + step / 100, "end": step, "seconds": step} for step in range(1, 11)]
    trials = make_trials(*({**row, "params": {"model": "svm", "svm.C": row["end"]}} for row in rows))
    assert analyse(trials.assign(reason=REASON)) == analyse(trials.assign(reason=None))
    assert len(complete(trials.assign(reason=REASON))) == 10


def test_a_study_counts_a_trial_that_the_budget_stopped_as_complete(make_trials, make_studies) -> None:
    study = {"study": "demo-grid", "strategy": "grid", "seconds": 1.0, "stopped_because": REASON}
    trials = make_trials({"validation_accuracy": 0.8}, {"validation_accuracy": np.nan}).assign(reason=REASON)
    (result,) = compare_studies(trials, make_studies(study)).studies
    assert (result.complete, result.best, result.scores) == (2, 0.8, (0.8,))
