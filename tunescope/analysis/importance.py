"""What mattered: how much each hyperparameter decides whether a trial is among the best."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.scales import is_logarithmic, is_number
from tunescope.analysis.selection import complete, evenly

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

MINIMUM_TRIALS = 8
# PED-ANOVA looks at the best tenth; its authors want at least five trials in it.
_TOP_SHARE, _TOP_TRIALS = 0.1, 5


@dataclass(frozen=True)
class Influence:
    """One hyperparameter: its share of the influence, and its value in the best trial (None: it had none)."""

    name: str
    share: float
    best: Any


@dataclass(frozen=True)
class ImportanceGroup:
    """Hyperparameters compared with one another.

    Attributes:
        model: whose they are; None for those of all models, and the choice of the model, together.
        trials: complete trials that were looked at.
        influences: the most influential first; shares add up to 1. Empty when nothing can be said.
        remark: why nothing can be said, None otherwise.
    """

    model: str | None
    trials: int
    influences: tuple[Influence, ...]
    remark: str | None = None


@dataclass(frozen=True)
class Importance:
    """All models together first, then each model, those with the most trials first."""

    groups: tuple[ImportanceGroup, ...]
    measure: Measure = ACCURACY


def importance(
    trials: pd.DataFrame, minimum: int = MINIMUM_TRIALS, limit: int = 1000, measure: Measure = ACCURACY
) -> Importance:
    """Estimate what decided over accuracy, or another measure.

    Uses PED-ANOVA (Watanabe, Bansal and Hutter, 2023, https://arxiv.org/abs/2304.10255) as Optuna has it,
    with its extension to conditional hyperparameters: how differently the values of the best trials are
    spread from those of all trials. Ranges are those that the trials span.

    Args:
        trials: a trials frame.
        minimum: complete trials that a group needs, or it only says that they are too few.
        limit: complete trials that are looked at in a group; of more, an even selection.
    """
    rows = complete(trials, measure)
    by_trials = rows["model"].value_counts(sort=False).sort_values(ascending=False, kind="stable").index
    groups = [_group(model, rows[rows["model"] == model], minimum, limit, measure) for model in by_trials]
    if len(groups) > 1:
        groups.insert(0, _group(None, rows, minimum, limit, measure))
    return Importance(tuple(groups), measure)


def _group(
    model: str | None, rows: pd.DataFrame, minimum: int, limit: int, measure: Measure
) -> ImportanceGroup:
    if len(rows) < minimum:
        return ImportanceGroup(model, len(rows), (), f"Needs {minimum} finished trials")
    chosen = rows.iloc[evenly(len(rows), limit)]
    params = [_searched(params, model) for params in chosen["params"]]
    merits = (measure.sign * chosen[measure.column].astype(float)).tolist()
    shares = _shares(params, merits)
    if not shares:
        return ImportanceGroup(model, len(rows), (), "Nothing that was varied made a difference")
    best = rows["params"].iloc[(measure.sign * rows[measure.column].astype(float)).argmax()]
    influences = (Influence(name, share, best.get(name)) for name, share in shares.items())
    return ImportanceGroup(model, len(rows), tuple(influences))


def _searched(params: Mapping[str, Any], model: str | None) -> dict[str, Any]:
    return {name: value for name, value in params.items() if model is None or name != "model"}


def _shares(params: list[dict[str, Any]], merits: list[float]) -> dict[str, float]:
    """Shares of the influence by name, largest first; empty when none has any."""
    from optuna.importance import PedAnovaImportanceEvaluator

    top = min(0.5, max(_TOP_SHARE, _TOP_TRIALS / len(params)))
    with _quiet_optuna():
        study = _study(params, merits)
        found = PedAnovaImportanceEvaluator(target_quantile=top).evaluate(study)
    total = sum(found.values())
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return {name: value / total for name, value in ranked} if total > 0 else {}


def _study(params: list[dict[str, Any]], merits: list[float]) -> "Study":
    import optuna

    distributions = _distributions(params)
    trials = [
        _trial(number, values, {name: distributions[name] for name in values}, merit)
        for number, (values, merit) in enumerate(zip(params, merits, strict=True))
    ]

    def known(deepcopy: bool = True, states: Any = None) -> list["FrozenTrial"]:
        return trials

    study = optuna.create_study(direction="maximize")
    # To add them would copy every distribution of every trial: five seconds for 200 hyperparameters.
    study.get_trials = known  # type: ignore[method-assign]
    return study


def _trial(
    number: int, params: dict[str, Any], distributions: "dict[str, BaseDistribution]", merit: float
) -> "FrozenTrial":
    from optuna.trial import FrozenTrial, TrialState

    return FrozenTrial(
        number=number,
        trial_id=number,
        state=TrialState.COMPLETE,
        value=merit,
        datetime_start=None,
        datetime_complete=None,
        params=params,
        distributions=distributions,
        user_attrs={},
        system_attrs={},
        intermediate_values={},
    )


def _distributions(params: list[dict[str, Any]]) -> "dict[str, BaseDistribution]":
    """The range of each hyperparameter, as far as the trials know it."""
    values: dict[str, list[Any]] = {}
    for trial in params:
        for name, value in trial.items():
            values.setdefault(name, []).append(value)
    return {name: _distribution(seen) for name, seen in values.items()}


def _distribution(values: list[Any]) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not all(is_number(value) for value in values):
        return CategoricalDistribution(list(dict.fromkeys(values)))
    low, high = min(values), max(values)
    log = is_logarithmic(values)
    if all(isinstance(value, int) for value in values):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(low, high, log=log)


@contextmanager
def _quiet_optuna() -> Iterator[None]:
    """Silence the notices on the study in memory, and on values that only one trial has."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
