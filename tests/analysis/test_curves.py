"""Learning curves, exactly."""

import pandas as pd

from tunescope.analysis.curves import LearningCurve, LearningCurves, learning_curves

MEASURES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "learning_rate")


def _epochs(trial_id: int, accuracies: list[float], state: str = "COMPLETE") -> pd.DataFrame:
    frame = pd.DataFrame(
        {"epoch": range(1, len(accuracies) + 1), "validation_accuracy": accuracies, "seconds": 0.1}
    )
    rest = {"train_loss": 2.0, "validation_loss": 3.0, "train_accuracy": 0.5, "learning_rate": 0.01}
    return frame.assign(study="demo-tpe", number=trial_id - 1, trial_id=trial_id, state=state, **rest)


def test_trainings_come_from_the_best_to_the_worst(make_trials) -> None:
    epochs = pd.concat([_epochs(1, [0.3], "PRUNED"), _epochs(2, [0.6, 0.4])])
    trials = make_trials({"params": {"model": "rnn"}}, {"params": {"model": "cnn"}})
    same = {
        "train_loss": (2.0,),
        "validation_loss": (3.0,),
        "train_accuracy": (0.5,),
        "learning_rate": (0.01,),
    }
    assert learning_curves(epochs, trials) == LearningCurves(
        (
            LearningCurve(
                study="demo-tpe",
                number=1,
                model="cnn",
                state="COMPLETE",
                epochs=(1, 2),
                validation_accuracy=(0.6, 0.4),
                **{name: 2 * value for name, value in same.items()},
            ),
            LearningCurve(
                study="demo-tpe",
                number=0,
                model="rnn",
                state="PRUNED",
                epochs=(1,),
                validation_accuracy=(0.3,),
                **same,
            ),
        )
    )


def test_epochs_are_put_in_order() -> None:
    (curve,) = learning_curves(_epochs(1, [0.1, 0.2, 0.3]).iloc[::-1]).curves
    assert (curve.epochs, curve.validation_accuracy) == ((1, 2, 3), (0.1, 0.2, 0.3))


def test_of_many_trainings_the_best_the_worst_and_some_between_are_kept() -> None:
    epochs = pd.concat([_epochs(number + 1, [number / 10]) for number in range(9)])
    found = learning_curves(epochs, limit=3)
    assert [curve.best for curve in found.curves] == [0.8, 0.4, 0.0]
    assert found.left_out == 6


def test_of_many_epochs_the_first_and_the_last_are_kept() -> None:
    (curve,) = learning_curves(_epochs(1, [0.5] * 100), points=3).curves
    assert curve.epochs == (1, 51, 100)


def test_the_best_epoch_ignores_what_was_not_measured() -> None:
    first, second = learning_curves(
        pd.concat([_epochs(1, [float("nan")]), _epochs(2, [float("nan"), 0.2])])
    ).curves
    assert (first.best, second.best) == (0.2, -1.0)


def test_without_epochs_there_is_no_curve(make_trials) -> None:
    epochs = _epochs(1, [0.5]).iloc[:0]
    assert learning_curves(epochs, make_trials()) == LearningCurves(())
