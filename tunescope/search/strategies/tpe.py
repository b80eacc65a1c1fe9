"""Tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011): Optuna's own sampler, kept quick.

Optuna's sampler reads, sorts and models all trials for each new one, so that it slows down with every
trial. This one keeps them sorted, and models the good ones beside an even sample of the others.
"""

import warnings
from bisect import insort
from typing import Any, cast

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import TPESampler
from optuna.samplers._tpe.sampler import default_gamma
from optuna.search_space.group_decomposed import _SearchSpaceGroup
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies.draws import DrawingSampler, fresh_seed, mixed
from tunescope.search.strategies.history import History, StudyView
from tunescope.search.strategies.outcomes import signs

# The density of poor trials changes little with the thousandth of them; its cost grows with each.
_MODELLED_TRIALS = 100


class _Sorted(History):
    """Finished trials in the order of their coming, and the complete ones from best to worst."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self._sign = signs(study)[0]
        self._shapes: set[tuple[str, ...]] = set()
        self._best: list[tuple[float, int]] = []
        self.trials: list[FrozenTrial] = []
        self.groups = _SearchSpaceGroup()

    def learn(self, trial: FrozenTrial) -> None:
        """TPE hears of complete and of pruned trials."""
        if trial.state == TrialState.FAIL:
            return
        if trial.state == TrialState.COMPLETE:
            insort(self._best, (-self._sign * trial.values[0], len(self.trials)))
        self.trials.append(trial)
        # Trials of one branch have the same names: only the first of them can change the groups.
        if (shape := tuple(trial.distributions)) not in self._shapes:
            self._shapes.add(shape)
            self.groups.add_distributions(trial.distributions)

    def thinned(self, good: int) -> list[FrozenTrial]:
        """The best trials, and an even sample of all."""
        sample = np.linspace(0, len(self.trials) - 1, _MODELLED_TRIALS).round().astype(int).tolist()
        places = {place for _, place in self._best[:good]}.union(sample)
        return [self.trials[place] for place in sorted(places)]


class ThinnedTPESampler(TPESampler):
    """Multivariate and grouped, which models the branches of a conditional space.

    Running trials count as poor ones, so that parallel workers do not crowd one spot. Randomness
    depends on seed and trial number alone.
    """

    def __init__(self, seed: int | None = None, n_startup_trials: int = 10) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            super().__init__(
                n_startup_trials=n_startup_trials, multivariate=True, group=True, constant_liar=True
            )
        self._seed = fresh_seed() if seed is None else seed
        self._random_sampler = DrawingSampler(self._seed)  # type: ignore[assignment]  # all that is asked
        self._sorted: _Sorted | None = None

    def reseed_rng(self) -> None:
        """Nothing to do: parallel loops have trials of different numbers."""

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every hyperparameter of every branch that was tried."""
        self._search_space_group = self._known(study).groups
        return {
            name: one
            for space in self._search_space_group.search_spaces
            for name, one in sorted(space.items())
            if not one.single()
        }

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """What TPE proposes, from as many trials as matter."""
        self._search_space_group = self._known(study).groups
        self._rng.rng.seed(mixed(self._seed, trial.number) % 2**32)
        return super().sample_relative(self._view(study), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """What TPE proposes for a hyperparameter that is new to it."""
        self._rng.rng.seed(mixed(self._seed, trial.number, param_name) % 2**32)
        return super().sample_independent(self._view(study), trial, param_name, param_distribution)

    def _view(self, study: Study) -> Study:
        """The study with the trials to model; all of them where several objectives forbid a simple order."""
        known = self._known(study)
        running = [trial for trial in known.unfinished if trial.state == TrialState.RUNNING]
        total = len(known.trials)
        if len(study.directions) > 1 or total <= _MODELLED_TRIALS:
            return cast("Study", StudyView(study, [*known.trials, *running]))
        self._gamma = self._good
        return cast("Study", StudyView(study, [*known.thinned(self._good()), *running]))

    def _good(self, modelled: int = 0) -> int:
        """How many trials count as good: a share of all, not of those that are modelled."""
        return default_gamma(len(self._sorted.trials)) if self._sorted else 0

    def _known(self, study: Study) -> _Sorted:
        self._sorted = _Sorted.of(study, self._sorted)
        return self._sorted


def build(space: object = None, seed: int | None = None, **options: Any) -> ThinnedTPESampler:
    """Make the sampler; ``space`` is not needed."""
    return ThinnedTPESampler(seed, **options)
