"""On which machine each trial ran, and machines set against one another."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from tunescope.analysis.costs import PASSES_OF_A_STEP
from tunescope.analysis.selection import with_models

UNKNOWN = "unknown machine"
_MARKS = ("(R)", "(TM)", "CPU", "Processor")


@dataclass(frozen=True)
class MachineUse:
    """What one machine did.

    Attributes:
        machine: its name.
        trials: how many trials ran on it.
        seconds: of these together.
        images_per_second: median of its deep trials; None without one.
        utilisation: median share of its peak that trainings reached; None where it was not measured.
        watts: joules of the GPU over seconds, of the trials whose energy was measured; None without one.
    """

    machine: str
    trials: int
    seconds: float
    images_per_second: float | None
    utilisation: float | None
    watts: float | None


@dataclass(frozen=True)
class MachinePair:
    """Two machines that trained the same things.

    Attributes:
        slower: the machine with fewer images a second.
        faster: the other.
        cells: how many combinations of dataset, model and batch size both trained.
        ratio: geometric mean, over these, of how many times as many images a second the faster reached.
        low: the lowest of these ratios.
        high: the highest.
    """

    slower: str
    faster: str
    cells: int
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Machines:
    """Machines, the one with most time first, and pairs of them, the furthest apart first."""

    used: tuple[MachineUse, ...]
    pairs: tuple[MachinePair, ...]


def machine_of(device: Any, manifest: Mapping[str, Any]) -> str:
    """What to call the machine of a trial.

    Args:
        device: what the trial ran on, ``cpu`` or such as ``cuda:0``; None for a model that knows CPUs only.
        manifest: of the machine of its run (``tunescope.timing.device_manifest``); empty where unknown.
    """
    if isinstance(device, str) and device.startswith("cuda"):
        gpus = [gpu.get("name") for gpu in manifest.get("gpus") or ()]
        number = int(device.partition(":")[2] or 0)
        return str(gpus[number]) if number < len(gpus) else "a GPU"
    name, cores = manifest.get("cpu"), manifest.get("cores")
    if not name:
        return UNKNOWN
    words = " ".join(word for word in _unmarked(str(name)).split() if "-Core" not in word)
    return f"{words}, {cores} cores" if cores else words


def with_machines(trials: pd.DataFrame, manifests: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The same trials with columns ``model`` and ``machine``, from the manifest of each run."""
    named = with_models(trials)
    keys = list(zip(named["run_id"].astype(object), named["device"].astype(object), strict=True))
    names = {key: machine_of(key[1], manifests.get(key[0], {})) for key in set(keys)}
    return named.assign(machine=pd.Series([names[key] for key in keys], index=named.index, dtype=object))


def utilisation(trials: pd.DataFrame) -> "pd.Series[float]":
    """Share of the device's peak that each training reached; NaN where it was not measured."""
    reached = PASSES_OF_A_STEP * numbers(trials, "flops_per_image") * numbers(trials, "images_per_second")
    return reached / numbers(trials, "peak_flops").where(lambda peak: peak > 0)


def numbers(trials: pd.DataFrame, column: str) -> "pd.Series[float]":
    """A column as numbers; all NaN where a store does not have it."""
    if column not in trials:
        return pd.Series(np.nan, index=trials.index, dtype=float)
    return pd.to_numeric(trials[column], errors="coerce").astype(float)


def machines(trials: pd.DataFrame) -> Machines:
    """Sum up what each machine did and compare those that trained the same, from trials with machines."""
    ended = trials[numbers(trials, "seconds").notna()]
    rows = ended.assign(
        seconds=numbers(ended, "seconds"),
        speed=numbers(ended, "images_per_second"),
        share=utilisation(ended),
        joules=numbers(ended, "energy_joules"),
    )
    used = [_use(str(name), group) for name, group in rows.groupby("machine", sort=False)]
    return Machines(tuple(sorted(used, key=lambda one: -one.seconds)), _pairs(rows))


def _use(machine: str, rows: pd.DataFrame) -> MachineUse:
    deep = rows[numbers(rows, "batch_size").notna()]
    powered = rows[rows["joules"].notna() & (rows["seconds"] > 0)]
    return MachineUse(
        machine=machine,
        trials=len(rows),
        seconds=float(rows["seconds"].sum()),
        images_per_second=_median(deep["speed"]),
        utilisation=_median(rows["share"]),
        watts=float(powered["joules"].sum() / powered["seconds"].sum()) if len(powered) else None,
    )


def _median(values: "pd.Series[float]") -> float | None:
    known = values[np.isfinite(values)]
    return float(known.median()) if len(known) else None


def _pairs(rows: pd.DataFrame) -> tuple[MachinePair, ...]:
    measured = rows[(rows["machine"] != UNKNOWN) & np.isfinite(rows["speed"]) & (rows["speed"] > 0)]
    if measured["machine"].nunique() < 2:
        return ()
    # Shallow models have no batch, and are compared all the same.
    keys = [measured["dataset"].astype(str), measured["model"], numbers(measured, "batch_size").fillna(0)]
    cells = measured.groupby([*keys, measured["machine"]])["speed"].median().unstack()
    found = [_pair(cells[[one, other]].dropna()) for one, other in combinations(cells.columns, 2)]
    return tuple(sorted(filter(None, found), key=lambda pair: -pair.ratio))


def _pair(cells: pd.DataFrame) -> MachinePair | None:
    if cells.empty:
        return None
    one, other = (str(name) for name in cells.columns)
    logs = np.log((cells[other] / cells[one]).to_numpy(float))
    if logs.mean() < 0:
        one, other, logs = other, one, -logs
    low, ratio, high = (float(np.exp(value)) for value in (logs.min(), logs.mean(), logs.max()))
    return MachinePair(one, other, len(cells), ratio, low, high)


def _unmarked(name: str) -> str:
    for mark in _MARKS:
        name = name.replace(mark, " ")
    return name.partition("@")[0]
