"""Portfolio: Tunescope's own strategy, which shares the trials among several by what each has gained.

A bandit gives each trial to one of four arms: `model` (expected improvement under a Gaussian process over
mixed, conditional spaces), `tpe`, `neighbour` (a small change to one of the best) and `random`. Before
that, it tries what earlier studies found best; now and then it measures one of the best again, so that
luck does not win. All of it is rebuilt from the trials. See `docs/portfolio.md`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial

    from tunescope.search.strategies.portfolio.sampler import PortfolioSampler

ARM = "tunescope:arm"
"""System attribute of a trial: the arm that proposed it, or `warm_start`, `start` or `again`."""

REPEATS = "tunescope:repeats"
"""System attribute of a trial that measures an earlier one again: the number of that one."""


def build(space: object = None, seed: int | None = None, **options: Any) -> "PortfolioSampler":
    """Make the sampler; ``space`` is not needed. Options: those of :class:`PortfolioSampler`."""
    from tunescope.search.strategies.portfolio.sampler import PortfolioSampler

    return PortfolioSampler(seed, **options)


def final_choice(trials: Sequence["FrozenTrial"], direction: "StudyDirection | str") -> int | None:
    """The number of the trial to recommend when scores are noisy; see ``choice.py``, which takes a second."""
    from tunescope.search.strategies.portfolio.choice import final_choice as choose

    return choose(trials, direction)
