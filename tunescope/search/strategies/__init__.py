"""STRATEGIES: how a search proposes trials. Each builds an ``optuna.samplers.BaseSampler``.

A strategy keeps no state of its own: what it needs it reads from the study's trials, so that a killed
search goes on. To add one, write a file here and a line below.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tunescope.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

    from tunescope.search.space import Space


@dataclass(frozen=True)
class Strategy:
    """How to propose trials: a name, one line for people, and the module that builds the sampler."""

    name: str
    line: str
    module: str
    needs_space: bool = False

    def build(self, space: "Space | None" = None, seed: int | None = None, **options: Any) -> "BaseSampler":
        """Make the sampler; only strategies with ``needs_space`` look at ``space``."""
        if self.needs_space and space is None:
            raise ParameterError(
                f"Strategy `{self.name}` needs a declared space: pass `space=Space.from_dict(...)`"
            )
        sampler: BaseSampler = import_module(self.module).build(space=space, seed=seed, **options)
        return sampler


_HERE = "tunescope.search.strategies"

STRATEGIES: dict[str, Strategy] = {
    "grid": Strategy(
        "grid", "Tries every combination of the grid values, in shuffled order", f"{_HERE}.grid", True
    ),
    "random": Strategy(
        "random", "Draws every hyperparameter at random: the honest baseline", f"{_HERE}.random"
    ),
    "evolutionary": Strategy(
        "evolutionary", "Breeds new configurations from the best ones so far (DEAP)", f"{_HERE}.evolutionary"
    ),
    "tpe": Strategy("tpe", "Bayesian: models where good and bad configurations lie (TPE)", f"{_HERE}.tpe"),
}


def make_sampler(
    strategy: str, space: "Space | None" = None, seed: int | None = None, **options: Any
) -> "BaseSampler":
    """Make the sampler of a strategy, for any Optuna study.

    Raises:
        UnknownNameError: when there is no such strategy.
        ParameterError: when the strategy needs a declared space and none is given.
    """
    if strategy not in STRATEGIES:
        raise UnknownNameError(f"There is no strategy `{strategy}`: use {', '.join(STRATEGIES)}")
    return STRATEGIES[strategy].build(space, seed, **options)
