"""How long a search will take and how many trials it will try, from what earlier trials took.

Trials of the same models are looked for in the newest runs of the store, on this machine where there are
any, and first in those on datasets of about the same size. What a trial took counts in proportion to the
images of its dataset and to how often its search trained a configuration (folds, shares of the images).
Models are taken to be equally likely; nothing is known of what pruning will save, and of when a target
accuracy or patience will end the search.
"""

import math
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tunescope.execution import default_workers
from tunescope.parameters import FeaturesParameters, LearningRateParameters, SearchParameters
from tunescope.search.budget import Budget
from tunescope.search.checks import build_space
from tunescope.search.space import MODEL, Space
from tunescope.store import Store, frames

# Enough for quartiles of every model, and few enough to be read at once.
_ENOUGH_TRIALS = 400
_MOST_RUNS = 20
# Workers of a study import their libraries before their first trial ends.
_START_SECONDS = 4.0
# Training on a ninth, a third and all of the images, as `search.fidelity: images` does.
_SHARES = 1 / 9 + 1 / 3 + 1
_HUGE_GRID = 1_000_000


@dataclass(frozen=True)
class Estimate:
    """What a search will take.

    Attributes:
        trial_seconds: of one trial, for the models of the search; None where nothing was measured.
        seconds: of the whole search, fewest and most; None as above.
        trials: that it will try, fewest and most; None as above.
        measured: how many earlier trials this is taken from.
        note: all that in words.
    """

    trial_seconds: float | None
    seconds: tuple[float, float] | None
    trials: tuple[int, int] | None
    measured: int
    note: str


@dataclass(frozen=True)
class _Measured:
    """Seconds of a trial (median and quartiles, mean over models), and what they were taken from."""

    seconds: float
    low: float
    high: float
    trials: int
    is_here: bool
    missing: tuple[str, ...]


def estimate(
    store: Store,
    search: SearchParameters,
    images: int | None = None,
    features: FeaturesParameters | None = None,
    learning_rate: LearningRateParameters | None = None,
) -> Estimate:
    """Estimate a search before it starts.

    Args:
        store: where earlier trials are.
        search: what is to be searched.
        images: of the dataset; without a number, those of the earlier trials' datasets.
        features: what shallow models choose from; the usual where it is left out.
        learning_rate: what deep models choose from; the usual where it is left out.

    Raises:
        ParameterError: when the search has a space that cannot be.
    """
    space = build_space(search, features or FeaturesParameters(), learning_rate or LearningRateParameters())
    workers = search.workers or default_workers(search.training.device)
    measured = _measured(store, search, images)
    warning = None
    if "grid" in search.strategies:
        share = Budget.share(search, "grid")
        warning = grid_warning(space, measured.seconds if measured else None, workers, share)
    if measured is None:
        return Estimate(None, None, None, 0, _joined(_unknown(search), warning))
    fast = _course(search, space, workers, measured.low)
    slow = _course(search, space, workers, measured.high)
    seconds = (min(fast[0], slow[0]), max(fast[0], slow[0]))
    trials = (min(fast[1], slow[1]), max(fast[1], slow[1]))
    note = _note(search, measured, seconds, trials)
    return Estimate(measured.seconds, seconds, trials, measured.trials, _joined(note, warning))


def grid_warning(space: Space, trial_seconds: float | None, workers: int, budget: Budget) -> str | None:
    """Say that a grid is larger than its budget, with its size and time; None for one that fits.

    Args:
        space: whose grid is to be tried.
        trial_seconds: that a trial takes; None where nobody knows.
        workers: trials at a time.
        budget: of the study.
    """
    size = space.grid_size
    tries = _affordable(trial_seconds, workers, budget)
    fits = size <= tries if math.isfinite(tries) else size < _HUGE_GRID
    if fits:
        return None
    told = f"the grid has {count_in_words(size)} points"
    if trial_seconds:
        each = f"{trial_seconds:.2g} s each on {_counted(workers, 'worker')}"
        told += f", which at {each} would take {duration_in_words(_product(size, trial_seconds) / workers)}"
    limit = _budget_in_words(budget)
    if tries < (budget.max_trials or float("inf")):
        tried = count_in_words(int(tries))
        return f"{told}; the budget of {limit} tries about {tried} of them, in shuffled order"
    return f"{told}; the budget of {limit} ends it early, in shuffled order"


def duration_in_words(seconds: float) -> str:
    """A duration as a person says it: `45 seconds`, `3 minutes`, `2.5 hours`, `33 years`."""
    unit, length = next((unit for unit in _UNITS if seconds >= unit[1]), _UNITS[-1])
    count = seconds / length
    if math.isinf(count):
        return f"more than 10^300 {unit}s"
    if unit in _WITH_TENTHS and count < 10:
        return _counted(f"{count:.1f}".removesuffix(".0"), unit)
    return _counted(count_in_words(round(count)), unit)


def count_in_words(count: int) -> str:
    """A number with its thousands apart: `1 000 000`; a power of ten where that would be too long."""
    return f"{count:,}".replace(",", " ") if count < 10**15 else f"about 10^{len(str(count)) - 1}"


_UNITS = (("year", 31_557_600.0), ("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0), ("second", 1.0))
_WITH_TENTHS = ("year", "day", "hour")


def _affordable(trial_seconds: float | None, workers: int, budget: Budget) -> float:
    """The number of trials that a budget pays for, infinity where nothing limits it or nobody knows."""
    trials = float("inf") if budget.max_trials is None else float(budget.max_trials)
    if budget.max_seconds is None or not trial_seconds:
        return trials
    timed = max(1.0, (budget.max_seconds - _START_SECONDS) * workers / trial_seconds)
    return min(trials, math.floor(timed))


def _course(search: SearchParameters, space: Space, workers: int, trial_seconds: float) -> tuple[float, int]:
    """Seconds and trials of all studies, one after another, at so many seconds a trial."""
    total_seconds, total_trials = 0.0, 0
    for strategy in search.strategies:
        budget = Budget.share(search, strategy)
        trials = _affordable(trial_seconds, workers, budget)
        if strategy == "grid":
            trials = min(trials, space.grid_size)
        needed = _START_SECONDS + math.ceil(trials / workers) * trial_seconds
        total_seconds += needed if budget.max_seconds is None else min(needed, budget.max_seconds)
        total_trials += int(trials)
    return total_seconds, total_trials


def _measured(store: Store, search: SearchParameters, images: int | None) -> _Measured | None:
    """What finished trials of the models took, on this machine if there are any, else on others."""
    trials = _finished(store, search, images)
    here = trials[trials["is_here"]]
    used = here if len(here) else trials
    if used.empty:
        return None
    by_model = used.groupby(MODEL)["seconds"].quantile(np.array([0.25, 0.5, 0.75]))
    low, median, high = map(float, by_model.unstack().mean())
    missing = tuple(model for model in search.models if model not in set(used[MODEL]))
    return _Measured(median, low, high, len(used), bool(len(here)), missing)


def _finished(store: Store, search: SearchParameters, images: int | None) -> pd.DataFrame:
    """Finished trials of earlier runs: model, seconds as this search would take, and is_here."""
    found: list[pd.DataFrame] = []
    missing, count = set(search.models), 0
    for run in _earlier_runs(store, images):
        if count >= _ENOUGH_TRIALS and not missing:
            break
        trials = frames.trials_frame(store, run_id=run["run_id"])
        trials = trials[(trials["state"] == "COMPLETE") & (trials["seconds"] > 0)]
        models = trials["params"].map(lambda params: params.get(MODEL))
        trials = trials.assign(**{MODEL: models, "is_here": run["is_here"]})[models.isin(search.models)]
        scale = _scale(run, search)
        found.append(trials.assign(seconds=trials["seconds"].astype(float) * scale))
        missing, count = missing - set(models), count + len(trials)
    columns = [MODEL, "seconds", "is_here"]
    found = [one[columns] for one in found if len(one)]
    return pd.concat(found) if found else pd.DataFrame({column: [] for column in columns})


def _earlier_runs(store: Store, images: int | None) -> list[dict[str, Any]]:
    """The newest runs, those of this machine first, then those of datasets of about this size."""
    runs: list[dict[str, Any]] = []
    for row in frames.runs_frame(store).head(_MOST_RUNS).to_dict("records"):
        run = {str(key): value for key, value in row.items()}
        dataset = frames.dataset(store, run["run_id"])
        of_images = dataset["images"] if dataset else None
        ratio = images / of_images if images and of_images else 1.0
        runs.append({**run, "is_here": run["host"] == socket.gethostname(), "ratio": ratio})
    return sorted(runs, key=lambda run: (not run["is_here"], abs(math.log(run["ratio"]))))


def _scale(run: Mapping[str, Any], search: SearchParameters) -> float:
    """How much longer a trial takes here than it did in an earlier run."""
    earlier = run["parameters"].get("search", {})
    scale = _trainings(search.folds, search.fidelity)
    scale /= _trainings(earlier.get("folds"), earlier.get("fidelity", "epochs"))
    return scale * float(run["ratio"])


def _trainings(folds: int | None, fidelity: str) -> float:
    """How many whole trainings a trial is."""
    return float(folds) if folds else _SHARES if fidelity == "images" else 1.0


def _note(
    search: SearchParameters, measured: _Measured, seconds: tuple[float, float], trials: tuple[int, int]
) -> str:
    machine = "on this machine" if measured.is_here else "on other machines"
    longest = duration_in_words(seconds[1])
    time = (
        longest
        if longest == duration_in_words(seconds[0])
        else f"{duration_in_words(seconds[0])} to {longest}"
    )
    count = count_in_words(trials[1])
    many = count if trials[0] == trials[1] else f"{count_in_words(trials[0])} to {count}"
    note = f"About {time}: {many} trial{'s' if trials[1] != 1 else ''}, "
    note += f"from {_counted(measured.trials, 'measured trial')} {machine}"
    if measured.missing:
        note += f" (none of {', '.join(f'`{name}`' for name in measured.missing)})"
    if search.target_accuracy is not None or search.patience is not None:
        note += "; less if the target accuracy or the patience ends it"
    return note


def _unknown(search: SearchParameters) -> str:
    ends = _budget_in_words(Budget(search.max_trials, search.max_seconds))
    return f"No trial of these models has been measured yet: the search ends after {ends} at the latest"


def _budget_in_words(budget: Budget) -> str:
    limits = [] if budget.max_seconds is None else [f"{budget.max_seconds:.6g} s"]
    limits += [] if budget.max_trials is None else [_counted(count_in_words(budget.max_trials), "trial")]
    return " or ".join(limits)


def _joined(note: str, warning: str | None) -> str:
    return f"{note}; {warning}" if warning else note


def _counted(count: object, noun: str) -> str:
    return f"{count} {noun}{'' if str(count) == '1' else 's'}"


def _product(count: int, seconds: float) -> float:
    """A huge whole number times a float, infinity where floats end."""
    try:
        return count * seconds
    except OverflowError:
        return float("inf")
