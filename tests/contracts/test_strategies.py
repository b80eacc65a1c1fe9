"""Every strategy keeps Optuna's contract of a sampler, and ours of a search."""

import pickle
import re
from collections.abc import Callable
from statistics import median
from typing import Any

import optuna
import pytest
from optuna.samplers import BaseSampler
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)
from optuna.trial import TrialState

from tunescope.errors import ParameterError, UnknownNameError
from tunescope.search import STRATEGIES, Space, make_sampler

# Grid and nevergrad propose points of a declared space only, so Optuna's free-form cases are not for them.
FREE_FORM = [name for name, strategy in STRATEGIES.items() if not strategy.needs_space]
# Samplers that propose whatever they are asked for from the first trial on. Random proposes nothing
# relatively, evolutionary nothing in its first generation, and Optuna's own grouped TPE fails these cases;
# the portfolio does what the strategies in it do.
RELATIVE = ["quasirandom", "gp", "cmaes"]
SEVERAL_OBJECTIVES = [name for name in FREE_FORM if STRATEGIES[name].multi_objective]
ONE_OBJECTIVE = [name for name in FREE_FORM if not STRATEGIES[name].multi_objective]
# A Gaussian process takes some tenths of a second for a trial: fewer of them show the same.
SLOW = {"gp", "portfolio"}

LEARNING = [name for name in STRATEGIES if name not in ("grid", "random", "quasirandom")]

DECLARATION = {
    "model": {"type": "categorical", "choices": ["svm", "tree"]},
    "svm.C": {"type": "float", "low": 0.01, "high": 100, "log": True, "when": {"model": "svm"}},
    "svm.kernel": {"type": "categorical", "choices": ["rbf", "linear"], "when": {"model": "svm"}},
    "svm.gamma": {
        "type": "float",
        "low": 0.001,
        "high": 1,
        "log": True,
        "when": {"model": "svm", "svm.kernel": "rbf"},
    },
    "tree.depth": {"type": "int", "low": 1, "high": 9, "when": {"model": "tree"}},
}


def _long(names: list[str]) -> list[Any]:
    """The slow ones of these strategies with the long tests."""
    return [pytest.param(name, marks=pytest.mark.long if name in SLOW else ()) for name in names]


@pytest.fixture
def space() -> Space:
    return Space.from_dict(DECLARATION)


class TestOptunasContract(BasicSamplerTestCase):
    """Optuna's own cases for every sampler."""

    @pytest.fixture(params=_long(FREE_FORM))
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return lambda: make_sampler(request.param, seed=0)


class TestOptunasContractOfRelativeSampling(RelativeSamplerTestCase):
    """Optuna's own cases for samplers that propose all hyperparameters together."""

    @pytest.fixture(params=_long(RELATIVE))
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return lambda: make_sampler(request.param, seed=0)


class TestOptunasContractOfSeveralObjectives(MultiObjectiveSamplerTestCase):
    """Optuna's own case for samplers that take several objectives."""

    @pytest.fixture(params=SEVERAL_OBJECTIVES)
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return lambda: make_sampler(request.param, seed=0)


class TestOptunasContractOfSingleObjectives(SingleOnlySamplerTestCase):
    """Optuna's own case for samplers that take one objective."""

    @pytest.fixture(params=ONE_OBJECTIVE)
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return lambda: make_sampler(request.param, seed=0)


@pytest.mark.parametrize("name", STRATEGIES)
class TestOurContract:
    def test_every_proposal_is_in_the_space(self, name: str, space: Space) -> None:
        for trial in _searched(name, space, seed=1, trials=30).trials:
            assert space.faults(trial.params) == []

    def test_every_hyperparameter_gets_a_value_that_its_conditions_ask_for(
        self, name: str, space: Space
    ) -> None:
        for trial in _searched(name, space, seed=1, trials=20).trials:
            assert set(trial.params) == {
                one.name for one in space.hyperparameters if one.exists(trial.params)
            }

    def test_the_same_seed_gives_the_same_trials(self, name: str, space: Space) -> None:
        first, second = (_searched(name, space, seed=7, trials=25) for _ in range(2))
        assert [trial.params for trial in first.trials] == [trial.params for trial in second.trials]

    def test_another_seed_gives_other_trials(self, name: str, space: Space) -> None:
        first, second = (_searched(name, space, seed=seed, trials=25) for seed in (1, 2))
        assert [trial.params for trial in first.trials] != [trial.params for trial in second.trials]

    def test_a_new_sampler_goes_on_where_the_last_one_stopped(self, name: str, space: Space) -> None:
        whole = _searched(name, space, seed=5, trials=24)
        halves = _searched(name, space, seed=5, trials=12)
        halves.sampler = make_sampler(name, space, 5)
        _search(halves, space, len(whole.trials) - len(halves.trials))
        assert [trial.params for trial in halves.trials] == [trial.params for trial in whole.trials]

    def test_an_enqueued_configuration_is_tried_as_it_is(self, name: str, space: Space) -> None:
        configuration = space.defaults()[0]
        study = _searched(name, space, seed=1, trials=3, enqueued=configuration)
        assert study.trials[0].params == configuration

    def test_a_part_of_a_configuration_is_completed(self, name: str, space: Space) -> None:
        study = _searched(name, space, seed=1, trials=8)
        study.enqueue_trial({"model": "svm"})
        _search(study, space, 1)
        assert study.trials[8].params["model"] == "svm"
        assert space.faults(study.trials[8].params) == []
        assert "svm.C" in study.trials[8].params

    def test_failed_and_pruned_trials_do_not_end_the_search(self, name: str, space: Space) -> None:
        study = optuna.create_study(direction="maximize", sampler=make_sampler(name, space, 3))
        for number in range(15):
            trial = study.ask()
            space.suggest(trial)
            trial.report(number / 20, 1)
            state = (TrialState.FAIL, TrialState.PRUNED, TrialState.COMPLETE)[number % 3]
            study.tell(trial, number / 10 if state == TrialState.COMPLETE else None, state)
        assert [trial.state for trial in study.trials[:3]] == [
            TrialState.FAIL,
            TrialState.PRUNED,
            TrialState.COMPLETE,
        ]
        assert all(space.faults(trial.params) == [] for trial in study.trials)
        assert len({str(trial.params) for trial in study.trials}) > 10

    def test_trials_that_run_at_the_same_time_are_not_all_alike(self, name: str, space: Space) -> None:
        study = _searched(name, space, seed=2, trials=8)
        running = [space.suggest(study.ask()) for _ in range(4)]
        # In a space with an integer of nine values two may be the same by chance.
        assert len({str(configuration) for configuration in running}) > 1

    def test_it_serves_one_study_after_another(self, name: str, space: Space) -> None:
        sampler = make_sampler(name, space, 4)
        studies = [optuna.create_study(direction="maximize", sampler=sampler) for _ in range(2)]
        for study in studies:
            _search(study, space, 8)
        assert [len(study.trials) for study in studies] == [8, 8]
        assert all(space.faults(trial.params) == [] for study in studies for trial in study.trials)

    def test_it_has_a_line_for_people(self, name: str) -> None:
        assert STRATEGIES[name].name == name
        assert 20 < len(STRATEGIES[name].line) < 100
        assert 10 < len(STRATEGIES[name].suits) < 70

    def test_an_option_that_it_does_not_have_is_named(self, name: str) -> None:
        (fault,) = STRATEGIES[name].option_faults({"colour": "red"})
        assert fault.startswith(f"`colour` is no option of strategy `{name}`")


@pytest.mark.parametrize("name", _long(LEARNING))
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_what_learns_from_trials_is_better_than_random_either_way(name: str, direction: str) -> None:
    """On a sphere, after 60 trials (25 of a slow strategy), by medians over seeds."""
    seeds, trials = (1, 25) if name in SLOW else (3, 60)
    random = median(_distance("random", direction, seed, trials) for seed in range(9))
    assert median(_distance(name, direction, seed, trials) for seed in range(seeds)) < random


@pytest.mark.parametrize(
    "name", [name for name, one in STRATEGIES.items() if one.multi_objective and name not in SLOW]
)
def test_several_objectives_are_searched_together(name: str, space: Space) -> None:
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=make_sampler(name, space, 0))
    for _ in range(12):
        trial = study.ask()
        configuration = space.suggest(trial)
        numbers = [value for value in configuration.values() if not isinstance(value, str)]
        study.tell(trial, [sum(numbers), max(numbers)])
    assert all(space.faults(trial.params) == [] for trial in study.trials)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in ("nevergrad", "portfolio")])
def test_a_sampler_can_be_sent_to_another_process(name: str, space: Space) -> None:
    study = _searched(name, space, seed=1, trials=12)
    sent = pickle.loads(pickle.dumps(study))
    _search(sent, space, 1)
    assert space.faults(sent.trials[-1].params) == []


def test_the_strategies_are_in_the_order_in_which_people_meet_them() -> None:
    assert list(STRATEGIES) == [
        "grid",
        "random",
        "quasirandom",
        "evolutionary",
        "nevergrad",
        "tpe",
        "gp",
        "cmaes",
        "portfolio",
    ]


def test_an_unknown_strategy_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"no strategy `gird`.*grid, random"):
        make_sampler("gird")


@pytest.mark.parametrize("name", ["grid", "nevergrad"])
def test_a_strategy_that_needs_a_space_says_so(name: str) -> None:
    with pytest.raises(ParameterError, match="needs a declared space"):
        make_sampler(name)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("grid", {"order": "sorted"}, "`order` is `sorted`, but must be `shuffled` or `given`"),
        (
            "evolutionary",
            {"population_size": 1},
            "`population_size` is 1, but must be a whole number, 2 or more",
        ),
        (
            "tpe",
            {"n_startup_trials": True},
            "`n_startup_trials` is True, but must be a whole number, 1 or more",
        ),
        (
            "nevergrad",
            {"optimizer": "NGOp"},
            "`optimizer` is `NGOp`, but no optimizer of nevergrad: did you mean `NGOpt`?",
        ),
        ("nevergrad", {"budget": 0}, "`budget` is 0, but must be a whole number, 1 or more"),
        ("random", {"order": "given"}, "`order` is no option of strategy `random`, which has none"),
    ],
)
def test_a_wrong_option_is_said_in_one_sentence(
    name: str, options: dict[str, object], sentence: str, space: Space
) -> None:
    assert STRATEGIES[name].option_faults(options) == [sentence]
    with pytest.raises(ParameterError, match=re.escape(sentence)):
        make_sampler(name, space, 0, **options)


def _searched(
    name: str, space: Space, seed: int, trials: int, enqueued: dict[str, object] | None = None
) -> optuna.Study:
    """Run a search for the largest sum of what is numeric; fewer trials where a grid ends or one is slow."""
    study = optuna.create_study(direction="maximize", sampler=make_sampler(name, space, seed))
    if enqueued:
        study.enqueue_trial(enqueued)
    trials = min(trials, 14) if name in SLOW else trials
    _search(study, space, min(trials, space.grid_size) if name == "grid" else trials)
    return study


def _search(study: optuna.Study, space: Space, trials: int) -> None:
    for _ in range(trials):
        trial = study.ask()
        configuration = space.suggest(trial)
        study.tell(trial, sum(value for value in configuration.values() if isinstance(value, int | float)))


def _distance(name: str, direction: str, seed: int, trials: int) -> float:
    """How near a search comes to the middle of a sphere in four dimensions."""
    declaration = {f"x{index}": {"type": "float", "low": -1, "high": 1} for index in range(4)}
    space = Space.from_dict(declaration)
    study = optuna.create_study(direction=direction, sampler=make_sampler(name, space, seed))
    sign = 1 if direction == "minimize" else -1
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial, sign * sum((value - 0.3) ** 2 for value in space.suggest(trial).values()))
    return sign * study.best_value
