"""fANOVA finds what is known to matter, and finds what Optuna's finds."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.importance import FanovaImportanceEvaluator

from tunescope.analysis.fanova import NO_DIFFERENCE, fanova
from tunescope.analysis.importance import Importance, ImportanceGroup
from tunescope.analysis.measures import MEASURES

Make = Callable[..., pd.DataFrame]


def trials_of(make_trials: Make, columns: dict[str, Any], scores: Any, model: str = "m") -> pd.DataFrame:
    rows = zip(*columns.values(), strict=True)
    params = [dict(zip(columns, row, strict=True)) for row in rows]
    return make_trials(
        *(
            {"params": {"model": model, **one}, "validation_accuracy": float(score)}
            for one, score in zip(params, scores, strict=True)
        )
    )


def shares_of(group: ImportanceGroup) -> dict[str, float]:
    return {one.name: one.share for one in group.influences}


def test_shares_are_those_that_optuna_gives(make_trials: Make) -> None:
    draws = np.random.default_rng(0).random((60, 3))
    draws[:2] = [[0, 0, 0], [1, 1, 1]]  # so that ranges are exactly those that Optuna is told
    scores = draws[:, 0] + draws[:, 1] ** 2 / 2 + 0.05 * draws[:, 2]
    names = ("m.a", "m.b", "m.c")
    study = optuna.create_study(direction="maximize")
    ranges = {name: optuna.distributions.FloatDistribution(0, 1) for name in names}
    for row, score in zip(draws.tolist(), scores.tolist(), strict=True):
        params = dict(zip(names, row, strict=True))
        study.add_trial(optuna.create_trial(params=params, distributions=ranges, value=score))
    known = FanovaImportanceEvaluator(seed=3).evaluate(study)
    (group,) = fanova(trials_of(make_trials, dict(zip(names, draws.T, strict=True)), scores), seed=3).groups
    total = sum(known.values())
    # Scores are scaled first, so that cuts which are equally good are chosen between differently.
    assert shares_of(group) == pytest.approx({name: one / total for name, one in known.items()}, abs=2e-3)


def test_shares_are_those_of_a_function_whose_variance_is_known(make_trials: Make) -> None:
    """Of 3 a + 2 b + c, each uniform, the variances are as 9 to 4 to 1."""
    draws = np.random.default_rng(1).random((1000, 3))
    columns = {f"m.{name}": column for name, column in zip("abc", draws.T, strict=True)}
    (group,) = fanova(trials_of(make_trials, columns, draws @ [3, 2, 1])).groups
    assert [one.name for one in group.influences] == ["m.a", "m.b", "m.c"]
    # A forest smooths a little; repeated over ten seeds, shares stayed within 0.02 of these.
    assert shares_of(group) == pytest.approx({"m.a": 9 / 14, "m.b": 4 / 14, "m.c": 1 / 14}, abs=0.04)


def test_names_and_whole_numbers_matter_as_they_do(make_trials: Make) -> None:
    random = np.random.default_rng(2)
    kinds, depths = random.choice(["x", "y", "z"], 300), random.integers(1, 5, 300)
    scores = 2.0 * (kinds == "y") + 0.5 * depths
    columns = {"m.kind": kinds.tolist(), "m.depth": depths.tolist(), "m.flag": random.random(300) < 0.5}
    (group,) = fanova(trials_of(make_trials, columns, scores)).groups
    # Variances: 4 * 2/9 of the kind, 0.25 * 15/12 of the depth.
    expected = np.array([4 * 2 / 9, 0.25 * 15 / 12])
    assert list(shares_of(group))[:2] == ["m.kind", "m.depth"]
    assert list(shares_of(group).values())[:2] == pytest.approx(expected / expected.sum(), abs=0.06)


def test_a_scale_is_logarithmic_where_trials_were_drawn_so(make_trials: Make) -> None:
    powers, other = np.random.default_rng(3).random((2, 400))
    columns = {"m.rate": 10 ** (-4 * powers), "m.other": other}
    (group,) = fanova(trials_of(make_trials, columns, powers + other)).groups
    assert shares_of(group)["m.rate"] == pytest.approx(0.5, abs=0.06)


def test_a_hyperparameter_of_some_trials_tells_nothing_about_those_without_it(make_trials: Make) -> None:
    random = np.random.default_rng(4)
    rows = []
    for _ in range(300):
        is_svm, value = random.random() < 0.5, float(random.random())
        params = {"model": "svm", "svm.C": value} if is_svm else {"model": "cnn", "cnn.width": value}
        rows.append({"params": params, "validation_accuracy": 0.9 if is_svm else 0.5 + 0.1 * value})
    everything, *models = fanova(make_trials(*rows)).groups
    assert everything.influences[0].name == "model"
    assert shares_of(everything)["model"] > 0.9
    assert shares_of(everything)["svm.C"] < 0.02
    remarks = {group.model: group.remark for group in models}
    assert remarks == {"svm": NO_DIFFERENCE, "cnn": None}


def test_the_value_of_the_best_trial_stands_beside_each_share(make_trials: Make) -> None:
    trials = trials_of(make_trials, {"m.a": range(12), "m.b": [1, 2] * 6}, [abs(a - 7) for a in range(12)])
    assert {one.name: one.best for one in fanova(trials).groups[0].influences} == {"m.a": 0, "m.b": 1}
    (lowest,) = fanova(
        trials.assign(log_loss=trials["validation_accuracy"]), measure=MEASURES["log_loss"]
    ).groups
    assert {one.name: one.best for one in lowest.influences} == {"m.a": 7, "m.b": 2}


def test_of_very_many_trials_a_sample_is_looked_at(make_trials: Make) -> None:
    draws = np.random.default_rng(5).random((300, 2))
    trials = trials_of(make_trials, {"m.a": draws[:, 0], "m.b": draws[:, 1]}, draws[:, 0])
    (group,) = fanova(trials, limit=100).groups
    assert group.trials == 100
    assert group.influences[0].name == "m.a"
    assert fanova(trials, limit=100) == fanova(trials, limit=100)
    assert fanova(trials, limit=100) != fanova(trials, limit=100, seed=1)


def test_too_few_trials_say_so(make_trials: Make) -> None:
    found = fanova(make_trials(*({"validation_accuracy": 0.5} for _ in range(7))))
    assert found == Importance((ImportanceGroup("svm", 7, (), "Needs 8 finished trials"),))
    assert fanova(make_trials()) == Importance(())


@pytest.mark.parametrize(
    ("values", "scores"), [(range(20), [0.5] * 20), ([3] * 20, range(20)), (range(20), [0.0] * 20)]
)
def test_without_a_difference_nothing_is_told(make_trials: Make, values: Any, scores: Any) -> None:
    (group,) = fanova(trials_of(make_trials, {"m.a": values}, scores)).groups
    assert (group.influences, group.remark) == ((), NO_DIFFERENCE)


def test_trials_without_any_hyperparameter_tell_nothing(make_trials: Make) -> None:
    rows = [{"params": {}, "validation_accuracy": index / 10} for index in range(10)]
    assert fanova(make_trials(*rows)).groups[0].remark == NO_DIFFERENCE


@pytest.mark.parametrize("size", [1e-320, 1e300, 1.7e308])
def test_numbers_of_any_size_are_told_apart(make_trials: Make, size: float) -> None:
    places = np.linspace(-1, 1, 40)
    columns = {"m.a": places * size, "m.odd": [math.nan, math.inf] * 20}
    (group,) = fanova(trials_of(make_trials, columns, places * min(size, 1e300))).groups
    assert group.influences[0].name == "m.a"
    assert all(math.isfinite(one.share) for one in group.influences)


def test_thousands_of_names_are_no_thousands_of_intervals(make_trials: Make) -> None:
    names = [f"seed-{index}" for index in range(200)]
    columns = {"m.name": names, "m.a": range(200)}
    (group,) = fanova(trials_of(make_trials, columns, range(200))).groups
    assert shares_of(group)["m.a"] > 0.9
