"""A genetic algorithm on DEAP's operators, for conditional spaces, as an Optuna sampler.

Binary tournaments choose two parents; simulated binary crossover mixes their numbers and a coin their
choices; bounded polynomial mutation (Deb and Agrawal, 1999) moves numbers and redraws choices. The best
of parents and children survive (elitism: mu plus lambda).
"""

import random
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from deap import base, tools
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseGASampler, BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from tunescope.search.strategies.unit import from_unit, to_unit

# Distribution indices: large ones keep children near their parents (Deb, 2001).
_CROSSOVER_ETA = 10.0
_MUTATION_ETA = 20.0
_CROSSOVER_RATE = 0.9
_ATTEMPTS = 10


class _Fitness(base.Fitness):  # type: ignore[misc]  # DEAP is untyped
    weights = (1.0,)


class _Individual(dict[str, Any]):
    """The genes of one trial: hyperparameter values by name, with a fitness that DEAP can compare."""

    def __init__(self, trial: FrozenTrial, sign: float) -> None:
        super().__init__(trial.params)
        self.trial = trial
        self.fitness = _Fitness((sign * float(trial.value or 0.0),))


class EvolutionarySampler(BaseGASampler):
    """Generations of trials bred from the best before them.

    Randomness depends on seed and trial number alone, so that a search which was killed goes on as if
    it had not been.
    """

    def __init__(self, seed: int | None = None, population_size: int = 10) -> None:
        super().__init__(population_size)
        self._seed = seed if seed is not None else secrets.randbits(64)
        self._first_generation: BaseSampler = RandomSampler(seed)

    def reseed_rng(self) -> None:
        """Take a fresh seed, as Optuna asks of each of several parallel loops."""
        self._seed = secrets.randbits(64)
        self._first_generation.reseed_rng()

    def select_parent(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The best of the last generation and its own parents."""
        candidates = {
            trial.number: trial
            for trial in (
                *self.get_parent_population(study, generation - 1),
                *self.get_population(study, generation - 1),
            )
        }
        best = tools.selBest(_individuals(study, list(candidates.values())), self.population_size)
        return [individual.trial for individual in best]

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every hyperparameter that some parent has.

        Raises:
            ValueError: when the study has several objectives.
        """
        self._raise_error_if_multi_objective(study)
        parents = self._parents(study, trial)
        return {
            name: one for parent in parents for name, one in parent.distributions.items() if not one.single()
        }

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Breed a child that no trial has been yet, as far as ten attempts find one."""
        parents = self._parents(study, trial)
        if not parents or not search_space:
            return {}
        tried = [other.params for other in study.get_trials(deepcopy=False) if other.number != trial.number]
        rng = np.random.default_rng([self._seed, trial.number])
        with _seeded(int(rng.integers(2**32))):
            for _ in range(_ATTEMPTS):
                child = _breed(_individuals(study, parents), search_space)
                if not any(_is_same(params, child) for params in tried):
                    break
        return child

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """At random: the first generation, and genes that no parent has.

        Raises:
            ValueError: when the study has several objectives.
        """
        self._raise_error_if_multi_objective(study)
        return self._first_generation.sample_independent(study, trial, param_name, param_distribution)

    def _parents(self, study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
        return self.get_parent_population(study, self.get_trial_generation(study, trial))


def build(space: object = None, seed: int | None = None, **options: Any) -> EvolutionarySampler:
    """Make the sampler; ``space`` is not needed."""
    return EvolutionarySampler(seed, **options)


def _individuals(study: Study, trials: list[FrozenTrial]) -> list[_Individual]:
    sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
    return [_Individual(trial, sign) for trial in trials]


def _breed(population: list[_Individual], space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    mother, father = tools.selTournament(population, k=2, tournsize=min(2, len(population)))
    genes = _cross(mother, father, space) if random.random() < _CROSSOVER_RATE else dict(mother)
    # Genes of branches that neither parent took are left to independent sampling.
    return _mutate({name: value for name, value in genes.items() if name in space}, space)


def _cross(mother: _Individual, father: _Individual, space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """Union of both parents' genes; those in both are mixed."""
    child = {**father, **mother}
    shared = [name for name in mother if name in father and name in space]
    numeric = [name for name in shared if not isinstance(space[name], CategoricalDistribution)]
    for name in shared:
        if isinstance(space[name], CategoricalDistribution):
            child[name] = random.choice((mother[name], father[name]))
    if numeric:
        units = [[to_unit(space[name], parent[name]) for name in numeric] for parent in (mother, father)]
        mixed, _ = tools.cxSimulatedBinaryBounded(*units, eta=_CROSSOVER_ETA, low=0.0, up=1.0)
        child.update({name: from_unit(space[name], unit) for name, unit in zip(numeric, mixed, strict=True)})
    return child


def _mutate(genes: dict[str, Any], space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """Change each gene with a probability of one over their number."""
    rate = 1.0 / max(len(genes), 1)
    mutated = dict(genes)
    for name, value in genes.items():
        distribution = space[name]
        if isinstance(distribution, CategoricalDistribution):
            if random.random() < rate:
                mutated[name] = random.choice(distribution.choices)
        else:
            unit = [to_unit(distribution, value)]
            tools.mutPolynomialBounded(unit, eta=_MUTATION_ETA, low=0.0, up=1.0, indpb=rate)
            mutated[name] = from_unit(distribution, unit[0])
    return mutated


def _is_same(params: Mapping[str, Any], child: Mapping[str, Any]) -> bool:
    return bool(params) and all(name in child and child[name] == value for name, value in params.items())


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """DEAP draws from Python's global generator: borrow it, and give it back as it was."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
