"""Random search (Bergstra and Bengio, JMLR 2012): Optuna's own sampler."""

from typing import Any

from optuna.samplers import RandomSampler


def build(space: object = None, seed: int | None = None, **options: Any) -> RandomSampler:
    """Make the sampler; ``space`` is not needed."""
    return RandomSampler(seed=seed, **options)
