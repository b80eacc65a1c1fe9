"""CMA-ES: Optuna's own sampler for the numbers, a model at a time, and learned frequencies for the choices.

The covariance matrix adaptation (Hansen, 2016) knows numbers only. Choices follow a univariate marginal
distribution (Muehlenbein and Paass, PPSN 1996): each is drawn as often as the best of its model's trials
have it.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import CmaEsSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies.conditional import Branch, WrappedSampler
from tunescope.search.strategies.draws import generator
from tunescope.search.strategies.outcomes import ranks

_BEST_SHARE = 0.25
# So many trials are imagined to be spread evenly over the choices, so that none is ever ruled out.
_EVEN_TRIALS = 2.0


class CmaSampler(WrappedSampler):
    """CMA-ES for numbers, marginal frequencies for choices."""

    def propose(
        self, study: Study, trial: FrozenTrial, branch: Branch, space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Numbers from CMA-ES, choices from the best trials of the branch."""
        choices = {name: one for name, one in space.items() if isinstance(one, CategoricalDistribution)}
        numbers = {name: one for name, one in space.items() if name not in choices}
        drawn = self._draw_choices(study, trial, branch, choices) if choices else {}
        return drawn | super().propose(study, trial, branch, numbers) if numbers else drawn

    def _draw_choices(
        self, study: Study, trial: FrozenTrial, branch: Branch, space: dict[str, CategoricalDistribution]
    ) -> dict[str, Any]:
        best = _best(study, self.view(study, branch, space).get_trials(deepcopy=False))
        random = generator(self._seed, trial.number)
        return {
            name: one.choices[random.choice(len(one.choices), p=_shares(one, name, best))]
            for name, one in space.items()
        }


def build(space: Any = None, seed: int | None = None, popsize: int | None = None) -> CmaSampler:
    """Make the sampler; ``popsize`` is the number of trials a generation of each model."""
    make = partial(CmaEsSampler, popsize=popsize, warn_independent_sampling=False)
    return CmaSampler(make, space, seed, multi_objective=False)


def _best(study: Study, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    ended = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    order = np.argsort(ranks(study, ended))[::-1]
    return [ended[place] for place in order[: int(np.ceil(len(ended) * _BEST_SHARE))]]


def _shares(distribution: CategoricalDistribution, name: str, best: Sequence[FrozenTrial]) -> np.ndarray:
    counts = Counter(distribution.to_internal_repr(trial.params[name]) for trial in best)
    even = _EVEN_TRIALS / len(distribution.choices)
    weights = np.array([counts[index] + even for index in range(len(distribution.choices))])
    shares: np.ndarray = weights / weights.sum()
    return shares
