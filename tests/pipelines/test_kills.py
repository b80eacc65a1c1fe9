"""A search that is killed again and again loses nothing that had ended, and doubles nothing."""

import random
import time

import optuna
import pytest
from projects import Project, kill_group

from tunescope.store import frames, open_store

TRIALS = 60


@pytest.mark.long
def test_a_search_killed_at_random_moments_ends_with_every_trial_once(project: Project) -> None:
    moments = random.Random(0)
    models = "search.models=gaussian_nb+decision_tree+random_forest"
    params = (
        f"run.id=killed,dataset.source=photos,search.strategies=random,search.max_trials={TRIALS},{models}"
    )
    ended_before: set[int] = set()
    for _ in range(6):
        process = project.start(params)
        time.sleep(moments.uniform(5, 12))
        kill_group(process)
        ended = _complete(project)
        assert ended_before <= ended
        ended_before = ended
    last = project.run(params)
    assert last.returncode == 0, last.stderr

    storage = optuna.storages.RDBStorage(project.store_url)
    trials = optuna.load_study(study_name="killed-random", storage=storage).trials
    storage.engine.dispose()
    # A configuration that was lost is tried once more; one that is lost again stays lost, and counts.
    # A trial that was lost before it had a configuration has tried nothing, and does not count.
    retried = [trial.user_attrs["retry_of"] for trial in trials if "retry_of" in trial.user_attrs]
    assert len(set(retried)) == len(retried)
    spent = [trial for trial in trials if trial.number not in retried and _configured(trial)]
    assert len(spent) == TRIALS
    assert all(trial.state.is_finished() for trial in trials)
    assert ended_before <= _complete(project)


def _complete(project: Project) -> set[int]:
    store = open_store(project.store_url)
    trials = frames.trials_frame(store, run_id="killed")
    store.close()
    return set(trials.loc[trials["state"] == "COMPLETE", "number"])


def _configured(trial: optuna.trial.FrozenTrial) -> bool:
    return bool(trial.params or trial.system_attrs.get("fixed_params"))
