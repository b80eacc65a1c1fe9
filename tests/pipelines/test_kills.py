"""A search that is killed again and again loses nothing that had ended, and doubles nothing."""

import random
import time

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

    store = open_store(project.store_url)
    trials = frames.trials_frame(store, run_id="killed")
    store.close()
    lost = trials[trials["reason"].fillna("").str.startswith("interrupted")]
    assert set(trials["state"]) <= {"COMPLETE", "FAIL"}
    assert len(trials) - len(lost) == TRIALS
    assert ended_before <= set(trials.loc[trials["state"] == "COMPLETE", "number"])
    assert trials.loc[trials["state"] == "COMPLETE", "validation_accuracy"].notna().all()


def _complete(project: Project) -> set[int]:
    store = open_store(project.store_url)
    trials = frames.trials_frame(store, run_id="killed")
    store.close()
    return set(trials.loc[trials["state"] == "COMPLETE", "number"])
