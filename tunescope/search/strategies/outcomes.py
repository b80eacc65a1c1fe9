"""How good trials are, whichever way a study's objectives are better, and whatever ended them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState


def signs(study: Study) -> np.ndarray:
    """1 for each objective that is maximized, -1 for each that is minimized."""
    return np.array([1.0 if one == StudyDirection.MAXIMIZE else -1.0 for one in study.directions])


@dataclass(frozen=True)
class Outcomes:
    """Values of trials, for models of them that must hear of trials without one.

    A model that does not hear of pruned and failed trials proposes them again. A pruned trial counts
    with its last report, but never as better than the median; one without a report, or a failed one,
    counts as the worst. ``median`` and ``worst`` have shape ``(objectives,)``, larger being better.
    """

    signs: np.ndarray
    median: np.ndarray
    worst: np.ndarray

    @classmethod
    def of(cls, study: Study, complete: Sequence[FrozenTrial]) -> "Outcomes":
        """What ``complete``, at least one trial, say about good and bad."""
        values = np.array([trial.values for trial in complete]) * signs(study)
        return cls(signs(study), np.median(values, axis=0), values.min(axis=0))

    def scores(self, trial: FrozenTrial) -> np.ndarray:
        """Shape ``(objectives,)``; larger is better."""
        if trial.state == TrialState.COMPLETE:
            complete: np.ndarray = np.array(trial.values, dtype=float) * self.signs
            return complete
        report = trial.intermediate_values.get(max(trial.intermediate_values, default=-1), math.nan)
        if trial.state != TrialState.PRUNED or len(self.signs) > 1 or not math.isfinite(report):
            return self.worst
        shown: np.ndarray = np.clip(report * self.signs, self.worst, self.median)
        return shown

    def values(self, trial: FrozenTrial) -> list[float]:
        """The scores in the directions that the study has."""
        values: list[float] = (self.scores(trial) * self.signs).tolist()
        return values


def ranks(study: Study, trials: Sequence[FrozenTrial]) -> list[float]:
    """From 0 for the worst to 1 for the best trial; trials that ended early are 0."""
    complete = [place for place, trial in enumerate(trials) if trial.state == TrialState.COMPLETE]
    found = [0.0] * len(trials)
    if complete:
        scores = np.array([trials[place].values for place in complete]) * signs(study)
        for number, position in enumerate(_worst_first(scores)):
            found[complete[position]] = (number + 1) / len(complete)
    return found


def _worst_first(scores: np.ndarray) -> Any:
    """Positions of scores; with several objectives the more others beat a trial, the worse it is."""
    if scores.shape[1] == 1:
        return np.argsort(scores[:, 0], kind="stable")
    beaten = [np.sum(np.all(scores >= one, axis=1) & np.any(scores > one, axis=1)) for one in scores]
    return np.argsort(-np.array(beaten), kind="stable")
