"""Which trial to recommend when scores are noisy: the best one that luck alone does not explain."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies.portfolio.model import Model

# With fewer trials a model knows no more than the trials themselves.
_ENOUGH = 10


def final_choice(trials: Sequence[FrozenTrial], direction: StudyDirection | str) -> int | None:
    """The number of the trial to recommend; ``None`` where none is complete.

    The best of many noisy scores is mostly a lucky one. Every configuration counts with the score that
    the Gaussian process expects of it, which weighs its own scores, all repetitions of it, against
    those of configurations like it; of the best configuration's trials the best one is recommended.
    With fewer than ten trials every configuration counts with its mean.

    Args:
        trials: of one study, in any state; values of one objective.
        direction: of the study, as Optuna names it (`maximize` or `minimize`, or the enumeration).
    """
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE and trial.values]
    if not complete:
        return None
    sign = 1.0 if direction in (StudyDirection.MAXIMIZE, "maximize") else -1.0
    scores = np.array([sign * trial.values[0] for trial in complete])
    expected = _expected(complete, scores)
    return complete[max(range(len(complete)), key=lambda place: (expected[place], scores[place]))].number


def _expected(complete: list[FrozenTrial], scores: np.ndarray) -> list[float]:
    if len(complete) >= _ENOUGH and np.ptp(scores[np.isfinite(scores)]) > 0:
        model = Model(complete, scores)
        if model.points.names:
            # Rounded, so that trials of one configuration are equal and the best of them is taken.
            return [round(float(mean), 9) for mean in model.beliefs[0]]
    groups: dict[frozenset[tuple[str, object]], list[float]] = defaultdict(list)
    for trial, score in zip(complete, scores, strict=True):
        groups[frozenset(trial.params.items())].append(float(score))
    means = {key: sum(one) / len(one) for key, one in groups.items()}
    return [means[frozenset(trial.params.items())] for trial in complete]
