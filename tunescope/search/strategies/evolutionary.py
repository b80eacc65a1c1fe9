"""A genetic algorithm on DEAP's operators, for conditional spaces, as an Optuna sampler.

Binary tournaments choose two parents; simulated binary crossover mixes their numbers and a coin their
choices; bounded polynomial mutation (Deb and Agrawal, 1999) moves numbers and redraws choices. The best
of parents and children survive (elitism: mu plus lambda); with several objectives NSGA-II (Deb et al.,
2002) says which these are.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from deap import base, tools
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseGASampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.search.strategies.draws import draw, fresh_seed, mixed
from tunescope.search.strategies.history import Tried
from tunescope.search.strategies.outcomes import signs
from tunescope.search.strategies.unit import from_unit, to_unit

# Distribution indices: large ones keep children near their parents (Deb, 2001). Smaller than is usual where
# trials are cheap, because a hundred of them have to come a long way.
_CROSSOVER_ETA = 3.0
_MUTATION_ETA = 5.0
_CROSSOVER_RATE = 0.9
_ATTEMPTS = 10


class _Fitness(base.Fitness):  # type: ignore[misc]  # DEAP is untyped
    """Scores of which larger ones are better, as many as there are objectives."""

    def __init__(self, scores: Sequence[float]) -> None:
        self.weights = (1.0,) * len(scores)
        super().__init__(tuple(scores))


class _Individual(dict[str, Any]):
    """The genes of one trial: hyperparameter values by name, with a fitness that DEAP can compare."""

    def __init__(self, trial: FrozenTrial, scores: Sequence[float]) -> None:
        super().__init__(trial.params)
        self.trial = trial
        self.fitness = _Fitness(scores)


class _Generations(Tried):
    """Who belongs to which generation, and who its parents are."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self.members: dict[int, list[FrozenTrial]] = {0: []}
        self.parents: dict[int, list[FrozenTrial]] = {0: []}

    @property
    def latest(self) -> int:
        """The last generation of which a trial is complete."""
        return max(self.members)

    def learn(self, trial: FrozenTrial) -> None:
        """Enqueued trials, which nobody bred, join the generation that is there."""
        super().learn(trial)
        if trial.state == TrialState.COMPLETE:
            generation = trial.system_attrs.get(EvolutionarySampler._get_generation_key(), self.latest)
            self.members.setdefault(generation, []).append(trial)


class EvolutionarySampler(BaseGASampler):
    """Generations of trials bred from the best before them.

    Randomness depends on seed and trial number alone, so that a search which was killed goes on as if
    it had not been.
    """

    def __init__(self, seed: int | None = None, population_size: int = 10) -> None:
        super().__init__(population_size)
        self._seed = fresh_seed() if seed is None else seed
        self._generations: _Generations | None = None

    def reseed_rng(self) -> None:
        """Nothing to do: parallel loops have trials of different numbers."""

    def get_trial_generation(self, study: Study, trial: FrozenTrial) -> int:
        """The generation of a trial, entered with it; a new one when the last is complete."""
        key = self._get_generation_key()
        if key not in trial.system_attrs:
            known = self._known(study)
            generation = known.latest + (len(known.members[known.latest]) >= (self.population_size or 1))
            study._storage.set_trial_system_attr(trial._trial_id, key, generation)
            trial.system_attrs[key] = generation
        return int(trial.system_attrs[key])

    def get_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The complete trials of a generation."""
        return self._known(study).members.get(generation, [])

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of a generation, the best first; whoever asks first chooses them for all processes."""
        parents = self._known(study).parents
        if generation not in parents:
            parents[generation] = self._entered_parents(study, generation)
        return parents[generation]

    def select_parent(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The best of the last generation and its own parents, in this order."""
        before = generation - 1
        candidates = (*self.get_parent_population(study, before), *self.get_population(study, before))
        unique = {trial.number: trial for trial in candidates}
        individuals = [_Individual(trial, trial.values * signs(study)) for trial in unique.values()]
        select = tools.selNSGA2 if len(study.directions) > 1 else tools.selBest
        return [one.trial for one in select(individuals, min(self.population_size or 1, len(individuals)))]

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every hyperparameter that some parent has."""
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
        # The parents come in the order of their rank, whatever the objectives are.
        ranked = [_Individual(parent, (-place,)) for place, parent in enumerate(parents)]
        known = self._known(study)
        with _seeded(mixed(self._seed, trial.number)):
            for attempt in range(_ATTEMPTS):
                child = _breed(ranked, search_space, changes=1 + attempt)
                if not known.has(child):
                    break
        return child

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """At random: the first generation, and genes that no parent has."""
        return draw(param_distribution, self._seed, trial.number, param_name)

    def _parents(self, study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
        return self.get_parent_population(study, self.get_trial_generation(study, trial))

    def _known(self, study: Study) -> _Generations:
        self._generations = _Generations.of(study, self._generations)
        return self._generations

    def _entered_parents(self, study: Study, generation: int) -> list[FrozenTrial]:
        key = f"{self._get_parent_cache_key_prefix()}{generation}"
        entered = study._storage.get_study_system_attrs(study._study_id).get(key)
        if entered is not None:
            return [study._storage.get_trial(trial_id) for trial_id in entered]
        parents = self.select_parent(study, generation)
        ids = [trial._trial_id for trial in parents]
        study._storage.set_study_system_attr(study._study_id, key, ids)
        return parents


def build(space: object = None, seed: int | None = None, **options: Any) -> EvolutionarySampler:
    """Make the sampler; ``space`` is not needed."""
    return EvolutionarySampler(seed, **options)


def _breed(
    population: list[_Individual], space: Mapping[str, BaseDistribution], changes: int
) -> dict[str, Any]:
    mother, father = tools.selTournament(population, k=2, tournsize=min(2, len(population)))
    genes = _cross(mother, father, space) if random.random() < _CROSSOVER_RATE else dict(mother)
    # Genes of branches that neither parent took are left to independent sampling.
    return _mutate({name: value for name, value in genes.items() if name in space}, space, changes)


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


def _mutate(genes: dict[str, Any], space: Mapping[str, BaseDistribution], changes: int) -> dict[str, Any]:
    """Change each gene with the same probability, so many on average."""
    rate = min(1.0, changes / max(len(genes), 1))
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


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """DEAP draws from Python's global generator: borrow it, and give it back as it was."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
