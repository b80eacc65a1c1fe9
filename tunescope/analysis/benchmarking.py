"""What was measured on finished models: test accuracy, and what training and use of the model cost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from tunescope.analysis.costs import known
from tunescope.analysis.selection import text_or_none


@dataclass(frozen=True)
class Cost:
    """Something that is measured of a finished model.

    Attributes:
        name: field of :class:`Measured`.
        label: what people call it, in a word.
        title: the same at length, with its unit.
        is_better_high: whether more of it is better.
    """

    name: str
    label: str
    title: str
    is_better_high: bool = False


COSTS: dict[str, Cost] = {
    one.name: one
    for one in (
        Cost("latency_ms", "Latency", "Latency of one image (ms)"),
        Cost("images_per_second", "Throughput", "Images a second", is_better_high=True),
        Cost("train_seconds", "Training", "Training time (s)"),
        Cost("test_seconds", "Testing", "Testing time (s)"),
        Cost("peak_memory_bytes", "Memory", "Memory (MB)"),
    )
}


@dataclass(frozen=True)
class Measured:
    """One finished model on one machine; None for what was not measured.

    Attributes:
        run_id, study, number: where it is from.
        model: its name.
        dataset: name of the dataset whose sealed test images it saw.
        fingerprint: of that dataset.
        machine: where it was measured.
        test_accuracy: share of these images that it got right.
        low, high: bounds of the 95 % interval of that.
        validation_accuracy: what it was chosen by.
        train_seconds: of its training.
        test_seconds: for all test images.
        latency_ms: median for one image alone.
        images_per_second: in batches.
        peak_memory_bytes: of its process.
        created: when (naive UTC).
    """

    run_id: str
    study: str
    number: int
    model: str
    dataset: str | None
    fingerprint: str | None
    machine: str
    test_accuracy: float
    low: float
    high: float
    validation_accuracy: float | None
    train_seconds: float | None
    test_seconds: float | None
    latency_ms: float | None
    images_per_second: float | None
    peak_memory_bytes: float | None
    created: datetime

    def cost(self, name: str) -> float | None:
        """A cost by its key in ``COSTS``, in the unit of its title."""
        value: float | None = getattr(self, name)
        return value if value is None or name != "peak_memory_bytes" else value / 1e6


def measurements(benchmarks: pd.DataFrame) -> tuple[Measured, ...]:
    """Read what was measured, highest test accuracy first within a dataset, datasets as they come.

    Args:
        benchmarks: a benchmarks frame whose rows have dataset, fingerprint, model, machine and validation
            accuracy beside them.
    """
    rows = [_measured(row) for row in benchmarks.to_dict("records")]
    places = {one.fingerprint: place for place, one in reversed(list(enumerate(rows)))}
    return tuple(sorted(rows, key=lambda one: (places[one.fingerprint], -one.test_accuracy, one.run_id)))


def winners(rows: Iterable[Measured], name: str) -> frozenset[tuple[str, int]]:
    """The best rows by a field, as (study, number): test accuracy among those of one dataset, a cost among
    those of one dataset and machine. Where there is only one row, there is nothing to be best of."""
    groups: dict[tuple[str | None, str], list[Measured]] = {}
    for row in rows:
        if getattr(row, name) is not None:
            machine = "" if name == "test_accuracy" else row.machine
            groups.setdefault((row.fingerprint, machine), []).append(row)
    best = _highest if name == "test_accuracy" or COSTS[name].is_better_high else min
    found: set[tuple[str, int]] = set()
    for group in groups.values():
        if len(group) > 1:
            top = best(getattr(row, name) for row in group)
            found |= {(row.study, row.number) for row in group if getattr(row, name) == top}
    return frozenset(found)


_highest: Callable[..., float] = max


def _measured(row: dict[object, object]) -> Measured:
    costs = {name: known(row.get(name)) for name in (*COSTS, "validation_accuracy")}
    return Measured(
        run_id=str(row["run_id"]),
        study=str(row["study"]),
        number=int(str(row["number"])),
        model=str(row["model"]),
        dataset=text_or_none(row["dataset"]),
        fingerprint=text_or_none(row["fingerprint"]),
        machine=str(row["machine"]),
        test_accuracy=known(row["test_accuracy"]) or 0.0,
        low=known(row["test_accuracy_low"]) or 0.0,
        high=known(row["test_accuracy_high"]) or 0.0,
        created=pd.Timestamp(str(row["created"])).to_pydatetime(),
        **costs,
    )
