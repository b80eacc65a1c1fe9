"""The sampler of the portfolio: who proposes the next trial, and what."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies import tpe
from tunescope.search.strategies.draws import DrawingSampler, generator
from tunescope.search.strategies.history import History
from tunescope.search.strategies.outcomes import Outcomes
from tunescope.search.strategies.portfolio import ARM, REPEATS
from tunescope.search.strategies.portfolio.bandit import choose_arm, rewards
from tunescope.search.strategies.portfolio.model import Model, modelled
from tunescope.search.strategies.portfolio.process import KernelParameters

_QUEUED = "fixed_params"  # where Optuna keeps the parameters of an enqueued trial
_WARM = "tunescope:warm_start"  # the place of a trial's configuration among those to start with
_START = 10  # trials at random, before which nothing can be modelled
# The kernel of few trials changes with each; later it is fitted again only after so many.
_REFIT_EVERY, _REFIT_ALWAYS = 5, 30
# The first trial that may measure an earlier one again: before, there is too little to choose from.
_FIRST_AGAIN = 20
_REMEMBERED = 1000  # of very many trials, the best and a sample of the others: each costs time
_FINAL_SHARE = 0.05  # of a known number of trials, the last ones, which all measure again


class _Ended(History):
    """The trials that have ended, in the order of their coming."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.trials: list[FrozenTrial] = []
        self.space: dict[str, BaseDistribution] = {}

    def learn(self, trial: FrozenTrial) -> None:
        """Keep a trial that tried something."""
        if trial.params:
            self.trials.append(trial)
            self.space.update({name: one for name, one in trial.distributions.items() if not one.single()})

    @property
    def complete(self) -> list[FrozenTrial]:
        """The trials with a value."""
        return [trial for trial in self.trials if trial.state == TrialState.COMPLETE]


class PortfolioSampler(DrawingSampler):
    """Shares a study's trials among arms by what each has gained.

    Randomness depends on seed and trial number alone, and all else on the study's trials, so that a
    search which was killed goes on as if it had not been.
    """

    def __init__(
        self,
        seed: int | None = None,
        warm_start: Sequence[Mapping[str, Any]] = (),
        max_trials: int | None = None,
        again_every: int = 8,
    ) -> None:
        """Make the sampler.

        Args:
            seed: of all randomness; ``None`` takes a fresh one.
            warm_start: configurations that earlier studies found best, which are tried first.
            max_trials: how many trials the study will have, where that is known: the last ones then
                measure the best again.
            again_every: of how many trials one measures an earlier one again; 0 for none at all.
        """
        super().__init__(seed)
        self._warm_start = [dict(one) for one in warm_start]
        self._max_trials, self._again_every = max_trials, again_every
        self._tpe = tpe.build(seed=self._seed)
        self._ended: _Ended | None = None
        self._kernel: tuple[_Ended, int, KernelParameters] | None = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every hyperparameter that any trial had.

        Raises:
            ValueError: when the study has several objectives.
        """
        self._raise_error_if_multi_objective(study)
        return dict(self._known(study).space)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """What the arm whose turn it is proposes."""
        if _QUEUED in trial.system_attrs:
            return {}
        known = self._known(study)
        served = [one for one in (*known.trials, *known.unfinished) if _WARM in one.system_attrs]
        if len(served) < len(self._warm_start):
            _mark(study, trial, _WARM, len(served))
            return self._marked(study, trial, "warm_start")
        if len(known.complete) < _START or not search_space:
            return self._marked(study, trial, "start")
        return self._proposed(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """From the configuration that warms up this trial, where there is one that fits; else at random.

        Raises:
            ValueError: when the study has several objectives.
        """
        self._raise_error_if_multi_objective(study)
        place = study._storage.get_trial_system_attrs(trial._trial_id).get(_WARM)
        chosen = {} if place is None else dict(enumerate(self._warm_start)).get(place, {})
        if param_name in chosen and _allows(param_distribution, chosen[param_name]):
            return chosen[param_name]
        return super().sample_independent(study, trial, param_name, param_distribution)

    def _proposed(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        known, rng = self._known(study), generator(self._seed, trial.number)
        outcomes = Outcomes.of(study, known.complete)
        scores = np.array([outcomes.scores(one)[0] for one in known.trials])
        places = modelled(scores, _REMEMBERED)
        trials = [known.trials[place] for place in places]
        model = Model(trials, scores[places], self._fitted(known, scores))
        if self._measures_again(trial.number):
            return self._repeated(study, trial, model)
        arm = choose_arm([one.system_attrs.get(ARM) for one in known.trials], rewards(scores.tolist()), rng)
        if arm == "random":
            return self._marked(study, trial, arm)
        if arm == "tpe":
            return self._marked(study, trial, arm, self._from_tpe(study, trial))
        running = [one for one in known.unfinished if one.number != trial.number and one.params]
        proposal = model.propose(running, rng) if arm == "model" else model.neighbour(rng)
        if proposal is None:
            return self._repeated(study, trial, model)
        return self._marked(study, trial, arm, proposal)

    def _measures_again(self, number: int) -> bool:
        """Now and then, and at the end of a known number of trials; never in the first trials."""
        if number < _FIRST_AGAIN or not self._again_every:
            return False
        is_last = self._max_trials is not None and number >= self._max_trials * (1 - _FINAL_SHARE)
        return is_last or number % self._again_every == self._again_every - 1

    def _repeated(self, study: Study, trial: FrozenTrial, model: Model) -> dict[str, Any]:
        """The configuration that may be the best, as far as is known: it is measured once more."""
        first = model.finalist()
        _mark(study, trial, REPEATS, first.number)
        return self._marked(study, trial, "again", first.params)

    def _from_tpe(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        space = self._tpe.infer_relative_search_space(study, trial)
        return self._tpe.sample_relative(study, trial, space)

    def _fitted(self, known: _Ended, scores: np.ndarray) -> KernelParameters:
        """The kernel of the trials up to the last refit, which is the same whoever fits it when."""
        count = len(scores)
        count -= count % _REFIT_EVERY if count > _REFIT_ALWAYS else 0
        if self._kernel is None or self._kernel[:2] != (known, count):
            places = modelled(scores[:count])
            model = Model([known.trials[place] for place in places], scores[places])
            self._kernel = known, count, model.process.kernel
        return self._kernel[2]

    def _known(self, study: Study) -> _Ended:
        self._ended = _Ended.of(study, self._ended)
        return self._ended

    def _marked(
        self, study: Study, trial: FrozenTrial, arm: str, proposal: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        _mark(study, trial, ARM, arm)
        return {} if proposal is None else dict(proposal)


def _mark(study: Study, trial: FrozenTrial, key: str, value: Any) -> None:
    study._storage.set_trial_system_attr(trial._trial_id, key, value)


def _allows(distribution: BaseDistribution, value: Any) -> bool:
    try:
        return bool(distribution._contains(distribution.to_internal_repr(value)))
    except (TypeError, ValueError):
        return False
