"""What a run used of its machine while it worked."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from tunescope.analysis.selection import evenly

NOTHING_KNOWN: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Used:
    """One measure over time.

    Attributes:
        name: what was measured.
        unit: `percent` or `bytes`.
        minutes: before the newest sample, from the oldest (negative) to 0.
        values: one a sample, NaN where none was taken.
        most: the highest that is possible, None where nobody knows.
    """

    name: str
    unit: str
    minutes: tuple[float, ...]
    values: tuple[float, ...]
    most: float | None = None

    @property
    def last(self) -> float:
        """The newest value."""
        return self.values[-1]


def usage(
    samples: pd.DataFrame, machine: Mapping[str, Any] = NOTHING_KNOWN, points: int = 90
) -> tuple[Used, ...]:
    """Follow processor, memory and each GPU of a resources frame; empty without samples.

    Args:
        samples: columns ``at`` (naive UTC, ascending), ``cpu_percent`` (100 is one core), ``memory_bytes``
            and ``gpus`` (a list of dictionaries a sample, or None).
        machine: its manifest, of which ``cores``, ``memory_bytes`` and ``gpus`` (with their own
            ``memory_bytes``) say what is possible, as far as they are there.
        points: samples to keep, the first and the last among them.
    """
    if samples.empty:
        return ()
    kept = samples.iloc[evenly(len(samples), points)]
    minutes = tuple(((kept["at"] - kept["at"].iloc[-1]).dt.total_seconds() / 60).tolist())
    cores = machine.get("cores")
    cpu = Used(
        "Processor", "percent", minutes, _floats(kept["cpu_percent"]), 100.0 * cores if cores else None
    )
    memory = Used("Memory", "bytes", minutes, _floats(kept["memory_bytes"]), machine.get("memory_bytes"))
    return (cpu, memory, *_gpus(kept, minutes, machine.get("gpus") or []))


def _gpus(samples: pd.DataFrame, minutes: tuple[float, ...], known: list[Mapping[str, Any]]) -> list[Used]:
    """Use and memory of each GPU that the newest sample has."""
    rows = [one if isinstance(one, list) else [] for one in samples["gpus"]]
    found: list[Used] = []
    for index, gpu in enumerate(rows[-1]):
        number = f"GPU {index}"
        name = gpu.get("name") or number
        if len(rows[-1]) > 1 and name != number:
            name = f"{number}, {name}"
        most = known[index].get("memory_bytes") if index < len(known) else None
        found.append(Used(name, "percent", minutes, _of(rows, index, "utilization"), 100.0))
        found.append(Used(f"Memory of {name}", "bytes", minutes, _of(rows, index, "memory_bytes"), most))
    return found


def _of(rows: list[list[dict[str, float]]], index: int, key: str) -> tuple[float, ...]:
    values = (row[index].get(key) if index < len(row) else None for row in rows)
    return tuple(float("nan") if value is None else float(value) for value in values)


def _floats(column: "pd.Series[float]") -> tuple[float, ...]:
    return tuple(column.astype(float).tolist())
