"""What a limit would end at once, because it is reached already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunescope.parameters import SearchParameters, check
from tunescope.search.budget import Budget, Progress
from tunescope.search.objectives import merits
from tunescope.store import Store, frames, runs

_ENDED = ("COMPLETE", "PRUNED", "FAIL")


@dataclass(frozen=True)
class Ending:
    """A limit that is reached already.

    Attributes:
        limit: its name, such as ``max_trials``.
        used: what was used of it: trials, seconds, the accuracy reached, or trials without a better one.
        strategy: of the study that it ends; None where it ends the whole run.
    """

    limit: str
    used: float
    strategy: str | None = None


def endings(store: Store, run_id: str, changes: Mapping[str, Any]) -> list[Ending]:
    """Which of some changed limits would end a running search, or the study at work, at once.

    Raises:
        UnknownNameError: when there is no such run.
        ParameterError: when a change breaks a rule.
    """
    before = runs.get(store, run_id)["parameters"].get("search", {})
    search = check({"dataset": {"source": "any"}, "search": {**before, **changes}}).search
    studies = {str(one["strategy"]): one for one in frames.studies_frame(store, run_id).to_dict("records")}
    progress = {
        strategy: _progress(store, studies[strategy]) if strategy in studies else Progress()
        for strategy in search.strategies
    }
    over = {strategy for strategy, one in studies.items() if one["stopped_because"] is not None}
    found = (_ending(name, search, progress, over) for name, value in changes.items() if value is not None)
    return [one for one in found if one is not None]


def _ending(
    limit: str, search: SearchParameters, progress: Mapping[str, Progress], over: set[str]
) -> Ending | None:
    if limit == "target_accuracy":
        best = max(one.best_accuracy for one in progress.values())
        return Ending(limit, best) if best >= (search.target_accuracy or 0) else None
    if limit not in _USED:
        return None
    # Studies run one after another: the first that is not over is at work.
    left = [strategy for strategy in search.strategies if strategy not in over]
    ends = {strategy: _is_reached(limit, search, strategy, progress[strategy]) for strategy in left}
    if not left or not ends[left[0]]:
        return None
    if not all(ends.values()):
        return Ending(limit, _USED[limit](progress[left[0]]), left[0])
    counted = left[:1] if limit == "patience" else search.strategies
    return Ending(limit, sum(_USED[limit](progress[strategy]) for strategy in counted))


def _is_reached(limit: str, search: SearchParameters, strategy: str, progress: Progress) -> bool:
    share = Budget.share(search, strategy)
    return Budget(**{limit: getattr(share, limit)}).exhausted_by(progress) is not None


def _progress(store: Store, study: Mapping[Any, Any]) -> Progress:
    progress, objective = Progress(seconds=float(study["seconds"])), str(study["objective"]).split("+")
    trials = frames.trials_frame(store, study=study["study"])
    for row in trials[trials["state"].isin(_ENDED)].sort_values("end").to_dict("records"):
        is_complete = row["state"] == "COMPLETE"
        progress.count(
            merits(row["values"], objective) if is_complete else None,
            row["validation_accuracy"] if is_complete else None,
            failed=row["state"] == "FAIL",
        )
    return progress


_USED = {
    "max_trials": lambda progress: progress.trials,
    "max_seconds": lambda progress: progress.seconds,
    "patience": lambda progress: progress.since_best,
}
