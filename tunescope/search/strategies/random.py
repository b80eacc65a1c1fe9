"""Random search (Bergstra and Bengio, JMLR 2012), with numbers that depend on seed and trial number alone."""

from typing import Any

from tunescope.search.strategies.draws import DrawingSampler


def build(space: object = None, seed: int | None = None, **options: Any) -> DrawingSampler:
    """Make the sampler; ``space`` is not needed."""
    return DrawingSampler(seed, **options)
