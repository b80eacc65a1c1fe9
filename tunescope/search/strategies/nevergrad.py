"""Any optimizer of nevergrad (Rapin and Teytaud, 2018) as an Optuna sampler, for conditional spaces.

A choice on which others depend is a nested choice, one branch a value, with the hyperparameters of that
branch inside. Numbers are searched on the unit interval, logarithmic ones on their logarithm.
"""

import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import nevergrad as ng
from nevergrad.common.errors import NevergradError, NevergradWarning
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies.draws import DrawingSampler, mixed
from tunescope.search.strategies.history import History
from tunescope.search.strategies.outcomes import Outcomes
from tunescope.search.strategies.unit import from_unit, to_unit

if TYPE_CHECKING:
    from tunescope.search.space import Hyperparameter, Space

_LOGGER = logging.getLogger(__name__)
# Lengler's discrete (1+1), which needs no further package. NGOpt, which chooses by budget and space, is
# slower and may choose one that fails with the installed libraries.
_DEFAULT = "DiscreteLenglerOnePlusOne"
_BUDGET = 100
_QUEUED = "fixed_params"  # where Optuna keeps the parameters of an enqueued trial
# More than one worker, so that optimizers which choose others choose none that waits for each answer.
_WORKERS = 4
# Does so too, but does not say so (found by trying).
_WAITING = {"BOSplit"}
_LOCK = threading.RLock()  # threads of one `optimize` loop share a sampler


class _Told(History):
    """An optimizer that has heard of every trial that ended."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.news: list[FrozenTrial] = []

    def learn(self, trial: FrozenTrial) -> None:
        """Keep a trial until the optimizer is told of it."""
        if trial.params:
            self.news.append(trial)


class NevergradSampler(DrawingSampler):
    """Asks an optimizer that is kept in memory, and tells it what has ended since.

    A new process asks for the trials of earlier ones again and tells their outcomes: as long as one
    worker and the same seed give the same answers, the optimizer is where it was. From the first other
    answer on, trials are told as points that the optimizer did not ask for.
    """

    def __init__(
        self, space: "Space", seed: int | None = None, optimizer: str = _DEFAULT, budget: int = _BUDGET
    ) -> None:
        super().__init__(seed)
        self._space = space
        self._distributions = {one.name: one.distribution for one in space.hyperparameters}
        self._name, self._budget = optimizer, budget
        self._told: _Told | None = None
        self._restart()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All of the declared space."""
        return {name: one for name, one in self._distributions.items() if not one.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The optimizer's next point: the hyperparameters that its branches have.

        Nothing, which leaves the trial to chance, when the optimizer has failed or refuses to go beyond its
        budget.
        """
        with _LOCK, _quiet():
            self._listen(study)
            candidate = self._ask()
            if candidate is None:
                return {}
            self._asked[trial.number] = candidate
        point = _configuration(self._distributions, candidate.value)
        return {name: value for name, value in point.items() if name in search_space}

    def _restart(self) -> None:
        kind = ng.optimizers.registry[self._name]
        with _quiet():
            self._optimizer = kind(_parametrization(self._space), budget=self._budget, num_workers=_WORKERS)
        self._optimizer.parametrization.random_state.seed(mixed(self._seed, 0) % 2**32)
        self._asked: dict[int, Any] = {}
        self._complete: list[FrozenTrial] = []
        self._untold: list[FrozenTrial] = []
        self._replays = True
        self._is_broken = False

    def _listen(self, study: Study) -> None:
        """Tell what is new."""
        before, self._told = self._told, _Told.of(study, self._told)
        if before is not None and self._told is not before:
            self._restart()  # for another study
        for trial in self._told.news:
            self._untold.append(trial)
            if trial.state == TrialState.COMPLETE:
                self._complete.append(trial)
            self._tell_all(study)
        self._told.news.clear()
        self._replays = False

    def _tell_all(self, study: Study) -> None:
        """Before a trial is complete nothing says how bad the others are."""
        if self._complete:
            for trial in self._untold:
                self._tell(study, trial)
            self._untold.clear()

    def _ask(self) -> Any:
        """The next point; ``None`` for want of one."""
        if self._is_broken:
            return None
        try:
            return self._optimizer.ask()
        except Exception as error:  # anything: hundreds of optimizers stand on a dozen libraries
            self._is_broken = True
            _LOGGER.warning(
                "Optimizer `%s` of nevergrad has given up after %d points (%s): "
                "all further trials are drawn at random",
                self._name,
                self._optimizer.num_ask,
                error,
            )
            return None

    def _tell(self, study: Study, trial: FrozenTrial) -> None:
        known = trial.number in self._asked
        candidate = self._asked.pop(trial.number) if known else self._candidate(trial)
        if candidate is None:
            return
        # Nevergrad minimizes. Medians of the last hundred are as good as those of all, and quicker.
        losses = (-Outcomes.of(study, self._complete[-100:]).scores(trial)).tolist()
        try:
            self._optimizer.tell(candidate, losses[0] if len(losses) == 1 else losses)
        except NevergradError:
            return  # optimizers that hear of nothing but what they asked for

    def _candidate(self, trial: FrozenTrial) -> Any:
        """The point of a trial that this optimizer was not asked for."""
        if self._replays and _QUEUED not in trial.system_attrs:
            candidate = self._ask()
            if candidate is not None and self._is_point(trial, candidate):
                return candidate
            self._replays = False
        if self._space.faults(trial.params):
            return None
        return self._optimizer.parametrization.spawn_child(new_value=_nested(self._space, trial.params))

    def _is_point(self, trial: FrozenTrial, candidate: Any) -> bool:
        return trial.params.items() <= _configuration(self._distributions, candidate.value).items()


def build(space: "Space", seed: int | None = None, **options: Any) -> NevergradSampler:
    """Make the sampler for a declared space."""
    return NevergradSampler(space, seed, **options)


def optimizer_fault(name: Any) -> str | None:
    """What is wrong with the name of an optimizer, as the end of a sentence; ``None`` for one that works.

    Some need packages that are not there, which shows when they are asked for a first point.
    """
    if name not in ng.optimizers.registry:
        close = get_close_matches(str(name), ng.optimizers.registry, n=1)
        return f"no optimizer of nevergrad{f': did you mean `{close[0]}`?' if close else ''}"
    if ng.optimizers.registry[name].no_parallelization or name in _WAITING:
        return "this optimizer waits for the answer to each point, in a thread that would outlive the search"
    probe = ng.p.Dict(number=ng.p.Scalar(lower=0.0, upper=1.0), choice=ng.p.Choice(["a", "b"]))
    try:
        with _quiet():
            ng.optimizers.registry[name](probe, budget=_BUDGET, num_workers=_WORKERS).ask()
    except Exception as error:  # as in `NevergradSampler`
        return f"this optimizer cannot be used here: {str(error).strip().splitlines()[-1]}"
    return None


def _parametrization(space: "Space") -> ng.p.Dict:
    children = _children(space)
    return ng.p.Dict(**{one.name: _node(one, children) for one in children[None]})


def _children(space: "Space") -> dict[str | None, list["Hyperparameter"]]:
    """The hyperparameters under each choice; those that depend on no choice are under ``None``."""
    choices = [one.name for one in space.hyperparameters if _is_choice(one)]
    under: dict[str | None, list[Hyperparameter]] = {None: []}
    for one in space.hyperparameters:
        parents = [name for name in choices if name in one.when]
        under.setdefault(parents[-1] if parents else None, []).append(one)
    return under


def _node(one: "Hyperparameter", children: Mapping[str | None, list["Hyperparameter"]]) -> Any:
    """Choices are deterministic, or a point would be another one each time that it is looked at."""
    distribution = one.distribution
    if not isinstance(distribution, CategoricalDistribution):
        return ng.p.Scalar(lower=0.0, upper=1.0)
    if one.name not in children:
        return ng.p.Choice(list(distribution.choices), deterministic=True)
    branches = [_branch(one, value, children) for value in distribution.choices]
    return ng.p.Choice(branches, deterministic=True)


def _branch(
    one: "Hyperparameter", value: Any, children: Mapping[str | None, list["Hyperparameter"]]
) -> ng.p.Dict:
    """What there is under a value of a choice, and the value itself under the name of the choice."""
    own = [child for child in children[one.name] if value in child.when[one.name]]
    return ng.p.Dict(**{one.name: value, **{child.name: _node(child, children) for child in own}})


def _configuration(distributions: Mapping[str, BaseDistribution], value: Mapping[str, Any]) -> dict[str, Any]:
    """A point of nevergrad's as a flat configuration."""
    found: dict[str, Any] = {}
    for name, one in value.items():
        if isinstance(one, Mapping):
            found |= _configuration(distributions, one)
        elif isinstance(distributions[name], CategoricalDistribution):
            found[name] = one
        else:
            found[name] = from_unit(distributions[name], one)
    return found


def _nested(space: "Space", params: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as a point of nevergrad's; the middle for what it does not have."""
    children = _children(space)
    return {one.name: _nested_value(one, params, children) for one in children[None]}


def _nested_value(
    one: "Hyperparameter",
    params: Mapping[str, Any],
    children: Mapping[str | None, list["Hyperparameter"]],
) -> Any:
    value = params.get(one.name, one.default)
    if not _is_choice(one):
        return to_unit(one.distribution, value)
    if one.name not in children:
        return value
    own = [child for child in children[one.name] if value in child.when[one.name]]
    return {one.name: value, **{child.name: _nested_value(child, params, children) for child in own}}


def _is_choice(one: "Hyperparameter") -> bool:
    return isinstance(one.distribution, CategoricalDistribution)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out warnings that are about nevergrad's own choices, not about the search."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NevergradWarning)
        warnings.filterwarnings("ignore", "Could not import matplotlib")  # when `cma` is imported
        yield
