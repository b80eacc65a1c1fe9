"""Every strategy keeps Optuna's contract of a sampler, and ours of a search."""

from collections.abc import Callable

import optuna
import pytest
from optuna.samplers import BaseSampler
from optuna.testing.pytest_samplers import BasicSamplerTestCase, SingleOnlySamplerTestCase
from optuna.trial import TrialState

from tunescope.errors import ParameterError, UnknownNameError
from tunescope.search import STRATEGIES, Space, make_sampler

# Grid proposes the points of a declared space only, so Optuna's free-form cases are not for it.
FREE_FORM = [name for name, strategy in STRATEGIES.items() if not strategy.needs_space]
SINGLE_OBJECTIVE = ["evolutionary"]

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


@pytest.fixture
def space() -> Space:
    return Space.from_dict(DECLARATION)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
class TestOptunasContract(BasicSamplerTestCase):
    """Optuna's own cases for every sampler."""

    @pytest.fixture(params=FREE_FORM)
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return lambda: make_sampler(request.param, seed=0)


class TestOptunasContractOfSingleObjectives(SingleOnlySamplerTestCase):
    """Optuna's own case for samplers that take one objective."""

    @pytest.fixture(params=SINGLE_OBJECTIVE)
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return lambda: make_sampler(request.param, seed=0)


@pytest.mark.parametrize("name", STRATEGIES)
class TestOurContract:
    def test_every_proposal_is_in_the_space(self, name: str, space: Space) -> None:
        for trial in _searched(name, space, seed=1, trials=30).trials:
            assert space.faults(trial.params) == []

    def test_the_same_seed_gives_the_same_trials(self, name: str, space: Space) -> None:
        first, second = (_searched(name, space, seed=7, trials=25) for _ in range(2))
        assert [trial.params for trial in first.trials] == [trial.params for trial in second.trials]

    def test_another_seed_gives_other_trials(self, name: str, space: Space) -> None:
        first, second = (_searched(name, space, seed=seed, trials=25) for seed in (1, 2))
        assert [trial.params for trial in first.trials] != [trial.params for trial in second.trials]

    def test_an_enqueued_configuration_is_tried_as_it_is(self, name: str, space: Space) -> None:
        configuration = space.defaults()[0]
        study = _searched(name, space, seed=1, trials=3, enqueued=configuration)
        assert study.trials[0].params == configuration

    def test_a_failed_trial_does_not_end_the_search(self, name: str, space: Space) -> None:
        study = optuna.create_study(direction="maximize", sampler=make_sampler(name, space, 3))
        for number in range(12):
            trial = study.ask()
            space.suggest(trial)
            study.tell(
                trial, None if number % 3 == 0 else number / 10, TrialState.FAIL if number % 3 == 0 else None
            )
        assert len(study.get_trials(states=(TrialState.COMPLETE,))) == 8

    def test_it_has_a_line_for_people(self, name: str) -> None:
        assert STRATEGIES[name].name == name
        assert 20 < len(STRATEGIES[name].line) < 100


def test_an_unknown_strategy_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"no strategy `gird`.*grid, random"):
        make_sampler("gird")


def test_grid_without_a_space_says_what_it_needs() -> None:
    with pytest.raises(ParameterError, match="needs a declared space"):
        make_sampler("grid")


def _searched(
    name: str, space: Space, seed: int, trials: int, enqueued: dict[str, object] | None = None
) -> optuna.Study:
    """Run a search for the largest sum of what is numeric; fewer trials where a grid ends."""
    study = optuna.create_study(direction="maximize", sampler=make_sampler(name, space, seed))
    if enqueued:
        study.enqueue_trial(enqueued)
    for _ in range(min(trials, space.grid_size) if name == "grid" else trials):
        trial = study.ask()
        configuration = space.suggest(trial)
        study.tell(trial, sum(value for value in configuration.values() if isinstance(value, int | float)))
    return study
