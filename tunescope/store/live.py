"""Reading what a run at work does now: no more than a page shows that asks every second."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from tunescope.store.engine import Store
from tunescope.store.schema import epochs, optuna_studies, optuna_trials, resources


def latest_epochs(store: Store, trial_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The latest epoch of each of some trials that has any: trial_id, epoch, validation_accuracy."""
    if not trial_ids:
        return {}
    newest = (
        select(epochs.c.trial_id, func.max(epochs.c.epoch).label("epoch"))
        .where(epochs.c.trial_id.in_([int(one) for one in trial_ids]))
        .group_by(epochs.c.trial_id)
        .subquery()
    )
    query = select(epochs.c.trial_id, epochs.c.epoch, epochs.c.validation_accuracy).join(
        newest, (newest.c.trial_id == epochs.c.trial_id) & (newest.c.epoch == epochs.c.epoch)
    )
    with store.reader.connect() as connection:
        return {int(row["trial_id"]): dict(row) for row in connection.execute(query).mappings()}


def predicted_epochs(store: Store, trial_ids: Sequence[int]) -> dict[int, int]:
    """The latest epoch with predictions of each of some trials that has any."""
    if not trial_ids:
        return {}
    query = (
        select(epochs.c.trial_id, func.max(epochs.c.epoch))
        .where(epochs.c.trial_id.in_([int(one) for one in trial_ids]), epochs.c.predictions.is_not(None))
        .group_by(epochs.c.trial_id)
    )
    with store.reader.connect() as connection:
        return {int(trial_id): int(epoch) for trial_id, epoch in connection.execute(query)}


def predictions(store: Store, trial_id: int) -> list[dict[str, Any]]:
    """What a training said of the watched validation images: epoch, validation_accuracy, predictions."""
    query = (
        select(epochs.c.epoch, epochs.c.validation_accuracy, epochs.c.predictions)
        .where(epochs.c.trial_id == trial_id, epochs.c.predictions.is_not(None))
        .order_by(epochs.c.epoch)
    )
    with store.reader.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def trial_id_of(store: Store, run_study: str, number: int) -> int | None:
    """The id of a trial, None where there is no such one."""
    query = (
        select(optuna_trials.c.trial_id)
        .join(optuna_studies, optuna_studies.c.study_id == optuna_trials.c.study_id)
        .where(optuna_studies.c.study_name == run_study, optuna_trials.c.number == number)
    )
    with store.reader.connect() as connection:
        found: int | None = connection.execute(query).scalar()
        return found


def resources_frame(store: Store, run_id: str, since: datetime | None = None) -> pd.DataFrame:
    """What a run used of its machine, oldest first: at, cpu_percent, memory_bytes, gpus."""
    kept = (resources.c.at, resources.c.cpu_percent, resources.c.memory_bytes, resources.c.gpus)
    query = select(*kept).where(resources.c.run_id == run_id).order_by(resources.c.at)
    with store.reader.connect() as connection:
        result = connection.execute(query if since is None else query.where(resources.c.at > since))
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))
