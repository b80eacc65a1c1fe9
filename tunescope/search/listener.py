"""Who hears how a search goes on."""

from dataclasses import dataclass

from optuna.trial import TrialState

from tunescope.search.budget import Budget, Progress
from tunescope.search.space import Configuration


@dataclass(frozen=True)
class EndedTrial:
    """A trial that has just ended; ``note`` says why one has no result."""

    number: int
    configuration: Configuration
    state: TrialState
    accuracy: float | None
    seconds: float
    note: str = ""


class Listener:
    """Hears how a search goes on; the base hears nothing."""

    def trial_ended(self, trial: EndedTrial) -> None:
        """A trial has ended."""

    def progressed(self, progress: Progress, budget: Budget, running: int) -> None:
        """Some time has passed, or a trial has ended."""
