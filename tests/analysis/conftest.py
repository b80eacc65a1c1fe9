"""Small frames with the columns of ``tunescope.store.frames``."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

BEGIN = datetime(2026, 1, 5, 9, 0, 0)


def _moment(seconds: float | None) -> Any:
    return pd.NaT if seconds is None else BEGIN + timedelta(seconds=seconds)


def _trials(*rows: dict[str, Any]) -> pd.DataFrame:
    """A trials frame; ``start`` and ``end`` in seconds, numbers counted by study, the rest by default."""
    numbers: dict[str, int] = {}
    filled = []
    for trial_id, given in enumerate(rows, start=1):
        row = {
            "trial_id": trial_id,
            "study": "demo-grid",
            "run_id": "demo",
            "strategy": "grid",
            "state": "COMPLETE",
            "start": 0.0,
            "end": 1.0,
            "validation_accuracy": np.nan,
            "seconds": np.nan,
            "params": {"model": "svm"},
            **given,
        }
        row["number"] = numbers[row["study"]] = numbers.get(row["study"], -1) + 1
        row |= {name: _moment(row[name]) for name in ("start", "end")}
        filled.append(row)
    columns = ["trial_id", "study", "run_id", "strategy", "number", "state", "start", "end"]
    frame = pd.DataFrame(filled, columns=[*columns, "validation_accuracy", "seconds", "params"])
    times = dict.fromkeys(("start", "end"), "datetime64[us]")
    return frame.astype({**times, "validation_accuracy": float, "seconds": float})


@pytest.fixture
def make_trials() -> Callable[..., pd.DataFrame]:
    return _trials


@pytest.fixture
def make_studies() -> Callable[..., pd.DataFrame]:
    columns = ["study_id", "study", "run_id", "strategy", "objective", "seconds", "stopped_because"]
    return lambda *rows: pd.DataFrame(list(rows), columns=columns)
