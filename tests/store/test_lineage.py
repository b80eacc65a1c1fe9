"""What samplers note of a trial tells where it came from."""

import optuna
import pytest

from tunescope.search import make_sampler
from tunescope.store import Store, frames
from tunescope.store.lineage import Lineage, lineage, numbered


def studied(store: Store, sampler: optuna.samplers.BaseSampler, trials: int) -> optuna.Study:
    study = optuna.create_study(storage=store.storage, sampler=sampler, direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=trials)
    return study


def id_of(store: Store, study: optuna.Study, number: int) -> int:
    found = frames.trials_frame(store, study=study.study_name, number=number)
    return int(found["trial_id"].iloc[0])


def test_a_trial_is_found_by_its_study_and_number(store: Store) -> None:
    first, second = (studied(store, optuna.samplers.RandomSampler(0), 3) for _ in range(2))
    for study in (first, second):
        assert numbered(store, study.study_name, 2) == id_of(store, study, 2)
    assert numbered(store, first.study_name, 3) is None
    assert numbered(store, "nobody's", 0) is None


def test_an_unknown_trial_and_one_of_a_plain_sampler_have_none(store: Store) -> None:
    study = studied(store, optuna.samplers.RandomSampler(0), 1)
    assert lineage(store, id_of(store, study, 0)) == lineage(store, 999) == Lineage()


def test_an_enqueued_trial_is_told_from_a_proposed_one(store: Store) -> None:
    study = optuna.create_study(storage=store.storage)
    study.enqueue_trial({"x": 0.5}, user_attrs={"retry_of": 3})
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    first, second = (lineage(store, id_of(store, study, number)) for number in (0, 1))
    assert first == Lineage(is_enqueued=True, retry_of=3)
    assert second == Lineage()


@pytest.mark.parametrize("which", ["evolutionary", "nsga2"])
def test_a_bred_trial_names_its_generation_and_parents(store: Store, which: str) -> None:
    sampler = (
        make_sampler("evolutionary", seed=0, population_size=4)
        if which == "evolutionary"
        else optuna.samplers.NSGAIISampler(population_size=4, seed=0)
    )
    study = studied(store, sampler, 10)
    found = lineage(store, id_of(store, study, 9))
    assert found.generation == 2
    assert len(found.parents) == 4
    assert set(found.parents) <= set(range(8))
    assert lineage(store, id_of(store, study, 0)).parents == ()


def test_a_trial_that_measures_another_again_names_it(store: Store) -> None:
    study = studied(store, optuna.samplers.RandomSampler(0), 2)
    trial_id = id_of(store, study, 1)
    ask = study.ask()
    study._storage.set_trial_system_attr(ask._trial_id, "tunescope:repeats", 0)
    study._storage.set_trial_system_attr(ask._trial_id, "tunescope:arm", "again")
    study.tell(ask, 1.0)
    assert lineage(store, ask._trial_id) == Lineage(repeats=0, arm="again")
    assert lineage(store, trial_id) == Lineage()
