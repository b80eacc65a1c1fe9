"""What accuracy costs: seconds by phase, use of the machine, and accuracy against training time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.selection import complete, text_or_none, thinned, with_models

OTHER, WARM_UP = "other", "warm_up"
# Every phase in the order in which phases happen, and what is done in it.
PHASES = {
    "prepare": "the network is built and counted, the machine's peak is measured",
    WARM_UP: "the first step, which pays for what later ones find done",
    "compile": "the first step of a network that is compiled, most of which is compiling",
    "load": "images and labels of a batch are fetched",
    "augment": "they are normalized and varied",
    "forward": "the network answers, and the loss is taken",
    "backward": "gradients are computed",
    "optimizer": "the weights are changed",
    "fit": "the whole training of a shallow model",
    "evaluate": "the validation split is predicted",
    "rungs": "trainings on smaller shares of the images, before the whole",
    "checkpoint": "what a training needs to go on after an interruption is saved",
    OTHER: "what no phase counts",
}
# The forward pass once, and the backward pass, which takes two products for each of its.
PASSES_OF_A_STEP = 3
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
class TrialPhases:
    """The phases of one trial.

    Attributes:
        seconds: of all phases; or of the whole trial, when that is noticeably more.
        warm_up: seconds of these in which a deep model's training ran warm; 0 where it was not told apart.
        phases: pairs of phase and seconds without the warm-up, in the order in which phases happen.
    """

    seconds: float
    warm_up: float
    phases: tuple[tuple[str, float], ...]

    def share(self, seconds: float) -> float:
        """Of the time without the warm-up, which a longer training would not repeat."""
        steady = self.seconds - self.warm_up
        return seconds / steady if steady > 0 else 0.0


@dataclass(frozen=True)
class Speed:
    """How much of a machine a training used; None for what was not measured.

    Attributes:
        flops_per_image: floating point operations of one image's forward pass.
        flops_per_second: operations a second of the training's steps: three passes for each image.
        peak: operations a second of a large matrix product on the same device, with the same numbers and as
            many threads.
        utilisation: their ratio.
    """

    flops_per_image: float | None
    flops_per_second: float | None
    peak: float | None
    utilisation: float | None


@dataclass(frozen=True)
class TradeOffPoint:
    """One complete trial: its score, and seconds of its training."""

    study: str
    strategy: str | None
    number: int
    model: str
    seconds: float
    score: float


@dataclass(frozen=True)
class TradeOff:
    """Scores against training time.

    Attributes:
        points: complete trials, the fastest first.
        front: those of them for which no other is both as fast and better, or as good and faster.
        left_out: trials that are too many to show; none of them is on the front.
    """

    points: tuple[TradeOffPoint, ...]
    front: tuple[TradeOffPoint, ...]
    left_out: int = 0
    measure: Measure = ACCURACY


def phase_costs(timings: pd.DataFrame, trials: pd.DataFrame) -> PhaseCosts:
    """Add up seconds by model and phase, from a timings frame and the trials frame that tells the models."""
    timed = with_models(trials[trials["trial_id"].isin(timings["trial_id"])])
    rows = timings.merge(timed[["trial_id", "model"]], on="trial_id")
    models = timed["model"].unique()
    costs = [_cost(str(one), timed[timed["model"] == one], rows[rows["model"] == one]) for one in models]
    return PhaseCosts(tuple(sorted(costs, key=lambda cost: -cost.seconds)))


def trial_phases(trial: Mapping[str, Any], timings: pd.DataFrame) -> TrialPhases:
    """Split the seconds of one trial (a row of the trials frame) by phase, from a timings frame."""
    own = timings[timings["trial_id"] == trial["trial_id"]]
    by_phase = _by_phase(own, known(trial.get("seconds")) or 0.0)
    seconds, warm_up = sum(by_phase.values()), by_phase.pop(WARM_UP, 0.0)
    return TrialPhases(seconds, warm_up, tuple((one, by_phase[one]) for one in _in_order(set(by_phase))))


def speed(trial: Mapping[str, Any]) -> Speed:
    """Set what a training computed (a row of the trials frame) against what its device can."""
    image, rate = known(trial.get("flops_per_image")), known(trial.get("images_per_second"))
    peak = known(trial.get("peak_flops"))
    reached = None if image is None or rate is None else PASSES_OF_A_STEP * image * rate
    return Speed(image, reached, peak, reached / peak if reached is not None and peak else None)


def known(value: Any) -> float | None:
    """A figure of a frame as a number, None for one that was not measured."""
    return None if value is None or pd.isna(value) else float(value)


def trade_off(trials: pd.DataFrame, limit: int = 1500, measure: Measure = ACCURACY) -> TradeOff:
    """Set scores against training time; at most ``limit`` trials and the Pareto front are kept."""
    rows = complete(trials, measure)
    rows = rows[np.isfinite(rows["seconds"].astype(float))]
    rows = rows.assign(merit=measure.sign * rows[measure.column].astype(float))
    rows = rows.sort_values(["seconds", "merit"], ascending=[True, False], kind="stable")
    front = _front(rows["merit"].tolist())
    kept = thinned(len(rows), limit, front)
    points = {index: _point(rows.iloc[index], measure) for index in kept}
    on_front = tuple(points[index] for index in front)
    return TradeOff(tuple(points.values()), on_front, len(rows) - len(kept), measure)


def latency_trade_off(
    trials: pd.DataFrame, studies: pd.DataFrame, benchmarks: pd.DataFrame, measure: Measure = ACCURACY
) -> TradeOff:
    """As :func:`trade_off`, with milliseconds for one image in place of seconds.

    Latency is known of finished models that were benchmarked, and of every trial of a study that has it among
    its objectives.
    """
    latency = pd.Series(np.nan, index=trials.index)
    if "values" in trials:
        objectives = dict(zip(studies["study"], studies["objective"], strict=True))
        places = {study: _place_of("latency", objective) for study, objective in objectives.items()}
        pairs = zip(trials["study"].map(places), trials["values"], strict=True)
        latency = pd.Series([_value_at(*pair) for pair in pairs], index=trials.index, dtype=float)
    measured = benchmarks.drop_duplicates("trial_id").set_index("trial_id")["latency_ms"].astype(float)
    return trade_off(trials.assign(seconds=latency.fillna(trials["trial_id"].map(measured))), measure=measure)


def _place_of(name: str, objective: Any) -> int | None:
    names = objective.split("+") if isinstance(objective, str) else []
    return names.index(name) if name in names else None


def _value_at(place: float | None, values: Any) -> float:
    is_there = place is not None and place == place and isinstance(values, list) and len(values) > place
    return float(values[int(place or 0)]) if is_there else np.nan


def _point(trial: "pd.Series[Any]", measure: Measure) -> TradeOffPoint:
    return TradeOffPoint(
        study=trial["study"],
        strategy=text_or_none(trial["strategy"]),
        number=int(trial["number"]),
        model=trial["model"],
        seconds=float(trial["seconds"]),
        score=float(trial[measure.column]),
    )


def _front(merits: list[float]) -> list[int]:
    """Of points sorted by seconds, and by falling merit at equal seconds: those better than all before."""
    best = np.maximum.accumulate([-np.inf, *merits])
    return [index for index, merit in enumerate(merits) if merit > best[index]]


def _cost(model: str, trials: pd.DataFrame, timings: pd.DataFrame) -> ModelCost:
    whole = float(trials["seconds"].astype(float).sum())
    by_phase = _by_phase(timings, whole)
    phases = tuple((phase, by_phase[phase]) for phase in _in_order(set(by_phase)))
    return ModelCost(model, len(trials), max(whole, sum(by_phase.values())), phases)


def _by_phase(timings: pd.DataFrame, whole: float) -> dict[str, float]:
    """Seconds by phase; what is missing from ``whole`` seconds is added to ``other``."""
    sums = timings.groupby("phase")["seconds"].sum()
    by_phase = {str(phase): float(seconds) for phase, seconds in sums.items()}
    missing = whole - sum(by_phase.values())
    if by_phase and missing > NOTICEABLE * whole:
        by_phase[OTHER] = by_phase.get(OTHER, 0.0) + missing
    return by_phase


def _in_order(phases: set[str]) -> list[str]:
    """Known phases as they happen, then unknown ones by name, ``other`` last."""
    in_order = [*(phase for phase in PHASES if phase != OTHER), *sorted(phases - {*PHASES}), OTHER]
    return [phase for phase in in_order if phase in phases]
