"""What accuracy costs: seconds by phase, and accuracy against training time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tunescope.analysis.selection import complete, text_or_none, thinned, with_models

PHASES = ("load", "augment", "forward", "backward", "optimizer", "fit", "evaluate")
OTHER = "other"
# Less time than this share that no phase counts is not worth a word.
NOTICEABLE = 0.005


@dataclass(frozen=True)
class ModelCost:
    """The trainings of one model.

    Attributes:
        model: its name.
        trials: how many trials had their phases timed.
        seconds: seconds of those trials together.
        phases: pairs of phase and seconds, in the order in which phases happen; ``other`` is what no phase
            counts.
    """

    model: str
    trials: int
    seconds: float
    phases: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class PhaseCosts:
    """One entry a model, the dearest first."""

    models: tuple[ModelCost, ...]

    @property
    def phases(self) -> tuple[str, ...]:
        """Every phase that occurs, in order."""
        return tuple(_in_order({phase for model in self.models for phase, _ in model.phases}))


@dataclass(frozen=True)
class TradeOffPoint:
    """One complete trial: accuracy on the validation split, and seconds of its training."""

    study: str
    strategy: str | None
    number: int
    model: str
    seconds: float
    accuracy: float


@dataclass(frozen=True)
class TradeOff:
    """Accuracy against training time.

    Attributes:
        points: complete trials, the fastest first.
        front: those of them for which no other is both as fast and more accurate, or as accurate and faster.
        left_out: trials that are too many to show; none of them is on the front.
    """

    points: tuple[TradeOffPoint, ...]
    front: tuple[TradeOffPoint, ...]
    left_out: int = 0


def phase_costs(timings: pd.DataFrame, trials: pd.DataFrame) -> PhaseCosts:
    """Add up seconds by model and phase, from a timings frame and the trials frame that tells the models."""
    timed = with_models(trials[trials["trial_id"].isin(timings["trial_id"])])
    rows = timings.merge(timed[["trial_id", "model"]], on="trial_id")
    models = timed["model"].unique()
    costs = [_cost(str(one), timed[timed["model"] == one], rows[rows["model"] == one]) for one in models]
    return PhaseCosts(tuple(sorted(costs, key=lambda cost: -cost.seconds)))


def trade_off(trials: pd.DataFrame, limit: int = 1500) -> TradeOff:
    """Set accuracy against training time; at most ``limit`` trials and the Pareto front are kept."""
    rows = complete(trials)
    rows = rows[np.isfinite(rows["seconds"].astype(float))]
    rows = rows.sort_values(["seconds", "validation_accuracy"], ascending=[True, False], kind="stable")
    front = _front(rows["validation_accuracy"].astype(float).tolist())
    kept = thinned(len(rows), limit, front)
    points = {index: _point(rows.iloc[index]) for index in kept}
    return TradeOff(tuple(points.values()), tuple(points[index] for index in front), len(rows) - len(kept))


def _point(trial: "pd.Series[Any]") -> TradeOffPoint:
    return TradeOffPoint(
        study=trial["study"],
        strategy=text_or_none(trial["strategy"]),
        number=int(trial["number"]),
        model=trial["model"],
        seconds=float(trial["seconds"]),
        accuracy=float(trial["validation_accuracy"]),
    )


def _front(accuracies: list[float]) -> list[int]:
    """Of points sorted by seconds, and by falling accuracy at equal seconds: those better than all before."""
    best = np.maximum.accumulate([-np.inf, *accuracies])
    return [index for index, accuracy in enumerate(accuracies) if accuracy > best[index]]


def _cost(model: str, trials: pd.DataFrame, timings: pd.DataFrame) -> ModelCost:
    sums = timings.groupby("phase")["seconds"].sum()
    by_phase = {str(phase): float(seconds) for phase, seconds in sums.items()}
    counted, whole = sum(by_phase.values()), float(trials["seconds"].astype(float).sum())
    if whole - counted > NOTICEABLE * whole:
        by_phase[OTHER] = by_phase.get(OTHER, 0.0) + whole - counted
    phases = tuple((phase, by_phase[phase]) for phase in _in_order(set(by_phase)))
    return ModelCost(model, len(trials), max(whole, counted), phases)


def _in_order(phases: set[str]) -> list[str]:
    """Known phases as they happen, then unknown ones by name, ``other`` last."""
    unknown = sorted(phases - {*PHASES, OTHER})
    return [phase for phase in (*PHASES, *unknown, OTHER) if phase in phases]
