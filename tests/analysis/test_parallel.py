"""Hyperparameters side by side, exactly."""

import pytest

from tunescope.analysis.parallel import Axis, Parallel, parallel


def _trial(accuracy: float, **params: object) -> dict[str, object]:
    return {"validation_accuracy": accuracy, "params": {"model": "svm", **params}}


def test_trials_lie_along_their_hyperparameters_from_the_worst_to_the_best(make_trials) -> None:
    trials = make_trials(
        _trial(0.9, **{"svm.C": 1.0, "svm.kernel": "rbf", "svm.gamma": 0.2, "svm.depth": 4, "svm.same": 1}),
        _trial(0.5, **{"svm.C": 0.01, "svm.kernel": "linear", "svm.depth": 2, "svm.same": 1}),
        _trial(0.7, **{"svm.C": 100.0, "svm.kernel": "rbf", "svm.gamma": 0.6, "svm.depth": 3, "svm.same": 1}),
    )
    assert parallel(trials) == Parallel(
        model="svm",
        axes=(
            Axis(
                "C",
                ((0.0, "0.01"), (0.5, "1"), (1.0, "100")),
                (0.0, 1.0, 0.5),
                (0.01, 100.0, 1.0),
                "svm.C",
                True,
            ),
            Axis(
                "kernel",
                ((0.0, "linear"), (1.0, "rbf")),
                (0.0, 1.0, 1.0),
                ("linear", "rbf", "rbf"),
                "svm.kernel",
            ),
            Axis("depth", ((0.0, "2"), (0.5, "3"), (1.0, "4")), (0.0, 0.5, 1.0), (2, 3, 4), "svm.depth"),
            Axis(
                "gamma",
                ((0.0, "0.2"), (0.5, "0.4"), (1.0, "0.6")),
                (None, 1.0, 0.0),
                (None, 0.6, 0.2),
                "svm.gamma",
            ),
        ),
        studies=("demo-grid",) * 3,
        numbers=(1, 2, 0),
        scores=(0.5, 0.7, 0.9),
    )


def test_the_model_of_the_best_trial_is_shown_unless_another_is_asked_for(make_trials) -> None:
    trials = make_trials(
        {"validation_accuracy": 0.5}, {"validation_accuracy": 0.6, "params": {"model": "cnn"}}
    )
    assert parallel(trials).model == "cnn"
    assert parallel(trials, "svm").numbers == (0,)


@pytest.mark.parametrize("values", [(True, False), ("a", "b")])
def test_choices_are_spread_by_name(make_trials, values) -> None:
    trials = make_trials(*(_trial(0.5, **{"svm.choice": value}) for value in values))
    (axis,) = parallel(trials).axes
    assert axis.ticks == ((0.0, str(min(values))), (1.0, str(max(values))))


def test_of_very_many_trials_the_worst_and_the_best_are_kept(make_trials) -> None:
    found = parallel(make_trials(*(_trial(number / 10) for number in range(9))), limit=3)
    assert found.scores == (0.0, 0.4, 0.8)
    assert found.left_out == 6


def test_without_trials_there_is_no_model(make_trials) -> None:
    assert parallel(make_trials()) == Parallel(None, (), (), (), ())
