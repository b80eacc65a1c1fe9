"""What mattered is found where it is known what mattered."""

import math
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.importance import PedAnovaImportanceEvaluator

from tunescope.analysis.importance import Importance, ImportanceGroup, importance


def _svm(random: np.random.Generator) -> dict[str, Any]:
    """Accuracy depends on C alone; gamma exists for one kernel only."""
    c, kernel = float(10 ** random.uniform(-2, 2)), str(random.choice(["rbf", "linear"]))
    params = {"model": "svm", "svm.C": c, "svm.kernel": kernel}
    params |= {"svm.gamma": float(random.uniform(0, 1))} if kernel == "rbf" else {}
    return {"params": params, "validation_accuracy": 0.9 - 0.2 * abs(math.log10(c))}


def _cnn(random: np.random.Generator) -> dict[str, Any]:
    width = int(random.integers(8, 64))
    params = {"model": "cnn", "cnn.width": width, "cnn.flip": bool(random.random() < 0.5)}
    return {"params": params, "validation_accuracy": 0.2 + 0.001 * width}


def test_what_decides_comes_first(make_trials) -> None:
    random = np.random.default_rng(0)
    found = importance(make_trials(*(_svm(random) for _ in range(60)), *(_cnn(random) for _ in range(40))))
    everything, svm, cnn = found.groups
    assert (everything.model, everything.trials) == (None, 100)
    assert (svm.model, svm.trials) == ("svm", 60)
    assert (cnn.model, cnn.trials) == ("cnn", 40)
    assert svm.influences[0].name == "svm.C"
    assert cnn.influences[0].name == "cnn.width"
    assert svm.influences[0].share > 0.5
    assert {one.name for one in everything.influences} >= {"model", "svm.C", "svm.gamma", "cnn.flip"}
    for group in found.groups:
        assert sum(one.share for one in group.influences) == pytest.approx(1)


def test_the_value_of_the_best_trial_stands_beside_each_share(make_trials) -> None:
    random = np.random.default_rng(1)
    rows = [_svm(random) for _ in range(30)]
    best = max(rows, key=lambda row: row["validation_accuracy"])["params"]
    (group,) = importance(make_trials(*rows)).groups
    assert {one.name: one.best for one in group.influences} == {
        name: best.get(name) for name in ("svm.C", "svm.kernel", "svm.gamma")
    }


def test_shares_are_those_that_optuna_gives(make_trials) -> None:
    random = np.random.default_rng(2)
    rows = [
        {"params": {"model": "m", "m.a": float(a), "m.b": float(b)}, "validation_accuracy": float(a + b / 10)}
        for a, b in random.uniform(0, 1, (50, 2))
    ]
    columns = {name: [row["params"][name] for row in rows] for name in ("m.a", "m.b")}
    ranges = {
        name: optuna.distributions.FloatDistribution(min(values), max(values), log=False)
        for name, values in columns.items()
    }
    study = optuna.create_study(direction="maximize")
    for row in rows:
        params = {name: row["params"][name] for name in ranges}
        study.add_trial(
            optuna.create_trial(params=params, distributions=ranges, value=row["validation_accuracy"])
        )
    known = PedAnovaImportanceEvaluator(target_quantile=0.1).evaluate(study)
    total = sum(known.values())
    (group,) = importance(make_trials(*rows)).groups
    assert {one.name: one.share for one in group.influences} == pytest.approx(
        {name: value / total for name, value in known.items()}
    )


def test_too_few_trials_say_so(make_trials) -> None:
    found = importance(make_trials(*({"validation_accuracy": 0.5} for _ in range(7))))
    assert found == Importance((ImportanceGroup("svm", 7, (), "Needs 8 finished trials"),))


def test_trials_that_score_alike_tell_nothing(make_trials) -> None:
    rows = [{"params": {"model": "svm", "svm.C": float(c)}, "validation_accuracy": 0.5} for c in range(20)]
    (group,) = importance(make_trials(*rows)).groups
    assert (group.influences, group.remark) == ((), "Nothing that was varied made a difference")


def test_the_same_trials_always_give_the_same_answer(make_trials) -> None:
    random = np.random.default_rng(3)
    trials = make_trials(*(_svm(random) for _ in range(40)))
    assert importance(trials) == importance(trials)


def test_of_very_many_trials_a_selection_is_looked_at(make_trials) -> None:
    random = np.random.default_rng(4)
    rows = [_svm(random) for _ in range(90)]
    (group,) = importance(make_trials(*rows), limit=45).groups
    assert group.trials == 90
    assert group.influences[0].name == "svm.C"


def test_optuna_speaks_as_loudly_afterwards_as_before(make_trials) -> None:
    before = optuna.logging.get_verbosity()
    random = np.random.default_rng(5)
    importance(make_trials(*(_svm(random) for _ in range(10))))
    assert optuna.logging.get_verbosity() == before


def test_without_trials_there_is_no_group(make_trials) -> None:
    assert importance(make_trials()) == Importance(())
