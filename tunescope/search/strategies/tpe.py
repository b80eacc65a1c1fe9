"""Tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011): Optuna's own sampler."""

import warnings
from typing import Any

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import TPESampler


def build(space: object = None, seed: int | None = None, **options: Any) -> TPESampler:
    """Make the sampler; ``space`` is not needed.

    Multivariate and grouped, which models the branches of a conditional space; running trials count as
    poor ones, so that parallel workers do not crowd one spot.
    """
    chosen = {"multivariate": True, "group": True, "constant_liar": True, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return TPESampler(seed=seed, **chosen)
