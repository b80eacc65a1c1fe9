"""How long a search still takes, from its budget and what its trials took so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Limit = Literal["trials", "seconds"]


@dataclass(frozen=True)
class StudyProgress:
    """One study of a run: what it may use (``None`` is no limit), and what it has used.

    Attributes:
        max_trials, max_seconds: its share of the budget.
        trials: how many have ended.
        seconds: of search so far.
        has_ended: whether it begins no more trials.
    """

    max_trials: int | None
    max_seconds: float | None
    trials: int = 0
    seconds: float = 0.0
    has_ended: bool = False


@dataclass(frozen=True)
class Remaining:
    """What is left of a search whose studies run one after another.

    Attributes:
        seconds: until the last study ends, None where nothing tells.
        limits: which limits end the studies that are left.
        trial_seconds: of search for each trial that ended, None before the first.
        measured: how many trials that is taken from.
        studies: how many studies have not ended.
    """

    seconds: float | None
    limits: frozenset[Limit]
    trial_seconds: float | None
    measured: int
    studies: int


def remaining(studies: Sequence[StudyProgress]) -> Remaining:
    """Estimate what is left: each study ends by its trials or its seconds, whichever comes first.

    Trials are taken to go on at the pace of all so far, with as many workers. Nothing is known of when a
    target accuracy or patience ends a study, so that a search with these may be over sooner.
    """
    trials, seconds = sum(one.trials for one in studies), sum(one.seconds for one in studies)
    pace = seconds / trials if trials and seconds > 0 else None
    left = [_left(one, pace) for one in studies if not one.has_ended]
    known = [one for one in left if one is not None]
    return Remaining(
        seconds=sum(amount for amount, _ in known) if len(known) == len(left) else None,
        limits=frozenset(limit for _, limit in known),
        trial_seconds=pace,
        measured=trials,
        studies=len(left),
    )


def _left(study: StudyProgress, pace: float | None) -> tuple[float, Limit] | None:
    """Seconds that one study still takes, and what ends it; None where nothing tells."""
    by_limit: list[tuple[float, Limit]] = []
    if study.max_trials is not None and pace is not None:
        by_limit.append((max(0, study.max_trials - study.trials) * pace, "trials"))
    if study.max_seconds is not None:
        by_limit.append((max(0.0, study.max_seconds - study.seconds), "seconds"))
    return min(by_limit, default=None)
