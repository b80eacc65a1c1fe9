"""Grid search over a conditional space: any size, safe with parallel workers and processes, resumable.

No list of points is ever made: a point is an index, and the shuffled order is a permutation that is
computed an index at a time, so that a grid of a billion points begins as fast as one of ten.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

from optuna.distributions import BaseDistribution
from optuna.exceptions import TrialPruned
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.errors import ParameterError
from tunescope.search.strategies.draws import fresh_seed
from tunescope.search.strategies.history import History

if TYPE_CHECKING:
    from tunescope.search.space import Configuration, Space

_CLAIM = "tunescope:grid_index"
_QUEUED = "fixed_params"  # where Optuna keeps the parameters of an enqueued trial
_ROUNDS = 4
_MAX_WAIT_SECONDS = 0.05


class Shuffle:
    """A permutation of ``range(size)`` that needs no memory.

    A Feistel network permutes the next power of four, and walking along its cycles skips what lies
    beyond the size (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002): fewer than four
    steps an index on average.
    """

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, seed
        self._half = max(1, ((size - 1).bit_length() + 1) // 2)

    def __getitem__(self, place: int) -> int:
        """The index at a place of the shuffled order."""
        index = self._permuted(place)
        while index >= self._size:
            index = self._permuted(index)
        return index

    def _permuted(self, index: int) -> int:
        mask = (1 << self._half) - 1
        left, right = index >> self._half, index & mask
        for number in range(_ROUNDS):
            left, right = right, left ^ (self._hash(number, right) & mask)
        return left << self._half | right

    def _hash(self, number: int, half: int) -> int:
        text = f"{self._seed}:{number}:{half}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


class _Taken(History):
    """Which points are taken, whatever became of their trials.

    A point whose trial failed is not tried again: the retry of a lost trial is the search's business.
    """

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.place = 0  # all before it in the order are taken for good
        self._indices: set[int] = set()
        self._params: set[frozenset[tuple[str, Any]]] = set()

    def learn(self, trial: FrozenTrial) -> None:
        claims = _claims(trial)
        self._indices |= claims
        if not claims:
            self._params.add(_frozen(_configuration(trial)))

    def finally_has(self, index: int, space: "Space") -> bool:
        """Whether a trial that has ended had a point."""
        if index in self._indices or not self._params:
            return index in self._indices
        return _frozen(space.grid_point(index)) in self._params

    def has(self, index: int, space: "Space", but: int) -> bool:
        """Whether another trial than number ``but`` has a point, has begun it, or is queued with it."""
        others = [trial for trial in self.unfinished if trial.number != but]
        if self.finally_has(index, space) or any(index in _claims(trial) for trial in others):
            return True
        queued = [_configuration(trial) for trial in others if not _claims(trial)]
        return bool(queued) and space.grid_point(index) in queued


class GridSampler(BaseSampler):
    """Every point of a grid once.

    The shuffled order is fixed by the seed, so that a search which ends early has seen all corners of
    the grid. Which points are taken is read from the study: a point counts as taken when a trial has
    claimed it, or has its very parameters (an enqueued default, say). A trial that finds all points
    taken is pruned when it asks for its first hyperparameter.
    """

    def __init__(
        self, space: "Space", seed: int | None = None, order: Literal["shuffled", "given"] = "shuffled"
    ) -> None:
        self._space = space
        self._grid: dict[str, tuple[Any, ...]] = {one.name: one.grid for one in space.hyperparameters}
        seed = fresh_seed() if seed is None else seed
        self._order = Shuffle(space.grid_size, seed) if order == "shuffled" else range(space.grid_size)
        self._taken: _Taken | None = None

    def is_exhausted(self, study: Study) -> bool:
        """Whether every point has been taken."""
        self._taken = _Taken.of(study, self._taken)
        return next(self._free(self._taken, but=-1), None) is None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Claim the next free point, unless the trial is enqueued with parameters of its own.

        Two trials can never both keep a point. Each writes its claim before it reads all others, and
        the storage shows what was committed before: whoever's claim was written second sees the first
        one's, and yields. When both see each other both yield, the point is free again, and whoever
        comes next takes it: at the end of the grid these are the two themselves, after waiting for
        times that chance makes different.
        """
        if _QUEUED in trial.system_attrs:
            return
        passed: set[int] = set()
        wait = 0.001
        while (index := self._next(study, trial, passed)) is not None or passed:
            self._claim(study, trial, index)
            if index is None:
                time.sleep(random.random() * wait)
                wait = min(2 * wait, _MAX_WAIT_SECONDS)
                passed.clear()
            elif self._is_alone(study, trial, index):
                return
            else:
                passed.add(index)
        self._claim(study, trial, None)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """End an ``optimize`` loop with the last point."""
        if study._thread_local.in_optimize_loop and self.is_exhausted(study):
            study.stop()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is sampled relatively: a point is looked up a hyperparameter at a time."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing, as :meth:`infer_relative_search_space` says."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Look a hyperparameter up in the trial's grid point.

        Raises:
            ParameterError: when the grid does not have it, which means that the space was changed.
            optuna.TrialPruned: when the trial found every point taken.
        """
        if param_name not in self._grid:
            raise ParameterError(f"`{param_name}` is not in the grid: declare it in the space of the search")
        attributes = study._storage.get_trial_system_attrs(trial._trial_id)
        if _QUEUED not in attributes and attributes.get(_CLAIM) is None:
            raise TrialPruned("Every point of the grid is taken")
        point = {} if attributes.get(_CLAIM) is None else self._space.grid_point(attributes[_CLAIM])
        # An enqueued configuration that leaves a hyperparameter out takes the first of its values.
        return point.get(param_name, self._grid[param_name][0])

    def _next(self, study: Study, trial: FrozenTrial, passed: set[int]) -> int | None:
        self._taken = _Taken.of(study, self._taken)
        free = self._free(self._taken, but=trial.number)
        return next((index for index in free if index not in passed), None)

    def _free(self, taken: _Taken, but: int) -> Iterator[int]:
        """Free points in order; begins where all before are taken for good."""
        for place in range(taken.place, self._space.grid_size):
            index = self._order[place]
            if place == taken.place and taken.finally_has(index, self._space):
                taken.place += 1
            elif not taken.has(index, self._space, but):
                yield index

    def _claim(self, study: Study, trial: FrozenTrial, index: int | None) -> None:
        study._storage.set_trial_system_attr(trial._trial_id, _CLAIM, index)

    def _is_alone(self, study: Study, trial: FrozenTrial, index: int) -> bool:
        self._taken = _Taken.of(study, self._taken)
        return not self._taken.has(index, self._space, but=trial.number)


def build(space: "Space", seed: int | None = None, **options: Any) -> GridSampler:
    """Make the sampler for a declared space."""
    return GridSampler(space, seed, **options)


def _claims(trial: FrozenTrial) -> set[int]:
    claim = trial.system_attrs.get(_CLAIM)
    return set() if claim is None else {claim}


def _configuration(trial: FrozenTrial) -> "Configuration":
    """What a trial has, or is queued to have."""
    return {**trial.system_attrs.get(_QUEUED, {}), **trial.params}


def _frozen(params: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(params.items())
