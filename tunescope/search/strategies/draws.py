"""Random numbers that depend on the seed, the trial's number and a name, and on nothing else.

A generator that walks from trial to trial forgets its place when its process dies, and gives parallel
workers what their timing makes of it. Counter-based numbers (Salmon et al., SC 2011) have no place to
forget: a search that goes on draws what it would have drawn.
"""

import secrets
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies.unit import at_share


def fresh_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbits(64)


def mixed(seed: int, number: int, name: str = "") -> int:
    """A number of 64 bits for each seed, trial number and name."""
    return int.from_bytes(blake2b(f"{seed}:{number}:{name}".encode(), digest_size=8).digest())


def generator(seed: int, number: int) -> np.random.Generator:
    """A generator for all that a trial draws."""
    return np.random.default_rng([seed, number])


def draw(distribution: BaseDistribution, seed: int, number: int, name: str) -> Any:
    """A value of a distribution, uniform on the scale on which it is searched."""
    return at_share(distribution, mixed(seed, number, name) / 2**64)


class DrawingSampler(BaseSampler):
    """Base of samplers that draw at random what they do not propose themselves."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = fresh_seed() if seed is None else seed

    def reseed_rng(self) -> None:
        """Nothing to do: parallel loops have trials of different numbers."""

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is sampled relatively."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing, as :meth:`infer_relative_search_space` says."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw a value at random."""
        return draw(param_distribution, self._seed, trial.number, param_name)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Nothing to keep."""
