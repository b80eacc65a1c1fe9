"""How long a search will take and how many trials it will try, from what earlier trials took.

Trials of the same models are looked for in the newest runs of the store, on this machine where there are
any, and first in those on datasets of about the same size. What a trial took counts in proportion to the
images of its dataset and to how often its search trained a configuration (folds, shares of the images).
Models are taken to be equally likely; nothing is known of what pruning will save, and of when a target
accuracy or patience will end the search.
"""

import itertools
import math
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tunescope.execution import default_workers, device_of
from tunescope.parameters import FeaturesParameters, LearningRateParameters, SearchParameters
from tunescope.search.budget import Budget
from tunescope.search.checks import build_space
from tunescope.search.space import MODEL, Space
from tunescope.store import Store, frames
from tunescope.timing import usable_cores
from tunescope.wording import duration

# Enough for quartiles of every model, and few enough to be read at once.
_ENOUGH_TRIALS = 400
# Of other models, while some have not been found: the page of a new run asks for all there are.
_MOST_TRIALS = 4_000
_MOST_RUNS = 20
# Workers of a study import their libraries before their first trial ends.
_START_SECONDS = 4.0
# Training on a ninth, a third and all of the images, as `search.fidelity: images` does.
_SHARES = 1 / 9 + 1 / 3 + 1
_HUGE_GRID = 1_000_000
_MEASURED = [MODEL, "seconds", "is_here"]


@dataclass(frozen=True)
class Estimate:
    """What a search will take.

    Attributes:
        trial_seconds: of one trial, for the models of the search; None where nothing was measured.
        seconds: of the whole search, fewest and most; None as above.
        trials: that it will try, fewest and most; None as above.
        measured: how many earlier trials this is taken from.
        note: all that in words.
        studies: the same for each of its studies; none where nothing was measured.
        grid: points of its grid, if it searches one.
    """

    trial_seconds: float | None
    seconds: tuple[float, float] | None
    trials: tuple[int, int] | None
    measured: int
    note: str
    studies: "tuple[StudyEstimate, ...]" = ()
    grid: int | None = None


@dataclass(frozen=True)
class StudyEstimate:
    """What one study of a search will take: its seconds and trials, fewest and most."""

    strategy: str
    seconds: tuple[float, float]
    trials: tuple[int, int]


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
    trials: pd.DataFrame | None = None,
) -> Estimate:
    """Estimate a search before it starts.

    Args:
        store: where earlier trials are.
        search: what is to be searched.
        images: of the dataset; without a number, those of the earlier trials' datasets.
        features: what shallow models choose from; the usual where it is left out.
        learning_rate: what deep models choose from; the usual where it is left out.
        trials: that :func:`measured_trials` found before, of these models at least; else the store is read.

    Raises:
        ParameterError: when the search has a grid over a space that cannot be.
    """
    # Of a space that nobody lists, the size does not matter.
    chosen = features or FeaturesParameters(), learning_rate or LearningRateParameters()
    space = build_space(search, *chosen) if "grid" in search.strategies else None
    workers = search.workers or default_workers(search.training.device)
    crowd = crowd_warning(workers, search.training.device)
    if crowd:
        workers = usable_cores()  # more get no more done
    measured = _measured(measured_trials(store, search.models, images) if trials is None else trials, search)
    warnings, grid = [crowd], space.grid_size if space else None
    if space is not None:
        share = Budget.share(search, "grid")
        warnings.append(grid_warning(space, measured.seconds if measured else None, workers, share))
    if measured is None:
        return Estimate(None, None, None, 0, _joined(_unknown(search), *warnings), (), grid)
    studies = _studies(search, grid, workers, measured)
    seconds = (sum(one.seconds[0] for one in studies), sum(one.seconds[1] for one in studies))
    tried = (sum(one.trials[0] for one in studies), sum(one.trials[1] for one in studies))
    note = _joined(_note(search, measured, seconds, tried), *warnings)
    return Estimate(measured.seconds, seconds, tried, measured.trials, note, studies, grid)


def measured_trials(store: Store, models: Collection[str], images: int | None = None) -> pd.DataFrame:
    """Finished trials of earlier runs, to estimate several searches from.

    Args:
        store: where earlier trials are.
        models: whose trials are looked for.
        images: of the dataset, to whose size seconds are scaled; without a number, as they were measured.

    Returns:
        A row a trial: model, seconds (of one whole training), is_here (whether on this machine).
    """
    found: list[pd.DataFrame] = []
    missing, count = set(models), 0
    for run in _earlier_runs(store, images):
        if count >= (_MOST_TRIALS if missing else _ENOUGH_TRIALS):
            break
        trials = _finished(store, run, models)
        found.append(trials)
        missing, count = missing - set(trials[MODEL]), count + len(trials)
    found = [one for one in found if len(one)]
    return pd.concat(found) if found else pd.DataFrame({column: [] for column in _MEASURED})


def typical_seconds(trials: pd.DataFrame) -> dict[str, float]:
    """The median seconds of one training for each model of :func:`measured_trials`."""
    medians = _nearest(trials).groupby(MODEL)["seconds"].median()
    return {str(model): float(seconds) for model, seconds in medians.items()}


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
        each = f"{duration(trial_seconds)} each on {_counted(workers, 'worker')}"
        told += f", which at {each} would take {duration_in_words(_product(size, trial_seconds) / workers)}"
    limit = _budget_in_words(budget)
    if tries < (budget.max_trials or float("inf")):
        tried = count_in_words(int(tries))
        return f"{told}; the budget of {limit} tries about {tried} of them, in shuffled order"
    return f"{told}; the budget of {limit} ends it early, in shuffled order"


def crowd_warning(workers: int, device: str) -> str | None:
    """Say that workers share the processor's cores; None where each has one, or trains on a GPU.

    Args:
        workers: trials at a time.
        device: as for :func:`tunescope.execution.default_workers`.
    """
    cores = usable_cores()
    if workers <= cores or device_of(0, device) != "cpu":
        return None
    shared = f"{count_in_words(workers)} workers share {_counted(cores, 'core')}"
    return f"{shared}: each takes memory of its own, and they wait for one another"


def duration_in_words(seconds: float) -> str:
    """A duration as a person says it: `45 seconds`, `3 minutes`, `2.5 hours`, `33 years`."""
    # Half of the next smaller unit short of one is rounded up to one: `1 minute`, not `60 seconds`.
    steps = itertools.pairwise(_UNITS)
    unit, length = next((one for one, (_, less) in steps if seconds >= one[1] - less / 2), _UNITS[-1])
    count = seconds / length
    if math.isinf(count):
        return f"more than 10^300 {unit}s"
    if unit in _WITH_TENTHS and count < 10:
        return _counted(f"{count:.1f}".removesuffix(".0"), unit)
    return _counted(count_in_words(round(count)), unit)


def span_in_words(shortest: float, longest: float) -> str:
    """A range of durations as a person says it: `2 to 3 minutes`; one alone where they hardly differ."""
    low, high = duration_in_words(shortest), duration_in_words(longest)
    if low == high or shortest >= _ALIKE * longest:
        return high
    (number, unit), (_, last) = (text.rsplit(" ", 1) for text in (low, high))
    return f"{number if unit.rstrip('s') == last.rstrip('s') else low} to {high}"


def roughly(trials: tuple[int, int]) -> tuple[int, int]:
    """Fewest and most with the two digits that matter of an estimate; a number that is known stays whole."""
    fewest, most = trials
    return trials if fewest == most else (_two_digits(fewest), _two_digits(most))


def _two_digits(count: int) -> int:
    return round(count, 2 - len(str(count)))


def count_in_words(count: int) -> str:
    """A number with its thousands apart: `1,000,000`; a power of ten where that would be too long."""
    return f"{count:,}" if count < 10**15 else f"about 10^{len(str(count)) - 1}"


_UNITS = (("year", 31_557_600.0), ("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0), ("second", 1.0))
# Durations so near to each other are one: nobody can foretell the difference.
_ALIKE = 0.9
_WITH_TENTHS = ("year", "day", "hour")


def _affordable(trial_seconds: float | None, workers: int, budget: Budget) -> float:
    """The number of trials that a budget pays for, infinity where nothing limits it or nobody knows."""
    trials = float("inf") if budget.max_trials is None else float(budget.max_trials)
    if budget.max_seconds is None or not trial_seconds:
        return trials
    timed = max(1.0, (budget.max_seconds - _START_SECONDS) * workers / trial_seconds)
    return min(trials, math.floor(timed))


def _studies(
    search: SearchParameters, grid: int | None, workers: int, measured: _Measured
) -> tuple[StudyEstimate, ...]:
    """Each study, at the quartiles of what a trial takes."""
    found = []
    for strategy in search.strategies:
        courses = [_course(search, strategy, grid, workers, each) for each in (measured.low, measured.high)]
        seconds, trials = (sorted(pair) for pair in zip(*courses, strict=True))
        found.append(StudyEstimate(strategy, (seconds[0], seconds[1]), (int(trials[0]), int(trials[1]))))
    return tuple(found)


def _course(
    search: SearchParameters, strategy: str, grid: int | None, workers: int, trial_seconds: float
) -> tuple[float, int]:
    """Seconds and trials of one study, at so many seconds a trial."""
    budget = Budget.share(search, strategy)
    trials = _affordable(trial_seconds, workers, budget)
    if strategy == "grid" and grid is not None:
        trials = min(trials, grid)
    needed = _START_SECONDS + math.ceil(trials / workers) * trial_seconds
    return (needed if budget.max_seconds is None else min(needed, budget.max_seconds)), int(trials)


def _measured(trials: pd.DataFrame, search: SearchParameters) -> _Measured | None:
    """What finished trials of the models took, on this machine if there are any, else on others."""
    used = _nearest(trials[trials[MODEL].isin(search.models)])
    if used.empty:
        return None
    by_model = used.groupby(MODEL)["seconds"].quantile(np.array([0.25, 0.5, 0.75]))
    scale = _trainings(search.folds, search.fidelity)
    low, median, high = (float(seconds) * scale for seconds in by_model.unstack().mean())
    missing = tuple(model for model in search.models if model not in set(used[MODEL]))
    return _Measured(median, low, high, len(used), bool(used["is_here"].all()), missing)


def _nearest(trials: pd.DataFrame) -> pd.DataFrame:
    """Those of this machine if there are any, else all."""
    here = trials[trials["is_here"].astype(bool)]
    return here if len(here) else trials


def _finished(store: Store, run: Mapping[str, Any], models: Collection[str]) -> pd.DataFrame:
    """Finished trials of a run, scaled to one training on images as many as the estimate is for."""
    trials = frames.trials_frame(store, run_id=run["run_id"])
    trials = trials[(trials["state"] == "COMPLETE") & (trials["seconds"] > 0)]
    named = trials["params"].map(lambda params: params.get(MODEL))
    trials = trials.assign(**{MODEL: named, "is_here": run["is_here"]})[named.isin(list(models))]
    return trials.assign(seconds=trials["seconds"].astype(float) * _scale(run))[_MEASURED]


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


def _scale(run: Mapping[str, Any]) -> float:
    """How much longer one training takes here than a trial did in an earlier run."""
    earlier = run["parameters"].get("search", {})
    return float(run["ratio"]) / _trainings(earlier.get("folds"), earlier.get("fidelity", "epochs"))


def _trainings(folds: int | None, fidelity: str) -> float:
    """How many whole trainings a trial is."""
    return float(folds) if folds else _SHARES if fidelity == "images" else 1.0


def _note(
    search: SearchParameters, measured: _Measured, seconds: tuple[float, float], trials: tuple[int, int]
) -> str:
    machine = "on this machine" if measured.is_here else "on other machines"
    least, most = map(count_in_words, roughly(trials))
    many = most if least == most else f"{least} to {most}"
    note = f"About {span_in_words(*seconds)}: {many} trial{'s' if trials[1] != 1 else ''}, "
    note += f"from {_counted(count_in_words(measured.trials), 'measured trial')} {machine}"
    if measured.missing:
        note += f" (none of {', '.join(f'`{name}`' for name in measured.missing)})"
    if search.target_accuracy is not None or search.patience is not None:
        note += "; less if the target accuracy or the patience ends it"
    return note


def _unknown(search: SearchParameters) -> str:
    ends = _budget_in_words(Budget(search.max_trials, search.max_seconds))
    return f"No trial of these models has been measured yet: the search ends after {ends} at the latest"


def _budget_in_words(budget: Budget) -> str:
    limits = [] if budget.max_seconds is None else [duration(budget.max_seconds)]
    limits += [] if budget.max_trials is None else [_counted(count_in_words(budget.max_trials), "trial")]
    return " or ".join(limits)


def _joined(note: str, *warnings: str | None) -> str:
    return "; ".join([note, *filter(None, warnings)])


def _counted(count: object, noun: str) -> str:
    return f"{count} {noun}{'' if str(count) == '1' else 's'}"


def _product(count: int, seconds: float) -> float:
    """A huge whole number times a float, infinity where floats end."""
    try:
        return count * seconds
    except OverflowError:
        return float("inf")
