"""When a study ends: trials, seconds, target accuracy or patience, whichever comes first."""

from dataclasses import dataclass, field

from tunescope.parameters import SearchParameters
from tunescope.search.objectives import Front, Merits

MAX_TRIALS = "max_trials reached"
MAX_SECONDS = "max_seconds used up"
TARGET = "target accuracy reached"
PATIENCE = "patience ran out"
EXHAUSTED = "every grid point tried"
HOPELESS = "20 trials in a row failed"
_HOPELESS_AFTER = 20


@dataclass
class Progress:
    """How far a study is, counted trial by trial. Seconds are of search, over all launches."""

    trials: int = 0
    seconds: float = 0.0
    best_accuracy: float = 0.0
    since_best: int = 0
    failed_in_a_row: int = 0
    front: Front = field(default_factory=Front)

    def count(self, merits: Merits | None, accuracy: float | None, failed: bool) -> None:
        """Take in a trial that has ended; ``merits`` and ``accuracy`` are ``None`` without a result."""
        self.trials += 1
        self.failed_in_a_row = self.failed_in_a_row + 1 if failed else 0
        self.best_accuracy = max(self.best_accuracy, accuracy or 0.0)
        improved = merits is not None and self.front.offer(merits)
        self.since_best = 0 if improved else self.since_best + 1


@dataclass(frozen=True)
class Budget:
    """What one study may use; ``None`` is no limit. Seconds are of search, over all launches."""

    max_trials: int | None = None
    max_seconds: float | None = None
    target_accuracy: float | None = None
    patience: int | None = None

    @classmethod
    def share(cls, parameters: SearchParameters, strategy: str) -> "Budget":
        """The equal share of one study of a run; trials that do not divide go to the first studies."""
        count, index = len(parameters.strategies), parameters.strategies.index(strategy)
        trials, seconds = parameters.max_trials, parameters.max_seconds
        return cls(
            max_trials=None if trials is None else trials // count + (index < trials % count),
            max_seconds=None if seconds is None else seconds / count,
            target_accuracy=parameters.target_accuracy,
            patience=parameters.patience,
        )

    def exhausted_by(self, progress: Progress) -> str | None:
        """The reason to end, or ``None`` to go on."""
        if self.target_accuracy is not None and progress.best_accuracy >= self.target_accuracy:
            return TARGET
        if self.max_trials is not None and progress.trials >= self.max_trials:
            return MAX_TRIALS
        if self.max_seconds is not None and progress.seconds >= self.max_seconds:
            return MAX_SECONDS
        if self.patience is not None and progress.since_best >= self.patience:
            return PATIENCE
        return HOPELESS if progress.failed_in_a_row >= _HOPELESS_AFTER else None
