"""Flat samplers at work in conditional spaces."""

from collections import Counter

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from tunescope.search import Space, make_sampler
from tunescope.search.strategies.conditional import WrappedSampler
from tunescope.search.strategies.outcomes import Outcomes, ranks

TWO_MODELS = {
    "model": {"type": "categorical", "choices": ["good", "poor"]},
    "good.x": {"type": "float", "low": 0, "high": 1, "when": {"model": "good"}},
    "good.kind": {"type": "categorical", "choices": ["a", "b"], "when": {"model": "good"}},
    "good.y": {"type": "float", "low": 0, "high": 8, "when": {"model": "good", "good.kind": "b"}},
    "poor.x": {"type": "float", "low": 0, "high": 1, "when": {"model": "poor"}},
}


@pytest.fixture
def space() -> Space:
    return Space.from_dict(TWO_MODELS)


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_better_model_gets_most_trials_and_the_other_is_tried(space: Space, direction: str) -> None:
    study = optuna.create_study(direction=direction, sampler=make_sampler("cmaes", space, 0))
    sign = 1 if direction == "maximize" else -1
    for _ in range(40):
        trial = study.ask()
        model = space.suggest(trial)["model"]
        study.tell(trial, sign * ((model == "good") + 0.1 * trial.params[f"{model}.x"]))
    counts = Counter(trial.params["model"] for trial in study.trials)
    assert counts["good"] > 24
    assert counts["poor"] >= 1


def test_a_model_that_only_fails_is_left(space: Space) -> None:
    study = optuna.create_study(direction="maximize", sampler=make_sampler("cmaes", space, 0))
    for _ in range(40):
        trial = study.ask()
        is_good = space.suggest(trial)["model"] == "good"
        study.tell(trial, 0.5 if is_good else None, None if is_good else TrialState.FAIL)
    assert Counter(trial.params["model"] for trial in study.trials)["good"] > 24


def test_a_branch_sees_its_own_trials_with_the_middle_for_what_they_lack(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("cmaes", space, 0))
    for configuration in (
        {"model": "good", "good.x": 0.2, "good.kind": "a"},
        {"model": "good", "good.x": 0.4, "good.kind": "b", "good.y": 7.0},
        {"model": "poor", "poor.x": 0.3},
    ):
        study.enqueue_trial(configuration)
        trial = study.ask()
        space.suggest(trial)
        study.tell(trial, 1.0)
    flat = {one.name: one.distribution for one in space.hyperparameters if one.name.startswith("good.")}
    assert isinstance(study.sampler, WrappedSampler)
    seen = study.sampler.view(study, "good", flat).get_trials()
    assert [trial.params["good.x"] for trial in seen] == [0.2, 0.4]
    assert [trial.params["good.y"] for trial in seen] == [4.0, 7.0]
    assert "good.y" not in study.trials[0].params


def test_trials_outside_of_a_changed_range_are_left_out() -> None:
    narrow = Space.from_dict({"x": {"type": "float", "low": 0, "high": 1}})
    study = optuna.create_study(sampler=make_sampler("cmaes", narrow, 0))
    study.add_trials(
        [
            create_trial(params={"x": x}, distributions={"x": FloatDistribution(0, 9)}, value=x)
            for x in (0.5, 5.0)
        ]
    )
    assert isinstance(study.sampler, WrappedSampler)
    seen = study.sampler.view(study, None, {"x": FloatDistribution(0, 1)}).get_trials()
    assert [trial.params for trial in seen] == [{"x": 0.5}]


@pytest.mark.parametrize(("direction", "sign"), [("maximize", 1), ("minimize", -1)])
def test_trials_that_ended_early_count_as_poor_ones(direction: str, sign: int) -> None:
    study = optuna.create_study(direction=direction)
    complete = [create_trial(value=sign * value) for value in (1.0, 2.0, 6.0)]
    outcomes = Outcomes.of(study, complete)

    def value(state: TrialState, *reports: float) -> list[float]:
        reported = {step: sign * report for step, report in enumerate(reports)}
        return outcomes.values(create_trial(state=state, intermediate_values=reported))

    assert value(TrialState.FAIL) == [sign * 1.0]
    assert value(TrialState.PRUNED) == [sign * 1.0]
    assert value(TrialState.PRUNED, 5.0, 1.5) == [sign * 1.5]
    assert value(TrialState.PRUNED, 9.0) == [sign * 2.0]
    assert value(TrialState.PRUNED, 0.1) == [sign * 1.0]
    assert value(TrialState.PRUNED, float("nan")) == [sign * 1.0]
    assert outcomes.values(complete[2]) == [sign * 6.0]


def test_ranks_go_from_the_worst_to_the_best_and_failures_are_the_worst() -> None:
    study = optuna.create_study(direction="minimize")
    trials = [create_trial(value=3.0), create_trial(state=TrialState.FAIL), create_trial(value=1.0)]
    assert ranks(study, trials) == [0.5, 0.0, 1.0]


def test_with_several_objectives_whoever_is_beaten_by_fewer_ranks_higher() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    trials = [create_trial(values=values) for values in ([1.0, 5.0], [3.0, 1.0], [2.0, 4.0])]
    assert np.argsort(ranks(study, trials)).tolist() == [0, 2, 1]


def test_quasirandom_takes_models_in_turn_and_fills_each_range_evenly(space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("quasirandom", space, 0))
    for _ in range(32):
        space.suggest(study.ask())
    for model in ("good", "poor"):
        places = [trial.params[f"{model}.x"] for trial in study.trials if trial.params["model"] == model]
        # The first 16 points of a scrambled Sobol sequence have one in each sixteenth of every axis.
        assert sorted(int(place * 16) for place in places) == list(range(16))


def test_cmaes_draws_choices_as_the_best_trials_have_them() -> None:
    choices = CategoricalDistribution(["a", "b", "c", "d"])
    space = Space.from_dict({"kind": {"type": "categorical", "choices": list(choices.choices)}})
    study = optuna.create_study(direction="maximize", sampler=make_sampler("cmaes", space, 0))
    study.add_trials(
        [
            create_trial(params={"kind": kind}, distributions={"kind": choices}, value=float(kind == "c"))
            for kind in "abcd" * 10
        ]
    )
    assert isinstance(study.sampler, WrappedSampler)
    trial = study._storage.get_trial(study.ask()._trial_id)
    drawn = Counter(
        study.sampler.propose(study, _numbered(trial, number), None, {"kind": choices})["kind"]
        for number in range(200)
    )
    # All ten of the best quarter have c: (10 + 0.5) / (10 + 2) = 0.875 of 200 are 175, with deviation 4.7.
    assert 155 < drawn["c"] < 195


def _numbered(trial: optuna.trial.FrozenTrial, number: int) -> optuna.trial.FrozenTrial:
    trial.number = number
    return trial
