"""What a study optimizes: values of its objectives, and when one trial is better than another.

Objectives have directions; *merits* are their values turned so that more is always better.
"""

from collections.abc import Sequence
from typing import Any

from tunescope.parameters import DIRECTIONS, Direction

Merits = tuple[float, ...]
# Merits, or anything else in their place that can be compared and of which more is better.
Standing = tuple[Any, ...]
Rank = tuple[float, float, float]


def directions(objective: Sequence[str]) -> list[Direction]:
    """`maximize` or `minimize` for each objective, as Optuna writes them."""
    return [DIRECTIONS[name] for name in objective]


def merits(values: Sequence[float], objective: Sequence[str]) -> Merits:
    """Values of a trial, one an objective, turned so that more is better."""
    return tuple(
        value if DIRECTIONS[name] == "maximize" else -value
        for value, name in zip(values, objective, strict=True)
    )


def dominates(one: Standing, other: Standing) -> bool:
    """Whether one trial is nowhere worse than another, and somewhere better (Pareto)."""
    return one != other and all(mine >= theirs for mine, theirs in zip(one, other, strict=True))


def standing(
    values: Sequence[float], log_loss: float | None, seconds: float, objective: Sequence[str]
) -> Standing:
    """How a trial stands among others: by all its objectives, or by its rank where there is but one."""
    if len(objective) > 1:
        return merits(values, objective)
    return (tuple(-part for part in rank(values[0], log_loss, seconds, objective)),)


def rank(value: float, log_loss: float | None, seconds: float, objective: Sequence[str]) -> Rank:
    """A key that sorts complete trials, best first: by the (first) objective; then by log loss, then by time.

    Small validation splits make ties common, and log loss still tells a sure model from a lucky one.
    """
    (merit,) = merits([value], objective[:1])
    return (-merit, float("inf") if log_loss is None or log_loss != log_loss else log_loss, seconds)


class Front:
    """The trials that no other dominates; with one objective, the best value alone."""

    def __init__(self) -> None:
        self._merits: list[Merits] = []

    def offer(self, merits: Merits) -> bool:
        """Take in a trial; whether it comes onto the front as something new."""
        if any(one == merits or dominates(one, merits) for one in self._merits):
            return False
        self._merits = [one for one in self._merits if not dominates(merits, one)]
        self._merits.append(merits)
        return True
