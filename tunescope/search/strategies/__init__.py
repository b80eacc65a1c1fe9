"""STRATEGIES: how a search proposes trials. Each builds an ``optuna.samplers.BaseSampler``.

A strategy keeps no state of its own: what it needs it reads from the study's trials, so that a killed
search goes on. To add one, write a file here and a line below.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tunescope.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

    from tunescope.search.space import Space

Rule = Callable[[Any], str | None]
"""What is wrong with an option's value, as the end of a sentence such as "must be 1 or more"; or ``None``."""


@dataclass(frozen=True)
class Strategy:
    """How to propose trials: a name, one line for people, and the module that builds the sampler.

    ``multi_objective`` says whether it can search for several objectives at once, ``repeats`` whether it
    measures configurations again, ``options`` what can be chosen about it, and ``suits`` what it is good for.
    """

    name: str
    line: str
    module: str
    needs_space: bool = False
    multi_objective: bool = True
    repeats: bool = False
    options: Mapping[str, Rule] = field(default_factory=dict)
    suits: str = ""

    def build(self, space: "Space | None" = None, seed: int | None = None, **options: Any) -> "BaseSampler":
        """Make the sampler; those with ``needs_space`` must have a declared space, others may use it.

        Raises:
            ParameterError: when the space is missing, or an option is none of this strategy or has a value
                that its rule does not allow.
        """
        if self.needs_space and space is None:
            raise ParameterError(
                f"Strategy `{self.name}` needs a declared space: pass `space=Space.from_dict(...)`"
            )
        if faults := self.option_faults(options):
            raise ParameterError("\n".join(faults))
        sampler: BaseSampler = import_module(self.module).build(space=space, seed=seed, **options)
        return sampler

    def option_faults(self, options: Mapping[str, Any]) -> list[str]:
        """One sentence for each option that does not exist, or has a value that its rule does not allow."""
        return [fault for name, value in options.items() if (fault := self._fault(name, value))]

    def _fault(self, name: str, value: Any) -> str | None:
        if name not in self.options:
            known = ", ".join(f"`{one}`" for one in self.options) or "none"
            return f"`{name}` is no option of strategy `{self.name}`, which has {known}"
        rule = self.options[name](value)
        return f"`{name}` is {_shown(value)}, but {rule}" if rule else None


def _shown(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) else repr(value)


def _at_least(low: int) -> Rule:
    def rule(value: Any) -> str | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return None if is_whole and value >= low else f"must be a whole number, {low} or more"

    return rule


def _one_of(*names: str) -> Rule:
    return lambda value: None if value in names else f"must be {' or '.join(f'`{one}`' for one in names)}"


def _optimizer(value: Any) -> str | None:
    # The module imports nevergrad, which takes seconds: only those who choose an optimizer wait for it.
    fault: str | None = import_module(f"{_HERE}.nevergrad").optimizer_fault(value)
    return fault


def _configurations(value: Any) -> str | None:
    is_list = isinstance(value, list | tuple) and all(isinstance(one, Mapping) for one in value)
    return None if is_list else "must be a list of configurations"


_HERE = "tunescope.search.strategies"

STRATEGIES: dict[str, Strategy] = {
    one.name: one
    for one in (
        Strategy(
            "grid",
            "Tries every combination of the grid values, in shuffled order",
            f"{_HERE}.grid",
            suits="Seeing every combination of few values",
            needs_space=True,
            options={"order": _one_of("shuffled", "given")},
        ),
        Strategy(
            "random",
            "Draws every hyperparameter at random: the honest baseline",
            f"{_HERE}.random",
            suits="Checking whether the others are worth it",
        ),
        Strategy(
            "quasirandom",
            "Spreads trials evenly over each model's space (Sobol sequence)",
            f"{_HERE}.quasirandom",
            suits="Few trials that must not clump",
        ),
        Strategy(
            "evolutionary",
            "Breeds new configurations from the best ones so far (DEAP)",
            f"{_HERE}.evolutionary",
            suits="Some hundred trials, odd spaces, several goals",
            options={"population_size": _at_least(2)},
        ),
        Strategy(
            "nevergrad",
            "Asks an optimizer of nevergrad, of which it has hundreds (`optimizer`)",
            f"{_HERE}.nevergrad",
            suits="Trying an optimizer that somebody recommends",
            needs_space=True,
            options={"optimizer": _optimizer, "budget": _at_least(1)},
        ),
        Strategy(
            "tpe",
            "Bayesian: models where good and bad configurations lie (TPE)",
            f"{_HERE}.tpe",
            suits="When in doubt: good from about 30 trials on",
            options={"n_startup_trials": _at_least(1)},
        ),
        Strategy(
            "gp",
            "Bayesian: models the score of each model with a Gaussian process",
            f"{_HERE}.gp",
            suits="Trials that take minutes, and at most some hundred",
            options={"n_startup_trials": _at_least(1)},
        ),
        Strategy(
            "cmaes",
            "Adapts a normal distribution to each model's best numbers (CMA-ES)",
            f"{_HERE}.cmaes",
            suits="Many numbers and few choices, some hundred trials",
            multi_objective=False,
            options={"popsize": _at_least(3)},
        ),
        Strategy(
            "portfolio",
            "Shares the trials among several strategies by what each has gained so far",
            f"{_HERE}.portfolio",
            suits="Leaving the choice of the strategy to the search",
            multi_objective=False,
            repeats=True,
            options={"again_every": _at_least(0), "max_trials": _at_least(1), "warm_start": _configurations},
        ),
    )
}


def make_sampler(
    strategy: str, space: "Space | None" = None, seed: int | None = None, **options: Any
) -> "BaseSampler":
    """Make the sampler of a strategy, for any Optuna study.

    Raises:
        UnknownNameError: when there is no such strategy.
        ParameterError: when the strategy needs a declared space and none is given, or cannot have an option.
    """
    if strategy not in STRATEGIES:
        raise UnknownNameError(f"There is no strategy `{strategy}`: use {', '.join(STRATEGIES)}")
    return STRATEGIES[strategy].build(space, seed, **options)
