"""What is kept of datasets, devices, studies and trials beside Optuna's own columns."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, func, insert, select, update

from tunescope.store.engine import Store
from tunescope.store.schema import (
    STOPPED_BY_COMMAND,
    benchmarks,
    datasets,
    devices,
    epochs,
    now,
    optuna_trials,
    studies,
    timings,
    trials,
)


def enter_dataset(store: Store, **columns: Any) -> int:
    """Enter a prepared dataset, once a fingerprint; returns its id."""
    return _enter_once(store, datasets, columns["fingerprint"], columns)


def enter_device(store: Store, manifest: Mapping[str, Any]) -> int:
    """Enter what a machine is made of, once; returns its id."""
    canonical = json.dumps(manifest, sort_keys=True)
    fingerprint = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return _enter_once(store, devices, fingerprint, {"fingerprint": fingerprint, "manifest": dict(manifest)})


def enter_study(
    store: Store, study_id: int, run_id: str, strategy: str, objective: str, space: Mapping[str, Any]
) -> None:
    """Enter which run a study belongs to; nothing happens when it is known."""
    with store.engine.begin() as connection:
        if (
            connection.execute(select(studies.c.study_id).where(studies.c.study_id == study_id)).scalar()
            is None
        ):
            connection.execute(
                insert(studies).values(
                    study_id=study_id,
                    run_id=run_id,
                    strategy=strategy,
                    objective=objective,
                    space=dict(space),
                    seconds=0.0,
                )
            )


def study_record(store: Store, study_id: int) -> dict[str, Any]:
    """The row of a study that :func:`enter_study` made."""
    with store.engine.connect() as connection:
        return dict(
            connection.execute(select(studies).where(studies.c.study_id == study_id)).mappings().one()
        )


def update_study(store: Store, study_id: int, **columns: Any) -> None:
    """Enter how long a study has searched, or why it ended."""
    with store.engine.begin() as connection:
        connection.execute(update(studies).where(studies.c.study_id == study_id).values(**columns))


def enter_trial(store: Store, trial_id: int, **columns: Any) -> None:
    """Enter that a trial has begun: its worker, its seed, where its files go."""
    with store.engine.begin() as connection:
        connection.execute(insert(trials).values(trial_id=trial_id, **columns))


def enter_epoch(store: Store, trial_id: int, **columns: Any) -> None:
    """Enter one epoch of a training."""
    with store.engine.begin() as connection:
        connection.execute(insert(epochs).values(trial_id=trial_id, **columns))


def enter_outcome(
    store: Store, trial_id: int, phases: Mapping[str, float] | None = None, **columns: Any
) -> None:
    """Enter how a trial ended: scores, costs or the reason it has none; ``phases`` are seconds by name."""
    with store.engine.begin() as connection:
        connection.execute(update(trials).where(trials.c.trial_id == trial_id).values(**columns))
        if phases:
            rows = [{"trial_id": trial_id, "phase": name, "seconds": value} for name, value in phases.items()]
            connection.execute(insert(timings), rows)


def best_accuracy(store: Store, run_id: str) -> float | None:
    """The best validation accuracy of the finished trials of a run."""
    query = (
        select(func.max(trials.c.validation_accuracy))
        .join(optuna_trials, optuna_trials.c.trial_id == trials.c.trial_id)
        .join(studies, studies.c.study_id == optuna_trials.c.study_id)
        .where(studies.c.run_id == run_id, optuna_trials.c.state == "COMPLETE")
    )
    with store.engine.connect() as connection:
        return connection.execute(query).scalar()


def was_stopped(store: Store, run_id: str) -> bool:
    """Whether a study of the run has ended on command."""
    query = select(studies.c.study_id).where(
        studies.c.run_id == run_id, studies.c.stopped_because == STOPPED_BY_COMMAND
    )
    with store.engine.connect() as connection:
        return connection.execute(query).first() is not None


def enter_benchmark(store: Store, trial_id: int, **columns: Any) -> None:
    """Enter what was measured on a finished model; a second measurement replaces the first."""
    with store.engine.begin() as connection:
        connection.execute(benchmarks.delete().where(benchmarks.c.trial_id == trial_id))
        connection.execute(insert(benchmarks).values(trial_id=trial_id, created=now(), **columns))


def _enter_once(store: Store, table: Table, fingerprint: str, columns: Mapping[str, Any]) -> int:
    key = next(iter(table.primary_key))
    known = select(key).where(table.c.fingerprint == fingerprint)
    with store.engine.begin() as connection:
        found: int | None = connection.execute(known).scalar()
        if found is None:
            result = connection.execute(insert(table).values(**columns, created=now()))
            found = int(result.inserted_primary_key[0])  # type: ignore[index]
        return found
