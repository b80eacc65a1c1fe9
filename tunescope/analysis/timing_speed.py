"""How fast models train: the phases of a step, images a second by batch size, memory, use of the machine."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.analysis.timing_machines import numbers, utilisation

# Phases of which each training step has one, in order.
STEP = ("load", "augment", "forward", "backward", "optimizer")
_GROUP = ["model", "machine", "precision"]


@dataclass(frozen=True)
class StepCost:
    """The training steps of one model with one batch size on one machine.

    Attributes:
        model: its name.
        machine: where it was trained.
        precision: what it computed with.
        batch: images of a step.
        trials: how many trials this is the median of.
        milliseconds: of a step.
        phases: pairs of phase and milliseconds, which add up to these.
    """

    model: str
    machine: str
    precision: str
    batch: int
    trials: int
    milliseconds: float
    phases: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class StepCosts:
    """Groups of trials, those of most trials first; ``left_out`` groups are too many to show."""

    steps: tuple[StepCost, ...]
    left_out: int = 0

    @property
    def phases(self) -> tuple[str, ...]:
        """Every phase that occurs, in order."""
        found = {phase for step in self.steps for phase, _ in step.phases}
        return tuple(phase for phase in STEP if phase in found)


@dataclass(frozen=True)
class SpeedLine:
    """Images a second of one model on one machine.

    Attributes:
        model: its name.
        machine: where it was trained.
        precision: what it computed with.
        points: ``(batch size, median, lower quartile, upper quartile, trials)``, batch sizes ascending.
    """

    model: str
    machine: str
    precision: str
    points: tuple[tuple[int, float, float, float, int], ...]


@dataclass(frozen=True)
class Throughput:
    """Lines, those of most trials first; ``left_out`` lines are too many to show."""

    lines: tuple[SpeedLine, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Spread:
    """How values of one model on one machine are spread.

    Attributes:
        model: its name.
        machine: where it was trained.
        trials: how many trials have a value.
        quartiles: lowest, lower quartile, median, upper quartile, highest.
    """

    model: str
    machine: str
    trials: int
    quartiles: tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Spreads:
    """Rows, those of most trials first; ``left_out`` rows are too many to show."""

    rows: tuple[Spread, ...]
    left_out: int = 0

    @property
    def machines(self) -> tuple[str, ...]:
        """Every machine, in order of first appearance."""
        return tuple(dict.fromkeys(row.machine for row in self.rows))


def step_costs(timings: pd.DataFrame, trials: pd.DataFrame, most: int = 10) -> StepCosts:
    """The phases of a training step, medians over the trials of each model, machine and batch size.

    Args:
        timings: a timings frame.
        trials: trials with machines (:func:`tunescope.analysis.timing_machines.with_machines`).
        most: groups to keep.
    """
    deep = _deep(trials)
    parts = timings[timings["phase"].isin(STEP) & timings["trial_id"].isin(deep["trial_id"])]
    wide = parts.pivot_table(index="trial_id", columns="phase", values="seconds", aggfunc="sum", fill_value=0)
    rows = deep.merge(wide, left_on="trial_id", right_index=True)
    # A step takes as long as its images do, at the speed that was measured over all steps.
    rows = rows.assign(step=1000 * rows["batch"] / rows["speed"])
    groups = [group for _, group in rows.groupby([*_GROUP, "batch"], sort=False)]
    groups.sort(key=len, reverse=True)
    return StepCosts(tuple(map(_step, groups[:most])), max(0, len(groups) - most))


def throughput(trials: pd.DataFrame, most: int = 8) -> Throughput:
    """Images a second by batch size, for each model and machine of trials with machines."""
    groups = [group for _, group in _deep(trials).groupby(_GROUP, sort=False)]
    groups.sort(key=len, reverse=True)
    return Throughput(tuple(map(_line, groups[:most])), max(0, len(groups) - most))


def memory_use(trials: pd.DataFrame, most: int = 12) -> Spreads:
    """Bytes that trainings took at their peak: of the GPU where they ran on one, else of the process."""
    on_gpu = numbers(trials, "device_memory_bytes")
    return _spreads(trials, on_gpu.where(on_gpu.notna(), numbers(trials, "peak_memory_bytes")), most)


def utilisation_use(trials: pd.DataFrame, most: int = 12) -> Spreads:
    """Shares of the device's peak that trainings reached, of trials with machines."""
    return _spreads(trials, utilisation(trials), most)


def _deep(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials that were trained in batches, with columns ``batch`` and ``speed``."""
    rows = trials.assign(batch=numbers(trials, "batch_size"), speed=numbers(trials, "images_per_second"))
    rows = rows[rows["batch"].notna() & np.isfinite(rows["speed"]) & (rows["speed"] > 0)]
    precision = rows["precision"].where(rows["precision"].notna(), "float32")
    found: pd.DataFrame = rows.assign(batch=rows["batch"].astype(int), precision=precision)
    return found


def _step(rows: pd.DataFrame) -> StepCost:
    first, whole = rows.iloc[0], float(rows["step"].median())
    sums = {phase: float(rows[phase].sum()) for phase in STEP if phase in rows}
    timed = sum(sums.values())
    phases = [(phase, whole * part / timed) for phase, part in sums.items() if part > 0]
    return StepCost(
        first["model"],
        first["machine"],
        first["precision"],
        int(first["batch"]),
        len(rows),
        whole,
        tuple(phases),
    )


def _line(rows: pd.DataFrame) -> SpeedLine:
    first = rows.iloc[0]
    points = tuple(_speed(speeds) for _, speeds in rows.groupby("batch")[["batch", "speed"]])
    return SpeedLine(first["model"], first["machine"], first["precision"], points)


def _speed(rows: pd.DataFrame) -> tuple[int, float, float, float, int]:
    lower, median, upper = _quantiles(rows["speed"], (0.25, 0.5, 0.75))
    return int(rows["batch"].iloc[0]), median, lower, upper, len(rows)


def _spreads(trials: pd.DataFrame, values: "pd.Series[float]", most: int) -> Spreads:
    rows = trials.assign(amount=values)[np.isfinite(values)]
    groups = [group for _, group in rows.groupby(["model", "machine"], sort=False)]
    groups.sort(key=len, reverse=True)
    return Spreads(tuple(map(_spread, groups[:most])), max(0, len(groups) - most))


def _spread(rows: pd.DataFrame) -> Spread:
    low, lower, median, upper, high = _quantiles(rows["amount"], (0, 0.25, 0.5, 0.75, 1))
    first = rows.iloc[0]
    return Spread(first["model"], first["machine"], len(rows), (low, lower, median, upper, high))


def _quantiles(values: "pd.Series[float]", shares: Iterable[float]) -> list[float]:
    return [float(value) for value in np.quantile(values.to_numpy(float), list(shares))]
