"""The portfolio shares trials among its arms, measures the best again, and goes on after a kill."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from tunescope.search.strategies.portfolio import ARM, REPEATS, build, final_choice
from tunescope.search.strategies.portfolio.bandit import PRIORS, choose_arm, rewards
from tunescope.search.strategies.portfolio.model import Model, modelled, warped
from tunescope.search.strategies.portfolio.points import Points
from tunescope.search.strategies.portfolio.process import (
    KernelParameters,
    Process,
    _loss,
    expected_improvement,
    fit_kernel,
    squared_distances,
)

FLAT = {
    "x": FloatDistribution(0.0, 1.0),
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "depth": IntDistribution(1, 9),
    "kind": CategoricalDistribution(("a", "b", "c")),
}


def quadratic(trial: Trial) -> float:
    """Best, with 0, at x = 0.7, depth = 4, kind = b."""
    x, depth = trial.suggest_float("x", 0, 1), trial.suggest_int("depth", 1, 9)
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    return -((x - 0.7) ** 2) - 0.02 * (depth - 4) ** 2 - 0.3 * (kind != "b")


def conditional(trial: Trial) -> float:
    """Best, with 0, in the branch `tree` at depth 5."""
    if trial.suggest_categorical("model", ["svm", "tree"]) == "svm":
        score = -1.0 - abs(trial.suggest_float("svm.C", 1e-2, 1e2, log=True) - 1)
        if trial.suggest_categorical("svm.kernel", ["rbf", "linear"]) == "rbf":
            score -= trial.suggest_float("svm.gamma", 0, 1)
        return score
    return -0.1 * abs(trial.suggest_int("tree.depth", 1, 9) - 5)


def searched(
    objective: Callable[[Trial], float], trials: int, direction: str = "maximize", **options: Any
) -> optuna.Study:
    study = optuna.create_study(direction=direction, sampler=build(seed=3, **options))
    study.optimize(objective, n_trials=trials)
    return study


def arms(study: optuna.Study) -> list[str]:
    return [trial.system_attrs[ARM] for trial in study.trials]


def configurations(study: optuna.Study) -> list[dict[str, Any]]:
    return [trial.params for trial in study.trials]


def scored(values: Iterable[tuple[dict[str, Any], float]]) -> list[FrozenTrial]:
    trials = [
        create_trial(params=params, distributions={name: FLAT[name] for name in params}, value=value)
        for params, value in values
    ]
    for number, trial in enumerate(trials):
        trial.number = number
    return trials


class TestTheSearch:
    @pytest.mark.parametrize("direction", ["maximize", "minimize"])
    def test_it_finds_the_best_whichever_way_is_better(self, direction: str) -> None:
        sign = 1 if direction == "maximize" else -1
        study = searched(lambda trial: sign * quadratic(trial), 40, direction)
        best = study.best_params
        assert (best["kind"], best["depth"]) == ("b", 4)
        assert best["x"] == pytest.approx(0.7, abs=0.1)

    def test_it_finds_the_best_branch_of_a_conditional_space(self) -> None:
        study = searched(conditional, 40)
        assert study.best_params == {"model": "tree", "tree.depth": 5}
        assert {tuple(one) for one in configurations(study)} > {("model", "tree.depth")}

    def test_the_same_seed_gives_the_same_trials(self) -> None:
        first, second = searched(conditional, 30), searched(conditional, 30)
        assert configurations(first) == configurations(second)
        assert arms(first) == arms(second)

    def test_a_new_sampler_goes_on_as_the_killed_one_would_have(self) -> None:
        whole = searched(quadratic, 42)
        broken = searched(quadratic, 33)
        broken.sampler = build(seed=3)
        broken.optimize(quadratic, n_trials=9)
        assert configurations(broken) == configurations(whole)

    def test_it_starts_at_random_and_then_lets_the_arms_propose(self) -> None:
        proposed = arms(searched(quadratic, 36))
        assert proposed[:10] == ["start"] * 10
        assert set(proposed[10:]) <= {*PRIORS, "again"}
        assert Counter(proposed)["model"] > 10

    def test_running_trials_are_not_proposed_again(self) -> None:
        study = searched(quadratic, 20, again_every=0)
        asked = [study.ask() for _ in range(5)]
        for trial in asked:
            quadratic(trial)
        proposed = [tuple(sorted(trial.params.items())) for trial in asked]
        assert len(set(proposed)) == len(proposed)

    def test_a_small_space_that_is_all_tried_is_measured_again(self) -> None:
        study = searched(lambda trial: trial.suggest_int("n", 0, 3), 25, again_every=0)
        repeated = [trial for trial in study.trials if REPEATS in trial.system_attrs]
        assert repeated
        assert all(study.trials[one.system_attrs[REPEATS]].params == one.params for one in repeated)

    def test_failed_and_pruned_trials_and_infinite_values_do_not_end_it(self) -> None:
        study = optuna.create_study(sampler=build(seed=1))
        ends = [(TrialState.FAIL, None), (TrialState.PRUNED, None), (None, float("inf")), (None, 1.0)]
        for number in range(40):
            trial = study.ask()
            trial.suggest_float("x", 0, 1)
            state, value = ends[number % 4]
            study.tell(trial, value, state)
        assert "model" in arms(study)

    def test_scores_that_are_all_the_same_do_not_end_it(self) -> None:
        study = optuna.create_study(sampler=build(seed=1))
        study.optimize(lambda trial: 0 * trial.suggest_float("x", 0, 1), n_trials=24)
        assert len(study.trials) == 24

    def test_several_objectives_are_refused(self) -> None:
        study = optuna.create_study(directions=["minimize", "maximize"], sampler=build(seed=1))
        with pytest.raises(ValueError, match="multi-objective"):
            study.ask().suggest_float("x", 0, 1)


class TestWarmStarts:
    def test_they_are_tried_first_each_once(self) -> None:
        given = [{"x": 0.25, "depth": 2, "kind": "c"}, {"x": 0.5, "depth": 3, "kind": "a"}]
        study = searched(quadratic, 4, warm_start=given)
        assert configurations(study)[:2] == given
        assert arms(study) == ["warm_start", "warm_start", "start", "start"]

    def test_what_does_not_fit_the_space_is_drawn_at_random(self) -> None:
        study = searched(quadratic, 1, warm_start=[{"x": 7.0, "depth": 2, "kind": "z", "other": 1}])
        assert study.trials[0].params["depth"] == 2
        assert 0 <= study.trials[0].params["x"] <= 1

    def test_an_enqueued_configuration_does_not_use_one_up(self) -> None:
        study = optuna.create_study(sampler=build(seed=1, warm_start=[{"x": 0.25}]))
        study.enqueue_trial({"x": 0.75})
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
        assert [one["x"] for one in configurations(study)] == [0.75, 0.25]

    def test_a_search_that_goes_on_does_not_try_them_again(self) -> None:
        study = searched(quadratic, 2, warm_start=[{"x": 0.25}, {"x": 0.5}])
        study.sampler = build(seed=3, warm_start=[{"x": 0.25}, {"x": 0.5}])
        study.optimize(quadratic, n_trials=1)
        assert arms(study)[2] == "start"


class TestRepetitions:
    def test_a_repetition_has_the_configuration_of_the_trial_that_it_names(self) -> None:
        study = searched(quadratic, 40)
        again = [trial for trial in study.trials if trial.system_attrs[ARM] == "again"]
        assert [trial.number for trial in again] == [23, 31, 39]
        for trial in again:
            first = study.trials[trial.system_attrs[REPEATS]]
            assert first.number < trial.number
            assert first.params == trial.params
            assert REPEATS not in first.system_attrs

    def test_a_tiny_budget_has_none(self) -> None:
        assert "again" not in arms(searched(quadratic, 15, max_trials=15))

    def test_the_last_trials_of_a_known_budget_are_repetitions(self) -> None:
        assert arms(searched(quadratic, 40, max_trials=40))[-2:] == ["again", "again"]

    def test_they_can_be_switched_off(self) -> None:
        assert "again" not in arms(searched(quadratic, 40, max_trials=40, again_every=0))


class TestTheFinalChoice:
    def test_there_is_none_without_a_complete_trial(self) -> None:
        failed = create_trial(state=TrialState.FAIL)
        assert final_choice([failed], "maximize") is None

    @pytest.mark.parametrize(("direction", "number"), [("maximize", 2), ("minimize", 0)])
    def test_few_trials_count_with_the_mean_of_their_configuration(self, direction: str, number: int) -> None:
        trials = scored([({"x": 0.1}, 0.0), ({"x": 0.5}, 1.0), ({"x": 0.9}, 0.9), ({"x": 0.5}, 0.2)])
        assert final_choice(trials, direction) == number

    def test_of_a_configuration_the_best_trial_is_recommended(self) -> None:
        trials = scored([({"x": 0.1}, 0.0), ({"x": 0.5}, 0.8), ({"x": 0.5}, 0.9), ({"x": 0.5}, 0.7)])
        assert final_choice(trials, "maximize") == 2

    def test_a_lucky_score_among_poor_neighbours_loses_to_a_good_neighbourhood(self) -> None:
        rng = np.random.default_rng(0)
        around = [({"x": 0.7 + 0.01 * step}, 0.9 + 0.03 * rng.standard_normal()) for step in range(-6, 7)]
        poor = [({"x": 0.2 + 0.01 * step}, 0.5 + 0.03 * rng.standard_normal()) for step in range(-6, 7)]
        lucky = ({"x": 0.201}, 0.97)
        trials = scored([*around, *poor, lucky])
        chosen = final_choice(trials, "maximize")
        assert chosen is not None
        assert chosen < len(around)

    def test_configurations_without_hyperparameters_have_a_choice_too(self) -> None:
        trials = [create_trial(value=float(value)) for value in range(12)]
        for number, trial in enumerate(trials):
            trial.number = number
        assert final_choice(trials, "maximize") == 11


class TestTheBandit:
    def test_a_trial_pays_when_it_is_among_the_best_so_far(self) -> None:
        assert rewards([1.0, 2.0, 1.5, 3.0, 3.0]) == [True, True, False, True, False]

    def test_an_arm_that_pays_is_chosen_most(self) -> None:
        rng = np.random.default_rng(0)
        played = ["tpe"] * 40 + ["model"] * 40
        drawn = Counter(choose_arm(played, [True] * 40 + [False] * 40, rng) for _ in range(200))
        # By expectation 18 of 20 trials of `tpe` pay, and 6 of 24 of the model: above 95 % of the draws.
        assert drawn["tpe"] > 150

    def test_before_anything_is_known_the_model_leads_and_each_arm_has_a_chance(self) -> None:
        rng = np.random.default_rng(0)
        drawn = Counter(choose_arm([], [], rng) for _ in range(2000))
        assert drawn.most_common(1)[0][0] == "model"
        assert set(drawn) == set(PRIORS)


class TestThePoints:
    def test_a_configuration_survives_coding_and_decoding(self) -> None:
        given = {"x": 0.25, "rate": 0.01, "depth": 3, "kind": "c"}
        points = Points(scored([(given, 0.0)]))
        row = points.encode([given])[0]
        decoded = points.decode(row)
        assert (decoded["kind"], decoded["depth"]) == ("c", 3)
        assert (decoded["x"], decoded["rate"]) == pytest.approx((0.25, 0.01))

    def test_what_a_configuration_lacks_is_missing_from_its_row(self) -> None:
        points = Points(scored([({"x": 0.5, "depth": 1}, 0.0), ({"x": 0.5}, 0.0)]))
        assert np.isnan(points.encode([{"x": 0.5}])[0]).tolist() == [False, True]
        assert points.decode(points.encode([{"x": 0.5}])[0]) == {"x": 0.5}

    def test_neighbours_differ_in_one_hyperparameter(self) -> None:
        given = {"x": 0.5, "depth": 3, "kind": "a"}
        points = Points(scored([(given, 0.0)]))
        row = points.encode([given])[0]
        neighbours = points.neighbours(row, np.random.default_rng(0))
        assert np.all(np.sum(neighbours != row, axis=1) == 1)
        assert {points.decode(one)["depth"] for one in neighbours} == {1, 2, 3, 4, 5}
        assert {points.decode(one)["kind"] for one in neighbours} == {"a", "b", "c"}

    def test_neighbours_keep_the_choice_on_which_other_hyperparameters_depend(self) -> None:
        points = Points(scored([({"kind": "a", "x": 0.5}, 0.0), ({"kind": "b", "depth": 3}, 0.0)]))
        row = points.encode([{"kind": "b", "depth": 3}])[0]
        neighbours = points.neighbours(row, np.random.default_rng(0))
        assert {points.decode(one)["kind"] for one in neighbours} == {"b"}


class TestTheProcess:
    ROWS = np.array([[0.1, 0, np.nan], [0.6, 1, 0.5], [0.9, 1, 0.2], [0.3, 2, np.nan]])
    CATEGORICAL = np.array([False, True, False])
    SCORES = np.array([-1.0, 0.5, 1.2, -0.7])

    def test_distances_are_of_numbers_of_choices_and_of_what_only_one_has(self) -> None:
        numbers, choices, missing = squared_distances(self.ROWS, self.ROWS, self.CATEGORICAL)
        assert numbers[0, 1] == pytest.approx(0.25)
        assert choices[0].tolist() == [0, 1, 1, 1]
        assert missing[0].tolist() == [0, 1, 1, 0]
        assert missing[1, 2] == pytest.approx(0.09)

    def test_the_slope_of_the_loss_is_the_one_that_differences_give(self) -> None:
        distances = np.array(list(squared_distances(self.ROWS, self.ROWS, self.CATEGORICAL)))
        at, small = np.array([0.1, -0.3, 0.2, 0.4, -2.0]), 1e-6
        _, slope = _loss(at, distances, self.SCORES)
        differences = [
            (_loss(at + step, distances, self.SCORES)[0] - _loss(at - step, distances, self.SCORES)[0])
            / (2 * small)
            for step in small * np.eye(len(at))
        ]
        assert slope == pytest.approx(differences, rel=1e-4, abs=1e-6)

    def test_it_believes_scores_more_where_they_agree(self) -> None:
        kernel = KernelParameters(np.log([1.0, 1.0, 1.0, 1.0, 0.1]))
        process = Process(self.ROWS, self.SCORES, self.CATEGORICAL, kernel)
        deviation = process.predict(self.ROWS)[1]
        twice = Process(np.vstack([self.ROWS, self.ROWS]), np.tile(self.SCORES, 2), self.CATEGORICAL, kernel)
        assert np.all(twice.predict(self.ROWS)[1] < deviation)

    def test_believing_in_running_trials_changes_no_expectation_but_makes_surer(self) -> None:
        process = Process(
            self.ROWS, self.SCORES, self.CATEGORICAL, fit_kernel(self.ROWS, self.SCORES, self.CATEGORICAL)
        )
        there = np.array([[0.5, 0, 0.5]])
        surer = process.believing(there)
        assert surer.predict(there)[0] == pytest.approx(process.predict(there)[0], abs=1e-6)
        assert surer.predict(there)[1] < process.predict(there)[1]

    def test_the_expected_improvement_is_that_of_many_draws(self) -> None:
        draws = np.random.default_rng(0).normal(0.3, 0.5, 400_000)
        # The standard error of the mean of so many draws is below 0.0005.
        assert expected_improvement(0.3, 0.5, 0.6) == pytest.approx(
            np.maximum(draws - 0.6, 0).mean(), abs=0.002
        )


class TestTheModel:
    def test_failures_do_not_drown_the_differences_among_the_good(self) -> None:
        scores = np.array([-1e6, 1.0, 1.1, 1.2, 1.3, 1.4, -np.inf])
        bent = warped(scores)
        assert np.all(np.diff(bent[1:6]) > 0)
        assert bent[5] - bent[1] > 0.5
        assert (bent.mean(), bent.std()) == (pytest.approx(0, abs=1e-9), pytest.approx(1))

    def test_of_many_trials_the_best_and_a_sample_of_the_others_are_modelled(self) -> None:
        scores = np.random.default_rng(0).permutation(1000).astype(float)
        places = modelled(scores, 100)
        assert len(places) == len(set(places.tolist())) == 100
        assert set(np.argsort(-scores)[:50]) <= set(places.tolist())

    def test_it_proposes_what_was_not_tried(self) -> None:
        tried = scored([({"depth": depth}, -abs(depth - 5.0)) for depth in (1, 2, 4, 6, 7, 9)])
        proposal = Model(tried, np.array([trial.value for trial in tried])).propose(
            [], np.random.default_rng(0)
        )
        assert proposal == {"depth": 5}

    def test_it_proposes_nothing_where_all_is_tried(self) -> None:
        tried = scored([({"depth": depth}, float(depth)) for depth in range(1, 10)])
        assert Model(tried, np.arange(9.0)).propose([], np.random.default_rng(0)) is None
