"""Configurations to try first, from what earlier studies found."""

import difflib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from tunescope.errors import UnknownNameError
from tunescope.search.space import MODEL, Configuration, Space
from tunescope.store import Store, frames

_SHOWN_STUDIES = 8
_NEAREST_DATASETS = 8


def earlier_configurations(
    store: Store, study_name: str, space: Space, count: int = 5
) -> tuple[list[Configuration], list[str]]:
    """The best configurations of an earlier study, made to fit a space, for ``search.seed_study``.

    Best is what that study optimized; of several objectives the first counts.

    Returns:
        At most ``count`` different configurations, best first, and a sentence for each thing that could
        not be used.

    Raises:
        UnknownNameError: when there is no such study.
    """
    studies = require_study(store, study_name)
    directions = studies.loc[studies["study"] == study_name, "directions"].iloc[0]
    trials = frames.trials_frame(store, study=study_name)
    trials = trials[(trials["state"] == "COMPLETE") & trials["value"].map(math.isfinite)]
    trials = trials.sort_values("value", ascending=directions[:1] == ["minimize"], kind="stable")
    if trials.empty:
        return [], [f"study `{study_name}` has no finished trial: nothing is taken from it"]
    tried = list(trials["params"])
    return _different(_adapted(tried, space), count), list(_strangers(study_name, tried, space))


def require_study(store: Store, study_name: str) -> pd.DataFrame:
    """See that a study is there for ``search.seed_study``; returns the frame of all studies.

    Raises:
        UnknownNameError: when there is no such study.
    """
    studies = frames.studies_frame(store)
    if study_name not in set(studies["study"]):
        raise UnknownNameError(_no_study(study_name, list(studies["study"])))
    return studies


def similar_configurations(
    store: Store, dataset: Mapping[str, Any], space: Space, count: int = 5, run_id: str | None = None
) -> list[Configuration]:
    """The best configurations of earlier studies of the datasets that are most like this one.

    Datasets are as far apart as :func:`dataset_distance` says. The best configuration of each of the nearest
    ones comes first, then the second best of each, and so on; best is what has the highest validation
    accuracy.

    Args:
        store: where earlier studies are.
        dataset: row of ``tunescope_datasets``, of which ``fingerprint``, ``classes``, ``image_shape`` and
            ``images`` count. Studies of this very dataset are left out: ``search.seed_study`` takes those.
        space: that the configurations are made to fit.
        count: the most configurations to return.
        run_id: a run to leave out, whatever its dataset.

    Returns:
        Different configurations; none where there is nothing to learn from.
    """
    best = [
        _adapted(_best_on(store, runs), space)
        for runs in _nearest(store, dataset, run_id)[:_NEAREST_DATASETS]
    ]
    rounds = range(max(map(len, best), default=0))
    in_turn = [
        configurations[place] for place in rounds for configurations in best if place < len(configurations)
    ]
    return _different(in_turn, count)


def dataset_distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How unlike two datasets are: 0 for equal ones, about 1 where one has ten times the images.

    The Euclidean distance over the decimal logarithms of the numbers of images and classes and of the side
    of the images, and 1 where one is in colour and the other is not.

    Args:
        one: with ``images`` (a number), ``classes`` (a list) and ``image_shape`` (height, width, channels).
        other: the same of the other one.
    """
    return math.dist(_place(one), _place(other))


def _place(dataset: Mapping[str, Any]) -> tuple[float, float, float, float]:
    height, width, channels = dataset["image_shape"]
    side = math.sqrt(height * width)
    return (
        math.log10(max(1, dataset["images"])),
        math.log10(max(1, len(dataset["classes"]))),
        math.log10(max(1.0, side)),
        float(channels > 1),
    )


def _nearest(store: Store, dataset: Mapping[str, Any], run_id: str | None) -> list[list[str]]:
    """Runs of other datasets, a list for each dataset, the nearest dataset first."""
    runs = frames.runs_frame(store)
    runs = runs[runs["fingerprint"].notna() & (runs["fingerprint"] != dataset.get("fingerprint"))]
    found = []
    for _, same in runs[runs["run_id"] != run_id].groupby("fingerprint", sort=True):
        names = list(same["run_id"])
        other = frames.dataset(store, names[0])
        if other is not None:
            found.append((dataset_distance(dataset, other), names))
    return [names for _, names in sorted(found, key=lambda each: each[0])]


def _best_on(store: Store, runs: Sequence[str]) -> list[Configuration]:
    """Configurations that runs of one dataset finished, the most accurate first."""
    trials = pd.concat([frames.trials_frame(store, run_id=run) for run in runs])
    trials = trials[(trials["state"] == "COMPLETE") & trials["validation_accuracy"].notna()]
    return list(trials.sort_values("validation_accuracy", ascending=False, kind="stable")["params"])


def _adapted(configurations: Sequence[Configuration], space: Space) -> list[Configuration]:
    adapted = (space.adapted(configuration) for configuration in configurations)
    return [configuration for configuration in adapted if configuration is not None]


def _different(configurations: Sequence[Configuration], count: int) -> list[Configuration]:
    """The first few configurations, each once."""
    return list({repr(sorted(one.items())): one for one in reversed(configurations)}.values())[::-1][:count]


def _strangers(study_name: str, tried: Sequence[Configuration], space: Space) -> Iterator[str]:
    """What of an earlier study has no place in a space."""
    lost = Counter(tried_one.get(MODEL) for tried_one in tried if space.adapted(tried_one) is None)
    for model, trials in lost.items():
        many, their = ("1 finished trial", "its") if trials == 1 else (f"{trials} finished trials", "their")
        why = "no model is named" if model is None else f"{their} model `{model}` is not in `search.models`"
        yield f"{many} of study `{study_name}` cannot be used: {why}"


def _no_study(name: str, names: Sequence[str]) -> str:
    if not names:
        return f"`search.seed_study` is `{name}`, but the store has no study yet: leave it out"
    close = difflib.get_close_matches(name, names, n=1)
    meant = f" (did you mean `{close[0]}`?)" if close else ""
    newest = ", ".join(f"`{one}`" for one in reversed(names[-_SHOWN_STUDIES:]))
    more = f" or one of {len(names) - _SHOWN_STUDIES} more" if len(names) > _SHOWN_STUDIES else ""
    return f"`search.seed_study` is `{name}`, but there is no such study{meant}: use {newest}{more}"
