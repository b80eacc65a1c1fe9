"""The trials of a study as this process knows them."""

import copy
from collections.abc import Container

from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class StudyCache:
    """Trials in the order of their ids, of which the finished ones stay as they are for ever.

    ``version`` is that of the database (:meth:`Database.version`) when the trials were read last;
    ``unsettled`` are the ids of those that are to be read again when it has changed, or the study is
    ``stale``: known to be another than here. ``witness`` is a finished trial, ``best`` the best one.
    """

    def __init__(self, directions: list[StudyDirection]) -> None:
        self.directions = directions
        self.version: int | None = None
        self.stale = False
        self.unsettled: set[int] = set()
        self.distributions: dict[str, BaseDistribution] = {}
        self.best: FrozenTrial | None = None
        self.witness: FrozenTrial | None = None
        self._trials: list[FrozenTrial] = []
        self._places: dict[int, int] = {}
        self._lent: set[int] = set()

    def __len__(self) -> int:
        return len(self._trials)

    def __contains__(self, trial_id: int) -> bool:
        return trial_id in self._places

    @property
    def ids(self) -> list[int]:
        """Every id, ascending."""
        return list(self._places)

    @property
    def last_id(self) -> int:
        """The greatest id: new trials have greater ones."""
        return self._trials[-1]._trial_id if self._trials else -1

    def state(self, trial_id: int) -> TrialState | None:
        """The state of a trial, ``None`` for one that is unknown."""
        place = self._places.get(trial_id)
        return None if place is None else self._trials[place].state

    def put(self, trial: FrozenTrial, settled: bool) -> None:
        """Take a trial in; one that is ``settled`` is finished, and complete as it is here."""
        place = self._places.setdefault(trial._trial_id, len(self._trials))
        self._trials[place : place + 1] = [trial]
        self._lent.discard(trial._trial_id)
        for name, distribution in trial.distributions.items():
            self.distributions.setdefault(name, distribution)
        if settled:
            self.unsettled.discard(trial._trial_id)
            self.witness = self.witness or trial
        else:
            self.unsettled.add(trial._trial_id)
        if trial.state == TrialState.COMPLETE and self._is_best(trial):
            self.best = trial

    def lend(self, trial_id: int) -> FrozenTrial:
        """A trial to give away: it will not change any more.

        Raises:
            KeyError: when the study has no such trial.
        """
        trial = self._trials[self._places[trial_id]]
        if not trial.state.is_finished():
            self._lent.add(trial_id)
        return trial

    def lend_all(self, states: Container[TrialState] | None) -> list[FrozenTrial]:
        """The trials in the given states to give away, in the order of their ids."""
        if states is None:
            trials = list(self._trials)
        elif any(state in states for state in _FINISHED):
            trials = [trial for trial in self._trials if trial.state in states]
        else:
            open_trials = (self._trials[self._places[trial_id]] for trial_id in sorted(self.unsettled))
            trials = [trial for trial in open_trials if trial.state in states]
        self._lent |= self.unsettled
        return trials

    def draft(self, trial_id: int) -> FrozenTrial:
        """A trial to change: a copy of it where it has been given away.

        Raises:
            KeyError: when the study has no such trial.
        """
        place = self._places[trial_id]
        if trial_id in self._lent:
            self._trials[place] = _own_copy(self._trials[place])
            self._lent.discard(trial_id)
        return self._trials[place]

    def numbered(self, number: int) -> FrozenTrial:
        """The trial with a number.

        Raises:
            KeyError: when the study has no such trial.
        """
        if not 0 <= number < len(self._trials):
            raise KeyError(f"There is no trial {number}: the study has {len(self._trials)}")
        return self._trials[number]

    def _is_best(self, trial: FrozenTrial) -> bool:
        if len(self.directions) > 1 or not trial.values:
            return False
        if self.best is None:
            return True
        value, best = trial.values[0], self.best.values[0]
        better = value > best if self.directions[0] == StudyDirection.MAXIMIZE else value < best
        return better or (value == best and trial.number < self.best.number)


def _own_copy(trial: FrozenTrial) -> FrozenTrial:
    copied = copy.copy(trial)
    copied.params = dict(trial.params)
    copied.distributions = dict(trial.distributions)
    copied.user_attrs = dict(trial.user_attrs)
    copied.system_attrs = dict(trial.system_attrs)
    copied.intermediate_values = dict(trial.intermediate_values)
    return copied
