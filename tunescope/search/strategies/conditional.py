"""Samplers for flat spaces at work in conditional ones: a model at a time.

Gaussian processes, CMA-ES and low-discrepancy sequences want the same numbers in every trial, which a
conditional space does not give. :class:`ConditionalSampler` cuts it into branches, one a model, and each
proposal is made within one branch from the trials of that branch alone.

Conditions deeper down (a kernel's own hyperparameters) make no branches of their own: they would leave
each with too few trials to learn from. There, a hyperparameter that a trial does not have counts as the
middle of its range, which is how SMAC treats inactive hyperparameters (Hutter et al., LION 2011).
"""

import copy
import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies.draws import DrawingSampler, draw, mixed
from tunescope.search.strategies.history import StudyView, Tried
from tunescope.search.strategies.outcomes import Outcomes, ranks
from tunescope.search.strategies.unit import from_unit

if TYPE_CHECKING:
    from tunescope.search.space import Space

Branch = str | int | float | bool | None  # a value of `model`, or None where there are no models
_MODEL = "model"
_QUEUED = "fixed_params"  # where Optuna keeps the parameters of an enqueued trial
# Weight of what is unknown about a branch against how good it was; values are ranks from 0 to 1.
_EXPLORATION = 0.5
_ATTEMPTS = 10


class Branches(Tried):
    """The trials of each branch, and the hyperparameters that it was seen with or is declared with."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.trials: list[FrozenTrial] = []
        self.spaces: dict[Branch, dict[str, BaseDistribution]] = {}

    def learn(self, trial: FrozenTrial) -> None:
        """Keep a trial that tried something; what has the latest distribution counts."""
        if not trial.params:
            return
        super().learn(trial)
        self.trials.append(trial)
        models = trial.distributions.get(_MODEL)
        for branch in models.choices if isinstance(models, CategoricalDistribution) else (None,):
            self.spaces.setdefault(branch, {})
        own = {name: one for name, one in trial.distributions.items() if name != _MODEL}
        self.spaces[trial.params.get(_MODEL)].update(own)


class ConditionalSampler(DrawingSampler):
    """Chooses a branch for each trial, then asks :meth:`propose` for a point of that flat space.

    What is not proposed is drawn at random, and all randomness depends on seed and trial number alone.
    """

    multi_objective = True

    def __init__(self, space: "Space | None" = None, seed: int | None = None) -> None:
        super().__init__(seed)
        self._declared = None if space is None else _declared(space)
        self._branches: Branches | None = None

    @abstractmethod
    def propose(
        self, study: Study, trial: FrozenTrial, branch: Branch, space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values for hyperparameters of a branch: as many as the method can say something about."""

    def choose(self, study: Study, trial: FrozenTrial, branches: Sequence[Branch]) -> Branch:
        """The branch to try next: the one with the best upper confidence bound (Auer et al., 2002).

        The mean over the best third of a branch's trials stands for what it can reach, because a search
        is for maxima; running trials count as tried, so that parallel workers spread.
        """
        known = self._known(study)
        found = ranks(study, known.trials)
        tried: dict[Branch, list[float]] = {branch: [] for branch in branches}
        running = dict.fromkeys(branches, 0)
        for one, rank in zip(known.trials, found, strict=True):
            tried.get(one.params.get(_MODEL), []).append(rank)
        for one in known.unfinished:
            running[one.params.get(_MODEL)] = running.get(one.params.get(_MODEL), 0) + (one.params != {})
        total = len(known.trials) + sum(running.values())
        return max(branches, key=lambda branch: _bound(tried[branch], running[branch], total))

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every hyperparameter of every branch, and the model itself.

        Raises:
            ValueError: when the study has several objectives and the method takes one.
        """
        self._refuse_several_objectives(study)
        spaces = self._spaces(study)
        found = {name: one for space in spaces.values() for name, one in space.items() if not one.single()}
        models = [branch for branch in spaces if branch is not None]
        return ({_MODEL: CategoricalDistribution(models)} if len(models) > 1 else {}) | found

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """A point of one branch.

        Raises:
            ValueError: when the study has several objectives and the method takes one.
        """
        self._refuse_several_objectives(study)
        if not search_space:
            return {}
        spaces = self._spaces(study)
        branch = self._branch(study, trial, list(spaces) or [None])
        own = spaces.get(branch) or search_space
        space = {name: own[name] for name in sorted(search_space.keys() & own.keys())}
        proposed = self.propose(study, trial, branch, space) if space else {}
        drawn = {
            name: draw(one, self._seed, trial.number, name)
            for name, one in space.items()
            if name not in proposed
        }
        return {_MODEL: branch} | drawn | proposed if branch is not None else drawn | proposed

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw a value at random.

        Raises:
            ValueError: when the study has several objectives and the method takes one.
        """
        self._refuse_several_objectives(study)
        return super().sample_independent(study, trial, param_name, param_distribution)

    def view(self, study: Study, branch: Branch, space: Mapping[str, BaseDistribution]) -> Study:
        """The study with the trials of a branch only, each with a value for every hyperparameter.

        Trials that ended early are there as poor ones, as :class:`Outcomes` says; none are there until
        one is complete.
        """
        known = self._known(study)
        fitting = [one for one in (*known.trials, *known.unfinished) if _fits(one, branch, space)]
        complete = [one for one in fitting if one.state == TrialState.COMPLETE]
        if not complete:
            return cast("Study", StudyView(study, []))
        outcomes = Outcomes.of(study, complete)
        return cast("Study", StudyView(study, [_valued(_completed(one, space), outcomes) for one in fitting]))

    def _known(self, study: Study) -> Branches:
        self._branches = Branches.of(study, self._branches)
        return self._branches

    def _spaces(self, study: Study) -> dict[Branch, dict[str, BaseDistribution]]:
        return self._known(study).spaces if self._declared is None else self._declared

    def _branch(self, study: Study, trial: FrozenTrial, branches: Sequence[Branch]) -> Branch:
        """The branch of a queued trial that names its model, or the one to try next."""
        queued = trial.system_attrs.get(_QUEUED, {})
        if _MODEL in queued:
            return queued[_MODEL]  # type: ignore[no-any-return]
        return branches[0] if len(branches) == 1 else self.choose(study, trial, branches)

    def _refuse_several_objectives(self, study: Study) -> None:
        if not self.multi_objective:
            self._raise_error_if_multi_objective(study)


class WrappedSampler(ConditionalSampler):
    """A sampler of Optuna's, made anew for each trial, so that nothing is lost with a process."""

    def __init__(
        self,
        make: Callable[..., BaseSampler],
        space: "Space | None" = None,
        seed: int | None = None,
        multi_objective: bool = True,
    ) -> None:
        super().__init__(space, seed)
        self._make, self.multi_objective = make, multi_objective

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """A point of one branch that no trial has been yet, as far as chance finds one beside the proposal.

        Raises:
            ValueError: when the study has several objectives and the method takes one.
        """
        point = proposed = super().sample_relative(study, trial, search_space)
        known = self._known(study)
        for attempt in range(_ATTEMPTS):
            if not known.has(point):
                return point
            point = {
                name: value
                if name == _MODEL
                else draw(search_space[name], mixed(self._seed, attempt), trial.number, name)
                for name, value in proposed.items()
            }
        return proposed

    def propose(
        self, study: Study, trial: FrozenTrial, branch: Branch, space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """What the sampler proposes from the trials of the branch."""
        sampler = self._make(seed=mixed(self._seed, trial.number) % 2**32)
        return sampler.sample_relative(self.view(study, branch, space), trial, space)


def _declared(space: "Space") -> dict[Branch, dict[str, BaseDistribution]]:
    """The hyperparameters of each model, whatever the deeper conditions."""
    models = next((one for one in space.hyperparameters if one.name == _MODEL), None)
    choices = (None,) if models is None else models.distribution.choices  # type: ignore[attr-defined]
    return {
        branch: {
            one.name: one.distribution
            for one in space.hyperparameters
            if one.name != _MODEL and branch in one.when.get(_MODEL, (branch,))
        }
        for branch in choices
    }


def _bound(ranks: list[float], running: int, total: int) -> float:
    count = len(ranks) + running
    if not count:
        return math.inf
    best = sorted(ranks, reverse=True)[: math.ceil(len(ranks) / 3)]
    mean = sum(best) / len(best) if best else 0.5
    return mean + _EXPLORATION * math.sqrt(math.log(total) / count)


def _fits(trial: FrozenTrial, branch: Branch, space: Mapping[str, BaseDistribution]) -> bool:
    """Whether a trial tried something in this branch, all of it in the ranges of now."""
    if not trial.params or trial.params.get(_MODEL) != branch:
        return False
    return all(_allows(space[name], value) for name, value in trial.params.items() if name in space)


def _allows(distribution: BaseDistribution, value: Any) -> bool:
    try:
        return bool(distribution._contains(distribution.to_internal_repr(value)))
    except ValueError:
        return False


def _completed(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """The trial, with the middle of the range for what it does not have."""
    if space.keys() <= trial.params.keys() or not trial.state.is_finished():
        return trial
    whole = copy.copy(trial)
    whole.distributions = {**trial.distributions, **space}
    whole.params = {name: _middle(one) for name, one in space.items()} | trial.params
    return whole


def _valued(trial: FrozenTrial, outcomes: Outcomes) -> FrozenTrial:
    """The trial as one that has ended in the ordinary way."""
    if trial.state not in (TrialState.PRUNED, TrialState.FAIL):
        return trial
    ended = copy.copy(trial)
    ended.state, ended.values = TrialState.COMPLETE, outcomes.values(trial)
    return ended


def _middle(distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    return from_unit(distribution, 0.5)
