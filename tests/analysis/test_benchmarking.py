"""What was measured on finished models, exactly."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from tunescope.analysis.benchmarking import COSTS, Measured, measurements, winners


def frame(**columns: list[object]) -> pd.DataFrame:
    given: dict[str, list[object]] = {
        "run_id": ["a", "b", "c"],
        "study": ["a-tpe", "b-tpe", "c-tpe"],
        "number": [3, 0, 7],
        "model": ["cnn", "svm", "svm"],
        "dataset": ["signs", "signs", "digits"],
        "fingerprint": ["f1", "f1", "f2"],
        "machine": ["one", "one", "two"],
        "test_accuracy": [0.9, 0.95, 0.99],
        "test_accuracy_low": [0.8, 0.9, 0.98],
        "test_accuracy_high": [0.95, 0.97, 1.0],
        "validation_accuracy": [0.91, np.nan, 0.98],
        "train_seconds": [None, 2.0, 1.0],
        "test_seconds": [0.1, 0.2, 0.3],
        "latency_ms": [1.5, 1.5, 4.0],
        "images_per_second": [2000.0, 1000.0, 900.0],
        "peak_memory_bytes": [4e8, None, 5e8],
        "created": [datetime(2026, 1, day) for day in (3, 2, 1)],
    }
    return pd.DataFrame({**given, **columns})


def test_models_of_one_dataset_stand_together_the_best_first() -> None:
    rows = measurements(frame())
    assert [(one.fingerprint, one.run_id) for one in rows] == [("f1", "b"), ("f1", "a"), ("f2", "c")]
    assert (rows[0].low, rows[0].high, rows[0].created) == (0.9, 0.97, datetime(2026, 1, 2))


def test_what_was_not_measured_is_none() -> None:
    second, first, _ = measurements(frame())
    assert (second.validation_accuracy, second.peak_memory_bytes, first.train_seconds) == (None, None, None)
    assert (first.cost("peak_memory_bytes"), second.cost("peak_memory_bytes")) == (400.0, None)
    assert first.cost("latency_ms") == 1.5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_accuracy", {("b-tpe", 0)}),
        ("images_per_second", {("a-tpe", 3)}),
        ("test_seconds", {("a-tpe", 3)}),
        ("latency_ms", {("a-tpe", 3), ("b-tpe", 0)}),  # both
        ("train_seconds", set()),  # only one of the dataset has it
    ],
)
def test_the_best_are_found_among_those_that_can_be_compared(name: str, expected: set[object]) -> None:
    assert winners(measurements(frame()), name) == expected


def test_costs_of_two_machines_are_not_compared() -> None:
    rows = measurements(frame(machine=["one", "two", "two"]))
    assert winners(rows, "latency_ms") == frozenset()
    assert winners(rows, "test_accuracy") == {("b-tpe", 0)}


def test_every_cost_is_a_field() -> None:
    assert set(COSTS) <= set(Measured.__dataclass_fields__)
    assert measurements(frame().iloc[:0]) == ()
