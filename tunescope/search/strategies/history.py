"""What a sampler has learned from a study's trials, kept up to date at the cost of what is new."""

import copy
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

# Threads of one `optimize` loop share a sampler. One lock for all, because samplers must pickle.
_LOCK = threading.RLock()


class History:
    """Trials of one study, read as they come; subclasses say in :meth:`learn` what to keep of them.

    Reads past the brackets of Hyperband, whose trials all have something to tell.
    """

    def __init__(self, study: Study) -> None:
        self._storage = study._storage
        self._study_id = study._study_id
        self._seen = 0
        self._open: list[int] = []
        self.unfinished: list[FrozenTrial] = []

    @classmethod
    def of(cls, study: Study, before: Self | None) -> Self:
        """The history of a study: ``before``, brought up to date, or a new one for another study."""
        with _LOCK:
            known = before is not None and before._is_of(study)
            history = before if known and before is not None else cls(study)
            history._update()
        return history

    def learn(self, trial: FrozenTrial) -> None:
        """Take in a trial that has ended; each is given once."""

    def _is_of(self, study: Study) -> bool:
        return self._storage is study._storage and self._study_id == study._study_id

    def _update(self) -> None:
        """Storages give trials by their number, so a number is a place in the list."""
        trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
        waiting: list[int] = []
        for number in (*self._open, *range(self._seen, len(trials))):
            if trials[number].state.is_finished():
                self.learn(trials[number])
            else:
                waiting.append(number)
        self._open, self._seen = waiting, len(trials)
        self.unfinished = [trials[number] for number in waiting]


class Tried(History):
    """Knows every configuration that was tried; to look one up takes the same time among any number."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self._tried: dict[tuple[str, ...], set[tuple[Any, ...]]] = defaultdict(set)

    def learn(self, trial: FrozenTrial) -> None:
        """Enter what a trial tried, under the names that its branches have."""
        names = tuple(sorted(trial.params))
        self._tried[names].add(tuple(trial.params[name] for name in names))

    def has(self, point: Mapping[str, Any]) -> bool:
        """Whether a trial, ended or running, had these values, or those of them that its branches have."""
        own = (names for names in self._tried if names and point.keys() >= set(names))
        return any(tuple(point[name] for name in names) in self._tried[names] for names in own) or any(
            trial.params and trial.params.items() <= point.items() for trial in self.unfinished
        )


class StudyView:
    """A study of which a sampler sees only some trials."""

    def __init__(self, study: Study, trials: Sequence[FrozenTrial]) -> None:
        self._study, self._trials = study, trials

    def __getattr__(self, name: str) -> Any:
        """Whatever is not about trials is the study's own."""
        return getattr(self._study, name)

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Sequence[TrialState] | None = None,
        use_cache: bool = False,  # as Optuna's study has it
    ) -> list[FrozenTrial]:
        chosen = [trial for trial in self._trials if states is None or trial.state in states]
        return copy.deepcopy(chosen) if deepcopy else chosen

    def get_trials(
        self, deepcopy: bool = True, states: Sequence[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """These trials, in the order of their numbers."""
        return self._get_trials(deepcopy, states)
