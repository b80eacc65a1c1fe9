"""What trainings reached of their device, under the roofs that its arithmetic and its memory set.

The roofline model: Williams, Waterman and Patterson (2009), https://doi.org/10.1145/1498765.1498785.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.analysis.costs import PASSES_OF_A_STEP
from tunescope.analysis.selection import evenly
from tunescope.analysis.timing_machines import numbers


@dataclass(frozen=True)
class Roof:
    """A device in one precision.

    Attributes:
        machine: its name.
        precision: what it computed with.
        peak: operations a second of a large matrix product, the median of what trials measured.
        bandwidth: bytes a second of a large copy, likewise.
    """

    machine: str
    precision: str
    peak: float
    bandwidth: float

    @property
    def ridge(self) -> float:
        """Operations a byte from which the arithmetic is the limit, no longer the memory."""
        return self.peak / self.bandwidth

    def at(self, intensity: float) -> float:
        """The most operations a second at some operations a byte."""
        return min(self.peak, self.bandwidth * intensity)


@dataclass(frozen=True)
class RooflinePoint:
    """One training.

    Attributes:
        study: its study.
        number: of the trial.
        model: its model.
        machine: where it ran.
        intensity: operations a byte that the operators of a forward pass read or write.
        reached: operations a second of its training steps.
        share: of what the roof allows at that intensity.
    """

    study: str
    number: int
    model: str
    machine: str
    intensity: float
    reached: float
    share: float


@dataclass(frozen=True)
class Roofline:
    """Devices and trainings; ``left_out`` trainings are too many to show."""

    roofs: tuple[Roof, ...]
    points: tuple[RooflinePoint, ...]
    left_out: int = 0


def roofline(trials: pd.DataFrame, limit: int = 1500) -> Roofline:
    """Set what trainings computed against what their devices allow, from trials with machines."""
    needed = ("flops_per_image", "bytes_per_image", "peak_flops", "peak_bandwidth", "images_per_second")
    figures = pd.DataFrame({name: numbers(trials, name) for name in needed})
    figures = figures.where(np.isfinite(figures) & (figures > 0)).dropna()
    rows = trials.loc[figures.index].assign(
        peak=figures["peak_flops"],
        bandwidth=figures["peak_bandwidth"],
        intensity=figures["flops_per_image"] / figures["bytes_per_image"],
        reached=PASSES_OF_A_STEP * figures["flops_per_image"] * figures["images_per_second"],
    )
    groups = [group for _, group in rows.groupby(["machine", "precision"], sort=False)]
    roofs = {(roof.machine, roof.precision): roof for roof in map(_roof, groups)}
    kept = evenly(len(rows), limit)
    points = [_point(row, roofs[row["machine"], row["precision"]]) for _, row in rows.iloc[kept].iterrows()]
    return Roofline(tuple(roofs.values()), tuple(points), len(rows) - len(kept))


def _roof(rows: pd.DataFrame) -> Roof:
    first = rows.iloc[0]
    peak, bandwidth = float(rows["peak"].median()), float(rows["bandwidth"].median())
    return Roof(str(first["machine"]), str(first["precision"]), peak, bandwidth)


def _point(row: "pd.Series[float]", roof: Roof) -> RooflinePoint:
    return RooflinePoint(
        study=str(row["study"]),
        number=int(row["number"]),
        model=str(row["model"]),
        machine=roof.machine,
        intensity=float(row["intensity"]),
        reached=float(row["reached"]),
        share=float(row["reached"]) / roof.at(float(row["intensity"])),
    )
