"""What trials cost in seconds, watt-hours and money."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.timing_machines import numbers

JOULES_OF_A_WATT_HOUR = 3600.0
# What costs can be added up by: column -> what it is called.
BY = {"model": "Model", "strategy": "Strategy", "machine": "Machine", "study": "Study", "dataset": "Dataset"}


@dataclass(frozen=True)
class Rates:
    """What a person pays.

    Attributes:
        hour: money for an hour of the machine.
        kilowatt_hour: money for a kilowatt-hour.
        watts: what a machine draws whose energy nobody measured; 0 leaves that energy out.
    """

    hour: float = 0.0
    kilowatt_hour: float = 0.0
    watts: float = 0.0


@dataclass(frozen=True)
class Spent:
    """What a group of trials cost.

    Attributes:
        name: of the group.
        trials: how many trials it has.
        seconds: of these together, each counted whole, also where several ran at once.
        watt_hours: measured ones, and those that the rates assume; None where there are neither.
        assumed: share of ``seconds`` whose energy was assumed.
        money: by the rates.
        best: best score of a complete trial; None without one.
        best_money: what that trial alone cost.
    """

    name: str
    trials: int
    seconds: float
    watt_hours: float | None
    assumed: float
    money: float
    best: float | None
    best_money: float | None


@dataclass(frozen=True)
class Spending:
    """Groups, the dearest first, and all of them together; ``left_out`` groups are too many to show."""

    groups: tuple[Spent, ...]
    whole: Spent
    left_out: int = 0


def spending(
    trials: pd.DataFrame, rates: Rates, by: str = "model", measure: Measure = ACCURACY, most: int = 30
) -> Spending:
    """Add up what trials cost.

    Args:
        trials: trials with machines.
        rates: what to pay.
        by: a key of ``BY``.
        measure: what tells which trial is best.
        most: groups to keep.
    """
    rows = trials.assign(**_costs(trials, rates), score=_scores(trials, measure))
    names = rows[by].astype(object).where(rows[by].notna(), "none")
    groups = [_spent(str(name), group, measure) for name, group in rows.groupby(names, sort=False)]
    groups.sort(key=lambda one: (-one.money, -one.seconds))
    return Spending(tuple(groups[:most]), _spent("All", rows, measure), max(0, len(groups) - most))


def _costs(trials: pd.DataFrame, rates: Rates) -> "dict[str, pd.Series[float]]":
    seconds = numbers(trials, "seconds").fillna(0.0).clip(lower=0)
    measured = numbers(trials, "energy_joules") / JOULES_OF_A_WATT_HOUR
    is_assumed = measured.isna() & (rates.watts > 0)
    watt_hours = measured.where(~is_assumed, seconds * rates.watts / JOULES_OF_A_WATT_HOUR)
    money = seconds / 3600 * rates.hour + watt_hours.fillna(0.0) / 1000 * rates.kilowatt_hour
    return {
        "seconds": seconds,
        "watt_hours": watt_hours,
        "assumed_seconds": seconds.where(is_assumed, 0.0),
        "money": money,
    }


def _scores(trials: pd.DataFrame, measure: Measure) -> "pd.Series[float]":
    """Merits: higher is better, -inf where there is no score."""
    merits = measure.sign * numbers(trials, measure.column)
    return merits.where((trials["state"] == "COMPLETE") & np.isfinite(merits), -np.inf)


def _spent(name: str, rows: pd.DataFrame, measure: Measure) -> Spent:
    seconds, energy = float(rows["seconds"].sum()), rows["watt_hours"].dropna()
    merits = rows["score"].to_numpy(float)
    place = int(merits.argmax()) if len(merits) and np.isfinite(merits).any() else None
    return Spent(
        name=name,
        trials=len(rows),
        seconds=seconds,
        watt_hours=float(energy.sum()) if len(energy) else None,
        assumed=float(rows["assumed_seconds"].sum()) / seconds if seconds else 0.0,
        money=float(rows["money"].sum()),
        best=None if place is None else float(measure.sign * merits[place]),
        best_money=None if place is None else float(rows["money"].iloc[place]),
    )
