"""Range tests of learning rates, as they are kept beside a report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RangeCurve:
    """A short training whose rate rose from step to step; one value a step in each tuple.

    Attributes:
        model: what was trained.
        optimizer: with what.
        rates: learning rates.
        losses: the loss on the batch of the step.
        smoothed: the same without most of its noise.
        k0: proposed lower bound of the rate; None when there is none.
        k1: proposed higher bound; None likewise.
        note: what is doubtful about the proposal, in a sentence.
    """

    model: str
    optimizer: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    k0: float | None
    k1: float | None
    note: str | None = None

    @property
    def highest_of_interest(self) -> float:
        """The loss up to which a picture shows the curve: an explosion would leave no room for the rest."""
        lowest = self.smoothed.index(min(self.smoothed))
        return max(self.smoothed[: lowest + 1])


def range_curves(tests: Iterable[Mapping[str, Any]]) -> tuple[RangeCurve, ...]:
    """Read what ``range_test.json`` holds: a mapping with the fields of a curve for each model."""
    return tuple(RangeCurve(**{name: _frozen(value) for name, value in one.items()}) for one in tests)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
