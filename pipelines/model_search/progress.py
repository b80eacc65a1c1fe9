"""What a search shows in the terminal: a bar for each study, and a line for each finished trial."""

import logging
from types import TracebackType

import rich
from optuna.trial import TrialState
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tunescope.search import Budget, Listener, StudyPlan
from tunescope.search.budget import Progress as StudyProgress
from tunescope.search.listener import EndedTrial
from tunescope.search.space import MODEL

logger = logging.getLogger("tunescope.search")


class TerminalProgress(Listener):
    """Draws a bar on a terminal; elsewhere only the lines are logged."""

    def __init__(self, plan: StudyPlan) -> None:
        self._plan = plan
        console = rich.get_console()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task(plan.strategy, total=1.0, detail="")

    def __enter__(self) -> "TerminalProgress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def trial_ended(self, trial: EndedTrial) -> None:
        """Log one line: study, number, model, what came of it, how long it took."""
        accuracy = "" if trial.accuracy is None else f"accuracy {trial.accuracy:.3f}"
        outcome = ", ".join(part for part in (accuracy, trial.note) if part)
        logger.log(
            logging.WARNING if trial.state == TrialState.FAIL else logging.INFO,
            "%s trial %d: %s, %s, %.1f s",
            self._plan.strategy,
            trial.number,
            trial.configuration[MODEL],
            outcome,
            trial.seconds,
        )

    def progressed(self, progress: StudyProgress, budget: Budget, running: int) -> None:
        """Move the bar to the share of the budget that is used, by whichever limit is nearest."""
        shares = [
            progress.trials / budget.max_trials if budget.max_trials else 0.0,
            progress.seconds / budget.max_seconds if budget.max_seconds else 0.0,
        ]
        detail = f"{progress.trials} trials, best {progress.best_accuracy:.3f}, {running} running"
        self._bar.update(self._task, completed=min(max(shares), 1.0), detail=detail)
