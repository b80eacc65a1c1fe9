"""Which learning-rate policies did well: by accuracy, and by time among trials that are accurate enough."""

import math
from dataclasses import dataclass

import pandas as pd

from tunescope.analysis.selection import thinned

# A trial is accurate enough, where nobody says when, within so much of the best.
USUAL_DISTANCE = 0.05


@dataclass(frozen=True)
class PolicyTrial:
    """One complete trial of a deep model: its policy, validation accuracy, and seconds of training."""

    trial_id: int
    study: str
    number: int
    model: str
    policy: str
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class PolicyResult:
    """The trials of one policy.

    Attributes:
        policy: its name.
        trials: how many.
        median: of their accuracies.
        best: the most accurate; of equal ones the fastest.
        reached: how many are at least as accurate as the threshold.
        fastest: the fastest of these, None without one.
    """

    policy: str
    trials: int
    median: float
    best: PolicyTrial
    reached: int
    fastest: PolicyTrial | None


@dataclass(frozen=True)
class PolicyRanking:
    """Policies ranked as LRBench does (Wu and others, IEEE BigData 2019).

    Attributes:
        threshold: accuracy from which on time counts.
        by_accuracy: every policy, the one with the best trial first.
        by_time: those that reached the threshold, the one with the fastest such trial first.
        trials: every trial, or an even selection with the best and fastest ones.
        left_out: trials that are too many to show.
    """

    threshold: float
    by_accuracy: tuple[PolicyResult, ...]
    by_time: tuple[PolicyResult, ...]
    trials: tuple[PolicyTrial, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Schedule:
    """How a rate moves over a training.

    Attributes:
        policy: its name.
        shares: of the training, 0 to 1.
        rates: as shares of the highest rate, one for each.
        source: where its shape is from, in words.
    """

    policy: str
    shares: tuple[float, ...]
    rates: tuple[float, ...]
    source: str


@dataclass(frozen=True)
class Schedules:
    """Several of them."""

    lines: tuple[Schedule, ...]


def rank_policies(trials: pd.DataFrame, threshold: float | None = None, limit: int = 500) -> PolicyRanking:
    """Rank policies by their best trial, and by their fastest trial that reaches a threshold.

    Args:
        trials: complete trials with trial_id, study, number, model, policy, validation_accuracy and seconds.
        threshold: accuracy, 0 to 1; by itself five points below the best, in whole points.
        limit: trials to keep.
    """
    rows = trials.sort_values(["validation_accuracy", "seconds"], ascending=[False, True], kind="stable")
    rows = rows.reset_index(drop=True)
    if threshold is None:
        best = float(rows["validation_accuracy"].iloc[0]) if len(rows) else 0.0
        # A hair more, or 0.95 less 0.05 would be rounded down to 0.89.
        threshold = max(0.0, math.floor(100 * (best - USUAL_DISTANCE) + 1e-6) / 100)
    results = [_result(str(name), group, threshold) for name, group in rows.groupby("policy", sort=False)]
    fast = sorted(filter(_has_reached, results), key=lambda one: one.fastest.seconds if one.fastest else 0)
    notable = {one.trial_id for result in results for one in (result.best, result.fastest) if one}
    kept = thinned(len(rows), limit, rows.index[rows["trial_id"].isin(notable)])
    return PolicyRanking(
        threshold, tuple(results), tuple(fast), tuple(_trials(rows.iloc[kept])), len(rows) - len(kept)
    )


def _result(policy: str, rows: pd.DataFrame, threshold: float) -> PolicyResult:
    enough = rows[rows["validation_accuracy"] >= threshold]
    quickest = enough.sort_values("seconds", kind="stable").head(1)
    return PolicyResult(
        policy=policy,
        trials=len(rows),
        median=float(rows["validation_accuracy"].median()),
        best=_trials(rows.head(1))[0],
        reached=len(enough),
        fastest=next(iter(_trials(quickest)), None),
    )


def _has_reached(one: PolicyResult) -> bool:
    return one.fastest is not None


def _trials(rows: pd.DataFrame) -> list[PolicyTrial]:
    return [
        PolicyTrial(
            int(row["trial_id"]),
            str(row["study"]),
            int(row["number"]),
            str(row["model"]),
            str(row["policy"]),
            float(row["validation_accuracy"]),
            float(row["seconds"]),
        )
        for row in rows.to_dict("records")
    ]
