"""Bayesian search with a Gaussian process: Optuna's own sampler, a model at a time.

A Matern kernel with a length scale a hyperparameter and logarithmic expected improvement (Ament et al.,
NeurIPS 2023); for several objectives expected improvement of the hypervolume.
"""

from functools import partial
from typing import Any

from optuna.samplers import GPSampler

from tunescope.search.strategies.conditional import WrappedSampler

# Optuna waits for 10 trials, which is a whole budget where each of many models has to wait for its own.
_STARTUP_TRIALS = 5


def build(
    space: Any = None, seed: int | None = None, n_startup_trials: int = _STARTUP_TRIALS
) -> WrappedSampler:
    """Make the sampler; ``n_startup_trials`` of each model are drawn at random."""
    return WrappedSampler(partial(GPSampler, n_startup_trials=n_startup_trials), space, seed)
