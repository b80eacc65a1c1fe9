"""Nevergrad's optimizers in a conditional space."""

import logging

import optuna
import pytest

from tunescope.search import STRATEGIES, Space, make_sampler
from tunescope.search.strategies.nevergrad import NevergradSampler


@pytest.fixture
def space() -> Space:
    return Space.from_dict(
        {
            "kernel": {"type": "categorical", "choices": ["rbf", "linear"]},
            "gamma": {"type": "float", "low": 0.001, "high": 1, "log": True, "when": {"kernel": "rbf"}},
            "depth": {"type": "int", "low": 1, "high": 9},
        }
    )


@pytest.mark.parametrize("optimizer", ["DiscreteLenglerOnePlusOne", "TwoPointsDE", "CMA", "PSO"])
def test_optimizers_of_all_kinds_take_parallel_workers(optimizer: str, space: Space) -> None:
    study = optuna.create_study(sampler=make_sampler("nevergrad", space, 0, optimizer=optimizer))
    running = [study.ask() for _ in range(3)]
    for _ in range(12):
        trial = running.pop(0)
        configuration = space.suggest(running[-1])
        study.tell(trial, configuration["depth"])
        running.append(study.ask())
    assert all(space.faults(trial.params) == [] for trial in study.trials)


def test_an_optimizer_that_fails_is_reported_and_the_search_goes_on(
    space: Space, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = make_sampler("nevergrad", space, 0)
    assert isinstance(sampler, NevergradSampler)

    def fail() -> None:
        raise TypeError("a library has changed")

    monkeypatch.setattr(sampler._optimizer, "ask", fail)
    study = optuna.create_study(sampler=sampler)
    with caplog.at_level(logging.WARNING, "tunescope"):
        configurations = [space.suggest(study.ask()) for _ in range(3)]
    assert all(space.faults(configuration) == [] for configuration in configurations)
    (message,) = [record.getMessage() for record in caplog.records if record.name.startswith("tunescope")]
    assert "given up after 0 points (a library has changed)" in message


def test_an_optimizer_whose_package_is_missing_is_refused() -> None:
    try:
        import fcmaes  # noqa: F401
    except ImportError:
        (fault,) = STRATEGIES["nevergrad"].option_faults({"optimizer": "FCMA"})
        assert fault.startswith("`optimizer` is `FCMA`, but this optimizer cannot be used here: ")
        assert "fcmaes" in fault
    else:
        pytest.skip("fcmaes is installed")


def test_optimizers_that_work_have_no_fault() -> None:
    for optimizer in ("DiscreteLenglerOnePlusOne", "TwoPointsDE", "OnePlusOne"):
        assert STRATEGIES["nevergrad"].option_faults({"optimizer": optimizer}) == []


def test_an_optimizer_that_waits_for_each_answer_is_refused() -> None:
    (fault,) = STRATEGIES["nevergrad"].option_faults({"optimizer": "Cobyla"})
    assert "waits for the answer to each point" in fault
