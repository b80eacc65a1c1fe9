"""One study: ask the strategy, give configurations to workers, write what comes back, end in time."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from tunescope.errors import RunError
from tunescope.execution import (
    Assignment,
    EpochEnded,
    StepScored,
    TrialEnded,
    TrialFailed,
    TrialMessage,
    Workers,
)
from tunescope.parameters import DIRECTIONS, SearchParameters
from tunescope.search.budget import EXHAUSTED, TARGET, Progress
from tunescope.search.kept import KeptModels, delete_model
from tunescope.search.listener import EndedTrial, Listener
from tunescope.search.objectives import merits, standing
from tunescope.search.orders import obey
from tunescope.search.space import MODEL, Configuration
from tunescope.search.strategies import STRATEGIES
from tunescope.search.study import StudyPlan, open_study
from tunescope.search.summary import ranked, summarize
from tunescope.store import Store, commands, frames, runs
from tunescope.store import trials as trial_rows
from tunescope.store.full_disk import full_disk_sentence, tells_of_full_disk
from tunescope.store.schema import REPEATS, STOPPED_BY_COMMAND

# Between two looks at the commands and at other studies: with the grace of the workers, a target that one
# worker reaches has stopped every other within two seconds.
_UPKEEP_SECONDS = 0.25
_POLL_SECONDS = 0.1
_RETRY_OF = "retry_of"
CHECKPOINT = "unfinished.pt"
_QUEUED = "fixed_params"  # where Optuna keeps the parameters of an enqueued trial
_NEVER = datetime.min

logger = logging.getLogger(__name__)


def search_study(
    store: Store, plan: StudyPlan, workers: Workers, listener: Listener | None = None
) -> dict[str, Any]:
    """Run a study to its end, from wherever an earlier launch left it.

    Returns:
        The summary that :func:`tunescope.search.summary.summarize` makes.

    Raises:
        RunError: when an earlier launch searched another space.
        SourceError: when the prepared data are removed meanwhile.
        RunError: when a worker meets a full disk.
    """
    study = open_study(store, plan)
    if trial_rows.study_record(store, study._study_id)["stopped_because"] is None:
        StudySearch(store, plan, study, workers, listener or Listener()).run()
    return summarize(store, study._study_id, plan.name)


@dataclass
class Running:
    """A trial that a worker trains, and why it was asked to stop, if it was."""

    trial: Trial
    configuration: Configuration
    begun: float
    stopped_because: str | None = None
    pruned: bool = False
    last_epoch: EpochEnded | None = None

    @property
    def training(self) -> dict[str, Any]:
        """How far the training came, as columns of the trial table; empty for a shallow model."""
        if self.last_epoch is None:
            return {}
        return {
            "epochs": self.last_epoch.epoch,
            "train_accuracy": self.last_epoch.values["train_accuracy"],
        }


class StudySearch:
    """One launch of a study; what must outlive it is in the store."""

    def __init__(
        self, store: Store, plan: StudyPlan, study: optuna.Study, workers: Workers, listener: Listener
    ) -> None:
        self.store, self.plan, self.study = store, plan, study
        self.workers, self.listener = workers, listener
        self.running: dict[int, Running] = {}
        self.progress = Progress()
        self.kept = KeptModels(is_repeating=STRATEGIES[plan.strategy].repeats)
        self.seconds_before = trial_rows.study_record(store, study._study_id)["seconds"]
        self.begun = time.monotonic()
        self.next_upkeep = self.looked = self.begun
        self.is_paused = runs.is_paused(store, plan.run_id)
        self.ended_because: str | None = None
        # Whether no trial begins any more, and the search ends with those in training.
        self.is_ending = False

    def run(self) -> None:
        self._take_stock()
        self._enqueue_starts()
        while (reason := self._reason_to_end()) is None:
            self._assign()
            self._listen()
        self._end(reason)

    def _take_stock(self) -> None:
        """Count what earlier launches have done, and fail what a dead one left running."""
        trials = self.study.get_trials(deepcopy=False)
        retried = {trial.user_attrs.get(_RETRY_OF) for trial in trials}
        before = ranked(frames.trials_frame(self.store, study=self.plan.name), self.plan.objective)
        accuracies = dict(zip(before["number"], before["validation_accuracy"], strict=True))
        for row in before.to_dict("records"):
            self._keep(row["values"], row["log_loss"], row["seconds"], Path(row["folder"]))
        for trial in sorted(trials, key=lambda one: one.datetime_complete or one.datetime_start or _NEVER):
            # A launch that dies between asking and suggesting leaves a trial that tried nothing.
            counts = bool(_configuration(trial))
            if trial.state == TrialState.RUNNING:
                trial_rows.enter_outcome(self.store, trial._trial_id, reason="interrupted: its run ended")
                self.study.tell(trial.number, state=TrialState.FAIL)
                if not self._try_again(trial) and counts:
                    self.progress.count(None, None, failed=True)
            elif trial.state.is_finished() and trial.number not in retried and counts:
                values = trial.values if trial.state == TrialState.COMPLETE else None
                accuracy = accuracies.get(trial.number)
                self._count(values, accuracy, trial.state == TrialState.FAIL)

    def _enqueue_starts(self) -> None:
        """Queue what is to be tried first, every model's default last; what is there already stays single."""
        first = (*self.plan.search.seed_trials, *self.plan.starts, *self.plan.space.defaults())
        for configuration in first:
            self.study.enqueue_trial(configuration, skip_if_exists=True)

    def _reason_to_end(self) -> str | None:
        """Why to end now, or ``None``; also signs, obeys commands and tells the listener."""
        self._count_seconds()
        self.listener.progressed(self.progress, self.plan.budget, len(self.running))
        reason = self._upkeep() or self.plan.budget.exhausted_by(self.progress)
        if reason is None and self.is_ending and not self.running:
            return STOPPED_BY_COMMAND
        if reason is None and not self.running and not self.is_paused and self._is_exhausted():
            return EXHAUSTED
        return reason

    def _count_seconds(self) -> None:
        """Seconds of search so far; a pause in which nothing is trained is none."""
        moment = time.monotonic()
        if self.is_paused and not self.running:
            self.begun += moment - self.looked
        self.looked = moment
        self.progress.seconds = self.seconds_before + moment - self.begun

    def _upkeep(self) -> str | None:
        if time.monotonic() < self.next_upkeep:
            return None
        self.next_upkeep = time.monotonic() + _UPKEEP_SECONDS
        trial_rows.update_study(self.store, self.study._study_id, seconds=self.progress.seconds)
        for command in commands.pending(self.store, self.plan.run_id):
            answer = obey(self, command)
            logger.info("%s: %s", command.name, answer)
            commands.acknowledge(self.store, command, answer)
        return self.ended_because or self._end_of_run()

    def change(self, search: SearchParameters) -> None:
        """Go on by another budget."""
        self.plan = replace(self.plan, search=search)

    def _end_of_run(self) -> str | None:
        """Why the whole run is over, when another study of it has ended it."""
        if trial_rows.was_stopped(self.store, self.plan.run_id):
            return STOPPED_BY_COMMAND
        target, best = (
            self.plan.budget.target_accuracy,
            trial_rows.best_accuracy(self.store, self.plan.run_id),
        )
        return TARGET if target is not None and best is not None and best >= target else None

    def _assign(self) -> None:
        while self.workers.idle and self._may_begin() and not self._is_exhausted():
            self.workers.require_data()
            trial = self.study.ask()
            configuration = self.plan.space.suggest(trial)
            if (first := self._attributes(trial).get(REPEATS)) is not None:
                self.kept.pin(self._folder(first))
                self.kept.pin(self._folder(trial.number))
            assignment = self._assignment(trial, configuration)
            self.running[trial._trial_id] = Running(trial, configuration, time.monotonic())
            trial_rows.enter_trial(
                self.store,
                trial._trial_id,
                worker=self.workers.assign(assignment),
                seed=assignment.seed,
                folder=str(assignment.folder),
            )

    def _attributes(self, trial: Trial) -> dict[str, Any]:
        """What strategies note with a trial; Optuna shows it of finished trials only."""
        return self.study._storage.get_trial_system_attrs(trial._trial_id)

    def _may_begin(self) -> bool:
        limit = self.plan.budget.max_trials
        if self.is_paused or self.is_ending:
            return False
        return limit is None or self.progress.trials + len(self.running) < limit

    def _is_exhausted(self) -> bool:
        """Whether a grid has no point left; enqueued trials still run first."""
        is_exhausted = getattr(self.study.sampler, "is_exhausted", None)
        if is_exhausted is None or not is_exhausted(self.study):
            return False
        return not self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))

    def _assignment(self, trial: Trial, configuration: Configuration) -> Assignment:
        model = configuration[MODEL]
        own = {
            name.removeprefix(f"{model}."): value
            for name, value in configuration.items()
            if name.startswith(f"{model}.")
        }
        # Tried again, a configuration draws what it drew before, and goes on where its training was cut off.
        first = _first_try(trial)
        return Assignment(
            trial_id=trial._trial_id,
            model=model,
            hyperparameters=own,
            seed=_mixed(self.plan.search.seed, first),
            folder=self._folder(trial.number),
            checkpoint=self._folder(first) / CHECKPOINT,
        )

    def _folder(self, number: int) -> Path:
        return (self.plan.folder / self.plan.name / str(number)).resolve()

    def _listen(self) -> None:
        for message in self.workers.messages(_POLL_SECONDS):
            self._take(message)

    def _take(self, message: TrialMessage) -> None:
        if isinstance(message, EpochEnded):
            self._epoch(message)
        elif isinstance(message, StepScored):
            self._report(message.trial_id, message.step, message.scores)
        elif isinstance(message, TrialEnded):
            self._complete(message)
        else:
            self._fail(message)

    def _epoch(self, message: EpochEnded) -> None:
        running = self.running[message.trial_id]
        running.last_epoch = message
        trial_rows.enter_epoch(self.store, message.trial_id, epoch=message.epoch, **message.values)
        if self.plan.search.folds is None and self.plan.search.fidelity == "epochs":
            seen = {"accuracy": "validation_accuracy", "log_loss": "validation_loss"}
            scores = {score: message.values[column] for score, column in seen.items()}
            self._report(message.trial_id, message.epoch, scores)

    def _report(self, trial_id: int, step: int, scores: Mapping[str, float]) -> None:
        """Show the pruner how a trial stands, and end one that it gives up."""
        if len(self.plan.objective) > 1:
            return  # Optuna's pruners compare one score
        running = self.running[trial_id]
        objective = self.plan.objective[0]
        if objective not in scores and DIRECTIONS[objective] == "minimize":
            return  # neither is accuracy in the way of latency or size
        running.trial.report(scores.get(objective, scores["accuracy"]), step)
        if running.stopped_because is None and running.trial.should_prune():
            self.prune(running, f"pruned: behind the others after {self._step_in_words(step)}")

    def _step_in_words(self, step: int) -> str:
        if self.plan.search.folds is not None:
            return f"fold {step}"
        return f"epoch {step}" if self.plan.search.fidelity == "epochs" else f"{step}/9 of the images"

    def _complete(self, message: TrialEnded) -> None:
        running = self.running.pop(message.trial_id)
        columns = {**message.columns, **running.training, "reason": running.stopped_because}
        trial_rows.enter_outcome(self.store, message.trial_id, message.phases, **columns)
        if running.pruned:
            self._discard(running)
            return
        values = [message.scores[name] for name in self.plan.objective]
        accuracy = message.scores["accuracy"]
        self.study.tell(running.trial, values)
        self._count(values, accuracy, failed=False)
        self._announce(running, TrialState.COMPLETE, accuracy, running.stopped_because or "")
        loss, seconds = message.scores["log_loss"], message.columns["seconds"]
        self._keep(values, loss, seconds, self._folder(running.trial.number))

    def _count(self, values: Sequence[float] | None, accuracy: float | None, failed: bool) -> None:
        self.progress.count(merits(values, self.plan.objective) if values else None, accuracy, failed)

    def _keep(self, values: Sequence[float], log_loss: float, seconds: float, folder: Path) -> None:
        self.kept.offer(standing(values, log_loss, seconds, self.plan.objective), folder)

    def _discard(self, running: Running) -> None:
        """End a pruned trial: what it had learned is not for the comparison."""
        self.study.tell(running.trial, state=TrialState.PRUNED)
        self.progress.count(None, None, failed=False)
        self._announce(running, TrialState.PRUNED, None, running.stopped_because or "")
        delete_model(self._folder(running.trial.number))

    def _fail(self, message: TrialFailed) -> None:
        self.workers.require_data()
        if tells_of_full_disk(message.reason):
            # Every other trial would fail for it, too. This one is tried again by the next launch.
            raise RunError(full_disk_sentence(self.plan.run_id, str(self.plan.folder)))
        running = self.running.pop(message.trial_id)
        stopped = message.kind == "stopped"
        reason = running.stopped_because or message.reason
        state = TrialState.PRUNED if stopped else TrialState.FAIL
        seconds = time.monotonic() - running.begun
        trial_rows.enter_outcome(
            self.store, message.trial_id, reason=reason, seconds=seconds, **running.training
        )
        self.study.tell(running.trial, state=state)
        frozen = self.study._storage.get_trial(message.trial_id)
        if message.kind == "lost" and self._try_again(frozen):
            reason += "; it is tried again"
        else:
            self.progress.count(None, None, failed=not stopped)
            delete_model(self._folder(_first_try(running.trial)))
        self._announce(running, state, None, reason)

    def _try_again(self, trial: FrozenTrial) -> bool:
        """Queue the configuration of a lost trial once more; a second loss stays a failure."""
        configuration = _configuration(trial)
        if not configuration or _RETRY_OF in trial.user_attrs:
            return False
        self.study.enqueue_trial(configuration, user_attrs={_RETRY_OF: trial.number})
        return True

    def prune(self, running: Running, reason: str) -> None:
        """End a trial whose result is not worth waiting for."""
        running.pruned = True
        self._stop(running, reason)

    def _stop(self, running: Running, reason: str) -> None:
        running.stopped_because = reason
        self.workers.stop(running.trial._trial_id)

    def _announce(self, running: Running, state: TrialState, accuracy: float | None, note: str = "") -> None:
        seconds = time.monotonic() - running.begun
        self.listener.trial_ended(
            EndedTrial(running.trial.number, running.configuration, state, accuracy, seconds, note)
        )

    def _end(self, reason: str) -> None:
        """Stop what still runs, then enter why the study is over."""
        for running in self.running.values():
            if running.stopped_because is None:
                self._stop(running, reason)
        while self.running:
            self._listen()
        self._count_seconds()
        trial_rows.update_study(
            self.store, self.study._study_id, seconds=self.progress.seconds, stopped_because=reason
        )


def _configuration(trial: FrozenTrial) -> dict[str, Any]:
    """What a trial tried, or was queued to try when it was lost before a single parameter was suggested."""
    return {**trial.system_attrs.get(_QUEUED, {}), **trial.params}


def _first_try(trial: Trial) -> int:
    """The number of the trial that this one tries again, or its own."""
    number: int = trial.user_attrs.get(_RETRY_OF, trial.number)
    return number


def _mixed(seed: int, number: int) -> int:
    """A seed of its own for each trial of a study, the same in every study of a run."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1)
