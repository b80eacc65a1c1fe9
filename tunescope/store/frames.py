"""Reading the store: pandas frames and plain dictionaries, by plain SQL.

Frames hold what a page or a report shows and no more; times stay naive UTC. Every function opens a
short transaction of its own, so that readers never stand in a writer's way.
"""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, Table, select

from tunescope.store import runs as run_rows
from tunescope.store.engine import Store
from tunescope.store.schema import (
    REPEATS,
    benchmarks,
    commands,
    datasets,
    devices,
    epochs,
    optuna_directions,
    optuna_params,
    optuna_reports,
    optuna_studies,
    optuna_trial_attributes,
    optuna_trials,
    optuna_user_attributes,
    optuna_values,
    runs,
    stages,
    studies,
    timings,
    trials,
)
from tunescope.store.values import number_of, parameter_of


def runs_frame(store: Store) -> pd.DataFrame:
    """Every run, newest first: columns of ``tunescope_runs``, ``state``, dataset name and fingerprint."""
    query = (
        select(runs, datasets.c.name.label("dataset"), datasets.c.fingerprint)
        .outerjoin(datasets, datasets.c.dataset_id == runs.c.dataset_id)
        .order_by(runs.c.created.desc())
    )
    rows = _rows(store, query)
    return pd.DataFrame(
        [{**row, "state": run_rows.state(row)} for row in rows],
        columns=[*runs.c.keys(), "dataset", "fingerprint", "state"],
    )


def studies_frame(store: Store, run_id: str | None = None) -> pd.DataFrame:
    """Every study, plain Optuna ones too: study_id, study, run_id, strategy, objective (several are joined
    with `+`), seconds, stopped_because, and ``directions`` (a list of `maximize` and `minimize`)."""
    query = (
        select(
            optuna_studies.c.study_id,
            optuna_studies.c.study_name.label("study"),
            studies.c.run_id,
            studies.c.strategy,
            studies.c.objective,
            studies.c.seconds,
            studies.c.stopped_because,
        )
        .outerjoin(studies, studies.c.study_id == optuna_studies.c.study_id)
        .order_by(optuna_studies.c.study_id)
    )
    frame = _frame(store, query if run_id is None else query.where(studies.c.run_id == run_id))
    directions = _directions(store)
    frame["directions"] = pd.Series(
        [directions.get(number, []) for number in frame["study_id"]], dtype=object
    )
    return frame


def trials_frame(
    store: Store,
    run_id: str | None = None,
    study: str | None = None,
    number: int | None = None,
    trial_ids: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Every trial that has begun, of one run, study, number or some ids where asked, without queued ones.

    Columns: trial_id, study, run_id, dataset, strategy, number, state, value, start, end, those of
    ``tunescope_trials``, ``values`` (a list a trial, one value an objective, empty without a result;
    ``value`` is the first), ``params`` (a dictionary a trial) and ``repeats`` (the number of the trial that
    this one measures again, else NaN).
    """
    extra = [column for column in trials.c if column.name != "trial_id"]
    query = (
        select(
            optuna_trials.c.trial_id,
            optuna_studies.c.study_name.label("study"),
            studies.c.run_id,
            datasets.c.name.label("dataset"),
            studies.c.strategy,
            optuna_trials.c.number,
            optuna_trials.c.state,
            optuna_trials.c.datetime_start.label("start"),
            optuna_trials.c.datetime_complete.label("end"),
            *extra,
        )
        .join(optuna_studies, optuna_studies.c.study_id == optuna_trials.c.study_id)
        .outerjoin(studies, studies.c.study_id == optuna_trials.c.study_id)
        .outerjoin(runs, runs.c.run_id == studies.c.run_id)
        .outerjoin(datasets, datasets.c.dataset_id == runs.c.dataset_id)
        .outerjoin(trials, trials.c.trial_id == optuna_trials.c.trial_id)
        .order_by(optuna_trials.c.trial_id)
    )
    scope = _scope(run_id, study, number, trial_ids)
    frame = _frame(store, query.where(optuna_trials.c.state != "WAITING", *scope))
    values, params = _values(store, scope), _params(store, scope)
    frame["values"] = pd.Series([values.get(trial_id, []) for trial_id in frame["trial_id"]], dtype=object)
    frame.insert(7, "value", frame["values"].map(lambda each: each[0] if each else None).astype(float))
    frame["repeats"] = frame["trial_id"].map(_repeats(store, scope)).astype(float)
    frame["params"] = pd.Series([params.get(trial_id, {}) for trial_id in frame["trial_id"]], dtype=object)
    return frame


def epochs_frame(
    store: Store,
    run_id: str | None = None,
    study: str | None = None,
    number: int | None = None,
    trial_ids: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Epochs of trainings: study, number, state and the columns of ``tunescope_epochs``.

    Without ``predictions``, which :func:`tunescope.store.live.predictions` reads: this one is read often.
    """
    columns = (optuna_studies.c.study_name.label("study"), optuna_trials.c.number, optuna_trials.c.state)
    read = [column for column in epochs.c if column.name != "predictions"]
    query = _scoped(select(*columns, *read), epochs).where(*_scope(run_id, study, number, trial_ids))
    return _frame(store, query.order_by(epochs.c.trial_id, epochs.c.epoch))


def timings_frame(
    store: Store,
    run_id: str | None = None,
    study: str | None = None,
    number: int | None = None,
    trial_ids: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Seconds by phase of each trial: study, number, trial_id, phase, seconds."""
    columns = (optuna_studies.c.study_name.label("study"), optuna_trials.c.number)
    query = _scoped(select(*columns, timings), timings).where(*_scope(run_id, study, number, trial_ids))
    return _frame(store, query.order_by(timings.c.trial_id))


def attributes_frame(store: Store, trial_ids: Sequence[int]) -> pd.DataFrame:
    """What a search noted with its trials by itself (user attributes): trial_id, key, value."""
    table = optuna_user_attributes
    query = select(table.c.trial_id, table.c.key, table.c.value_json).where(_among(table, trial_ids))
    frame = _frame(store, query.order_by(table.c.trial_id, table.c.key))
    return frame.assign(value=frame.pop("value_json").map(json.loads).astype(object))


def reports_frame(store: Store, trial_ids: Sequence[int]) -> pd.DataFrame:
    """What trials reported on their way (intermediate values): trial_id, step, value."""
    table = optuna_reports
    columns = (
        table.c.trial_id,
        table.c.step,
        table.c.value.label("value"),
        table.c.value_type.label("value_type"),
    )
    frame = _frame(
        store, select(*columns).where(_among(table, trial_ids)).order_by(table.c.trial_id, table.c.step)
    )
    kinds = frame.pop("value_type")
    return frame.assign(value=[number_of(*pair) for pair in zip(frame["value"], kinds, strict=True)])


def stages_frame(store: Store, run_id: str) -> pd.DataFrame:
    """Steps of the pipeline that a run has come to: launch, name, started, seconds (NaN while it runs)."""
    query = (
        select(stages.c.launch, stages.c.name, stages.c.started, stages.c.seconds)
        .where(stages.c.run_id == run_id)
        .order_by(stages.c.stage_id)
    )
    return _frame(store, query)


def commands_frame(store: Store, run_id: str) -> pd.DataFrame:
    """What was asked of a run: name, argument, created, acknowledged, outcome."""
    return _frame(store, select(commands).where(commands.c.run_id == run_id).order_by(commands.c.command_id))


def benchmarks_frame(store: Store, run_id: str | None = None) -> pd.DataFrame:
    """What was measured on finished models: study, number and the columns of ``tunescope_benchmarks``."""
    columns = (optuna_studies.c.study_name.label("study"), optuna_trials.c.number)
    query = _scoped(select(*columns, benchmarks), benchmarks).order_by(benchmarks.c.created.desc())
    return _frame(store, query if run_id is None else query.where(benchmarks.c.run_id == run_id))


def dataset(store: Store, run_id: str) -> dict[str, Any] | None:
    """The prepared dataset of a run, ``None`` before there is one."""
    query = select(datasets).join(runs, runs.c.dataset_id == datasets.c.dataset_id)
    return next(iter(_rows(store, query.where(runs.c.run_id == run_id))), None)


def device(store: Store, run_id: str) -> dict[str, Any]:
    """The manifest of the machine that a run works on; empty before it is known."""
    query = select(devices.c.manifest).join(runs, runs.c.device_id == devices.c.device_id)
    rows = _rows(store, query.where(runs.c.run_id == run_id))
    return dict(rows[0]["manifest"]) if rows else {}


def manifests(store: Store) -> dict[str, dict[str, Any]]:
    """The manifest of its machine for each run that has come to know it."""
    query = select(runs.c.run_id, devices.c.manifest).join(devices, runs.c.device_id == devices.c.device_id)
    return {row["run_id"]: dict(row["manifest"]) for row in _rows(store, query)}


def _scope(
    run_id: str | None, study: str | None, number: int | None = None, trial_ids: Sequence[int] | None = None
) -> list[ColumnElement[bool]]:
    scope: list[ColumnElement[bool]] = []
    if run_id is not None:
        scope.append(studies.c.run_id == run_id)
    if study is not None:
        scope.append(optuna_studies.c.study_name == study)
    if number is not None:
        scope.append(optuna_trials.c.number == number)
    if trial_ids is not None:
        scope.append(_among(optuna_trials, trial_ids))
    return scope


def _among(table: Table, trial_ids: Sequence[int]) -> ColumnElement[bool]:
    # Ids out of a frame are NumPy's integers, which SQLite would compare as bytes.
    return table.c.trial_id.in_([int(trial_id) for trial_id in trial_ids])


def _directions(store: Store) -> dict[int, list[str]]:
    query = select(optuna_directions.c.study_id, optuna_directions.c.direction)
    found: dict[int, list[str]] = {}
    for row in _rows(store, query.order_by(optuna_directions.c.objective)):
        found.setdefault(row["study_id"], []).append(row["direction"].lower())
    return found


def _values(store: Store, scope: list[ColumnElement[bool]]) -> dict[int, list[float]]:
    table = optuna_values
    query = _scoped(select(table.c.trial_id, table.c.value, table.c.value_type), table)
    found: dict[int, list[float]] = {}
    for row in _rows(store, query.where(*scope).order_by(table.c.objective)):
        found.setdefault(row["trial_id"], []).append(number_of(row["value"], row["value_type"]))
    return found


def _repeats(store: Store, scope: list[ColumnElement[bool]]) -> dict[int, int]:
    table = optuna_trial_attributes
    query = _scoped(select(table.c.trial_id, table.c.value_json), table).where(table.c.key == REPEATS, *scope)
    return {row["trial_id"]: int(row["value_json"]) for row in _rows(store, query)}


def _params(store: Store, scope: list[ColumnElement[bool]]) -> dict[int, dict[str, Any]]:
    query = _scoped(select(optuna_params), optuna_params)
    found: dict[int, dict[str, Any]] = {}
    for row in _rows(store, query.where(*scope).order_by(optuna_params.c.param_id)):
        value = parameter_of(row["param_value"], row["distribution_json"])
        found.setdefault(row["trial_id"], {})[row["param_name"]] = value
    return found


def _scoped(query: Select[Any], table: Table) -> Select[Any]:
    """Read from a table whose rows belong to trials, joined with what a scope speaks of."""
    return (
        query.select_from(table)
        .join(optuna_trials, optuna_trials.c.trial_id == table.c.trial_id)
        .join(optuna_studies, optuna_studies.c.study_id == optuna_trials.c.study_id)
        .outerjoin(studies, studies.c.study_id == optuna_trials.c.study_id)
    )


def _rows(store: Store, query: Select[Any]) -> list[dict[str, Any]]:
    with store.reader.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _frame(store: Store, query: Select[Any]) -> pd.DataFrame:
    with store.reader.connect() as connection:
        result = connection.execute(query)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))
