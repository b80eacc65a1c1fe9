"""Stores with very many trials, written in bulk: `python -m bench.trial_stores PATH TRIALS`."""

import json
import random
import sqlite3
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)

STUDY = "bench"
REPORTS = 10
_BEGIN = datetime(2026, 1, 1)
_SPACE: dict[str, BaseDistribution] = {
    "x": FloatDistribution(0, 1),
    "rate": FloatDistribution(1e-4, 1, log=True),
    "depth": IntDistribution(1, 9),
    "width": IntDistribution(1, 100),
    "kernel": CategoricalDistribution(["rbf", "linear", "poly"]),
}
_TEXTS = {name: distribution_to_json(one) for name, one in _SPACE.items()}
_TABLES = {
    "trials": "trial_id, number, study_id, state, datetime_start, datetime_complete",
    "trial_params": "trial_id, param_name, param_value, distribution_json",
    "trial_values": "trial_id, objective, value, value_type",
    "trial_user_attributes": "trial_id, key, value_json",
    "trial_intermediate_values": "trial_id, step, intermediate_value, intermediate_value_type",
}


def make_store(path: Path, trials: int) -> None:
    """Write a store as Optuna makes one: a study of trials with 5 parameters, 3 attributes and 10 reports."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    optuna.create_study(study_name=STUDY, storage=storage, direction="maximize")
    storage.engine.dispose()
    append(path, trials)


def append(path: Path, trials: int) -> None:
    """Add finished trials to the study, in one transaction."""
    connection = sqlite3.connect(path, timeout=60)
    (known,) = connection.execute("SELECT coalesce(max(trial_id), 0) FROM trials").fetchone()
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
    for trial_id in range(known + 1, known + trials + 1):
        for table, row in _trial(trial_id):
            rows[table].append(row)
    for table, columns in _TABLES.items():
        marks = ", ".join("?" * len(columns.split(",")))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows[table])
    connection.commit()
    connection.close()


def _trial(trial_id: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    draw = random.Random(trial_id)
    start = _BEGIN + timedelta(seconds=3 * trial_id)
    end = start + timedelta(seconds=10 * draw.random())
    value = draw.random() ** 0.3
    yield "trials", (trial_id, trial_id - 1, 1, "COMPLETE", start.isoformat(" "), end.isoformat(" "))
    params = {"x": draw.random(), "rate": 10 ** (-4 * draw.random()), "kernel": draw.randint(0, 2)}
    params |= {"depth": draw.randint(1, 9), "width": draw.randint(1, 100)}
    for name, given in params.items():
        yield "trial_params", (trial_id, name, float(given), _TEXTS[name])
    yield "trial_values", (trial_id, 0, value, "FINITE")
    for key, noted in {
        "host": f"node{draw.randint(1, 4)}",
        "gpu": draw.randint(0, 8),
        "loss": 1 - value,
    }.items():
        yield "trial_user_attributes", (trial_id, key, json.dumps(noted))
    for step in range(REPORTS):
        yield "trial_intermediate_values", (trial_id, step, value * step / REPORTS, "FINITE")


if __name__ == "__main__":
    make_store(Path(sys.argv[1]), int(sys.argv[2]))
