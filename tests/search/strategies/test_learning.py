"""Samplers that learn stay quick, and try nothing twice without need."""

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.samplers._tpe.sampler import default_gamma
from optuna.trial import create_trial

from tunescope.search import Space, make_sampler
from tunescope.search.strategies.evolutionary import EvolutionarySampler
from tunescope.search.strategies.tpe import ThinnedTPESampler


@pytest.mark.parametrize(("direction", "best"), [("maximize", range(975, 1000)), ("minimize", range(25))])
def test_tpe_models_the_good_trials_and_a_hundred_of_all(direction: str, best: range) -> None:
    study = optuna.create_study(direction=direction, sampler=make_sampler("tpe", seed=0))
    distributions = {"x": FloatDistribution(0, 1000)}
    values = [(number * 617) % 1000 for number in range(1000)]  # every number below 1000 once, out of order
    study.add_trials([create_trial(params={"x": x}, distributions=distributions, value=x) for x in values])
    assert isinstance(study.sampler, ThinnedTPESampler)
    modelled = study.sampler._view(study).get_trials()
    assert {float(value) for value in best} <= {trial.value for trial in modelled}
    assert len(modelled) <= 125
    assert [trial.number for trial in modelled] == sorted(trial.number for trial in modelled)
    assert study.sampler._good() == default_gamma(1000) == 25


def test_tpe_models_all_trials_while_they_are_few() -> None:
    study = optuna.create_study(sampler=make_sampler("tpe", seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=12)
    assert isinstance(study.sampler, ThinnedTPESampler)
    assert len(study.sampler._view(study).get_trials()) == 12


def test_children_are_new_as_long_as_there_is_anything_new() -> None:
    space = Space.from_dict({name: {"type": "categorical", "choices": list("abcde")} for name in "xyz"})
    study = optuna.create_study(direction="maximize", sampler=make_sampler("evolutionary", space, 0))
    for _ in range(70):
        trial = study.ask()
        study.tell(trial, sum(value == "c" for value in space.suggest(trial).values()))
    bred = [str(trial.params) for trial in study.trials[10:]]
    assert len(set(bred)) == 60


def test_the_first_generation_is_as_large_as_the_population_and_enqueued_trials_belong_to_it() -> None:
    space = Space.from_dict({"x": {"type": "float", "low": 0, "high": 1}})
    study = optuna.create_study(sampler=make_sampler("evolutionary", space, 0, population_size=4))
    study.enqueue_trial({"x": 0.5})
    study.optimize(lambda trial: space.suggest(trial)["x"], n_trials=9)
    sampler = study.sampler
    assert isinstance(sampler, EvolutionarySampler)
    assert [trial.number for trial in sampler.get_population(study, 0)] == [0, 1, 2, 3]
    assert [trial.number for trial in sampler.get_population(study, 1)] == [4, 5, 6, 7]
    parents = sampler.get_parent_population(study, 2)
    assert [trial.value for trial in parents] == sorted(trial.value or 0 for trial in study.trials[:8])[:4]


def test_several_objectives_breed_from_the_pareto_front() -> None:
    space = Space.from_dict({name: {"type": "float", "low": 0, "high": 1} for name in "xy"})
    sampler = make_sampler("evolutionary", space, 0, population_size=8)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    for _ in range(80):
        trial = study.ask()
        values = space.suggest(trial)
        study.tell(trial, [values["x"] - values["y"], values["x"] ** 2 + values["y"]])
    # The front has y = 0 and any x; at random y would be 0.5 on average, with deviation 0.04 over 48 trials.
    late = [trial.params["y"] for trial in study.trials[32:]]
    assert sum(late) / len(late) < 0.3
    assert max(trial.params["x"] for trial in study.trials[56:]) > 0.7


def test_a_population_chosen_by_another_process_is_taken_over() -> None:
    space = Space.from_dict({"x": {"type": "float", "low": 0, "high": 1}})
    study = optuna.create_study(sampler=make_sampler("evolutionary", space, 0, population_size=3))
    study.optimize(lambda trial: space.suggest(trial)["x"], n_trials=4)
    other = EvolutionarySampler(0, population_size=3)
    assert isinstance(study.sampler, EvolutionarySampler)
    ours, theirs = (one.get_parent_population(study, 1) for one in (study.sampler, other))
    assert [trial.number for trial in ours] == [trial.number for trial in theirs]
