"""How trainings went, epoch by epoch."""

from dataclasses import dataclass

import pandas as pd

from tunescope.analysis.selection import UNKNOWN_MODEL, evenly, with_models


@dataclass(frozen=True)
class LearningCurve:
    """One training; one value an epoch in each tuple, NaN where nothing was measured.

    Attributes:
        study: name of the study.
        number: number of the trial.
        model: what was trained.
        state: state of the trial, such as ``RUNNING`` or ``PRUNED``.
        epochs: numbers of the epochs, from 1.
        train_loss: mean loss on the training split.
        validation_loss: mean loss on the validation split.
        train_accuracy: share of right answers on the training split.
        validation_accuracy: share of right answers on the validation split.
        learning_rate: learning rate at the end of the epoch.
    """

    study: str
    number: int
    model: str
    state: str
    epochs: tuple[int, ...]
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    learning_rate: tuple[float, ...]

    @property
    def best(self) -> float:
        """Best validation accuracy of any epoch, -1 when none was measured."""
        return max((value for value in self.validation_accuracy if value == value), default=-1.0)


@dataclass(frozen=True)
class LearningCurves:
    """Trainings from the best to the worst; ``left_out`` of them are too many to show."""

    curves: tuple[LearningCurve, ...]
    left_out: int = 0


_MEASURES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "learning_rate")


def learning_curves(
    epochs: pd.DataFrame, trials: pd.DataFrame | None = None, limit: int = 60, points: int = 200
) -> LearningCurves:
    """Gather the epochs of each training.

    Args:
        epochs: an epochs frame.
        trials: the trials frame that tells their models.
        limit: trainings to keep: the best, the worst and an even selection between them.
        points: epochs to keep of each, the first and the last among them.
    """
    models = {} if trials is None else _models(trials)
    best = epochs.groupby("trial_id", sort=False)["validation_accuracy"].max().fillna(-1.0)
    ranked = best.sort_values(ascending=False, kind="stable").index
    kept = [int(ranked[index]) for index in evenly(len(ranked), limit)]
    rows = epochs[epochs["trial_id"].isin(kept)].sort_values("epoch", kind="stable").groupby("trial_id")
    curves = (_curve(rows.get_group(one), models.get(one, UNKNOWN_MODEL), points) for one in kept)
    return LearningCurves(tuple(curves), left_out=len(ranked) - len(kept))


def _models(trials: pd.DataFrame) -> dict[int, str]:
    return dict(zip(trials["trial_id"], with_models(trials)["model"], strict=True))


def _curve(rows: pd.DataFrame, model: str, points: int) -> LearningCurve:
    kept = rows.iloc[evenly(len(rows), points)]
    first = kept.iloc[0]
    return LearningCurve(
        study=str(first["study"]),
        number=int(first["number"]),
        model=model,
        state=str(first["state"]),
        epochs=tuple(int(epoch) for epoch in kept["epoch"]),
        **{name: tuple(kept[name].astype(float).tolist()) for name in _MEASURES},
    )
