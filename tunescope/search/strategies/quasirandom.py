"""Quasi-random search: scrambled Sobol points (Owen, 1998) fill each model's space evenly."""

from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial
from scipy.stats.qmc import Sobol

from tunescope.search.strategies.conditional import Branch, ConditionalSampler
from tunescope.search.strategies.unit import at_share


class QuasirandomSampler(ConditionalSampler):
    """Models in turn, and in each the next point of its own Sobol sequence.

    The trial's number says which model and which point, so that parallel workers, in whatever order
    they ask, and a search that goes on leave no hole and take no point twice.
    """

    def choose(self, study: Study, trial: FrozenTrial, branches: Sequence[Branch]) -> Branch:
        """All branches in turn."""
        return branches[trial.number % len(branches)]

    def propose(
        self, study: Study, trial: FrozenTrial, branch: Branch, space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The point of the sequence that has the trial's place among those of its branch."""
        place = trial.number // max(1, len(self._spaces(study)))
        sequence = Sobol(len(space), scramble=True, seed=self._seed % 2**32)
        if place:
            sequence.fast_forward(place)
        point = sequence.random(1)[0]
        return {
            name: at_share(one, float(share)) for (name, one), share in zip(space.items(), point, strict=True)
        }


def build(space: Any = None, seed: int | None = None, **options: Any) -> QuasirandomSampler:
    """Make the sampler; without a declared space it works in what trials have had."""
    return QuasirandomSampler(space, seed, **options)
