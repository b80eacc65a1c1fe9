"""A search in a process of its own, to be killed: `searching.py STORE WORKBENCH FOLDER STRATEGY TRIALS`.

It writes the number of each finished trial, a line each, as soon as `tell` has returned.
"""

import pickle
import sys
from pathlib import Path

from optuna.trial import TrialState

from tunescope.execution import Workers
from tunescope.parameters import FeaturesParameters, LearningRateParameters, SearchParameters
from tunescope.search.checks import build_space
from tunescope.search.listener import EndedTrial, Listener
from tunescope.search.loop import search_study
from tunescope.search.study import StudyPlan
from tunescope.store import open_store, runs

RUN = "killed"


class _Announcer(Listener):
    def trial_ended(self, trial: EndedTrial) -> None:
        if trial.state == TrialState.COMPLETE:
            print(trial.number, flush=True)


def main(url: str, workbench: str, folder: str, strategy: str, trials: str) -> None:
    """Go on with the study until so many trials have ended."""
    search = SearchParameters(
        strategies=(strategy,),
        models=("gaussian_nb", "decision_tree"),
        # So many points that no grid is at its end before the last kill.
        space={"decision_tree": {"max_depth": {"low": 1, "high": 500, "grid": list(range(1, 501))}}},
        max_trials=int(trials),
        max_seconds=None,
        workers=2,
    )
    store = open_store(url)
    runs.claim(store, RUN, {"search": search.model_dump(mode="json")}, Path(folder))
    space = build_space(search, FeaturesParameters(extractors=("hog",)), LearningRateParameters())
    with Workers(2, pickle.loads(Path(workbench).read_bytes())) as workers:
        search_study(store, StudyPlan(RUN, strategy, space, search, Path(folder)), workers, _Announcer())
    runs.finish(store, RUN, "finished")
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
