"""Reading trials out of the store in pieces, each statement a short transaction of its own.

A reader of SQLite without write-ahead logging keeps a writer waiting as long as its statement lasts, and
so a piece is small.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select

from tunescope.store.engine import Store
from tunescope.store.schema import (
    REPEATS,
    datasets,
    optuna_directions,
    optuna_params,
    optuna_studies,
    optuna_trial_attributes,
    optuna_trials,
    optuna_user_attributes,
    optuna_values,
    runs,
    studies,
    timings,
    trials,
)
from tunescope.store.values import number_of, parameter_of

PIECE = 2_000
_LONGEST = 1_000
_KEPT = [column for column in trials.c if column.name not in ("trial_id", "folder", "notes", "operators")]
UNFINISHED = ("RUNNING", "WAITING")


@dataclass(frozen=True)
class StudyRow:
    """A study and how much there is of it; ``newest`` is the highest id of its trials."""

    study_id: int
    study: str
    run_id: str | None
    dataset: str | None
    strategy: str | None
    objective: str | None
    directions: tuple[str, ...]
    trials: int
    newest: int
    newest_start: datetime | None


@dataclass(frozen=True)
class TrialRow:
    """A trial: ``fixed`` by column, ``grown`` by (prefix, name) of what only some trials have."""

    trial_id: int
    fixed: dict[str, Any]
    grown: dict[tuple[str, str], Any]


def study_rows(store: Store) -> dict[int, StudyRow]:
    """Every study by its id."""
    counted = select(
        optuna_trials.c.study_id,
        func.count().label("trials"),
        func.max(optuna_trials.c.trial_id).label("newest"),
    ).group_by(optuna_trials.c.study_id)
    query = (
        select(
            optuna_studies.c.study_id,
            optuna_studies.c.study_name.label("study"),
            studies.c.run_id,
            datasets.c.name.label("dataset"),
            studies.c.strategy,
            studies.c.objective,
        )
        .outerjoin(studies, studies.c.study_id == optuna_studies.c.study_id)
        .outerjoin(runs, runs.c.run_id == studies.c.run_id)
        .outerjoin(datasets, datasets.c.dataset_id == runs.c.dataset_id)
        .order_by(optuna_studies.c.study_id)
    )
    amounts = {study_id: (int(amount), int(newest)) for study_id, amount, newest in _read(store, counted)}
    starts = begun(store, [newest for _, newest in amounts.values()])
    directions = _directions(store)
    return {
        row.study_id: StudyRow(
            **row._mapping,
            directions=tuple(directions.get(row.study_id, ())),
            trials=trials,
            newest=newest,
            newest_start=starts.get(newest),
        )
        for row in _read(store, query)
        for trials, newest in [amounts.get(row.study_id, (0, 0))]
    }


def begun(store: Store, ids: Sequence[int]) -> dict[int, datetime | None]:
    """When trials began, by their ids."""
    table = optuna_trials
    found: dict[int, datetime | None] = {}
    for piece in pieces(ids, 100):
        query = select(table.c.trial_id, table.c.datetime_start).where(_among(table, piece))
        found.update((trial_id, start) for trial_id, start in _read(store, query))
    return found


def trial_ids(store: Store, study_id: int, above: int = 0) -> list[int]:
    """Ids of the trials of a study, ascending, that are higher than ``above``."""
    table = optuna_trials
    query = select(table.c.trial_id).where(table.c.study_id == study_id, table.c.trial_id > above)
    return [row[0] for row in _read(store, query.order_by(table.c.trial_id))]


def all_trial_ids(store: Store) -> list[int]:
    """Ids of every trial, newest first."""
    return [
        row[0]
        for row in _read(store, select(optuna_trials.c.trial_id).order_by(optuna_trials.c.trial_id.desc()))
    ]


def pieces(ids: Sequence[int], size: int = PIECE) -> Iterator[Sequence[int]]:
    """Ids in groups that one short statement can read."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def trial_rows(store: Store, ids: Sequence[int]) -> list[TrialRow]:
    """The trials with some ids, queued ones left out; a piece of :func:`pieces` at most."""
    grown: dict[int, dict[tuple[str, str], Any]] = {trial_id: {} for trial_id in ids}
    fixed = {row["trial_id"]: row for row in _fixed(store, ids)}
    _add(grown, "param", _params(store, ids))
    _add(grown, "attr", _attributes(store, ids))
    _add(grown, "phase", _read(store, _of(timings, ids, "phase", "seconds")))
    for trial_id, objective, value, kind in _read(
        store, _of(optuna_values, ids, "objective", "value", "value_type")
    ):
        if objective and trial_id in grown:
            grown[trial_id]["value", str(objective)] = number_of(value, kind)
        elif trial_id in fixed:
            fixed[trial_id]["value"] = number_of(value, kind)
    table = optuna_trial_attributes
    for trial_id, text in _read(store, _of(table, ids, "value_json").where(table.c.key == REPEATS)):
        fixed.get(trial_id, {})["repeats"] = int(text)
    return [TrialRow(trial_id, row, grown[trial_id]) for trial_id, row in fixed.items() if trial_id in grown]


def _fixed(store: Store, ids: Sequence[int]) -> list[dict[str, Any]]:
    table = optuna_trials
    query = (
        select(
            table.c.trial_id,
            table.c.study_id,
            table.c.number,
            table.c.state,
            table.c.datetime_start.label("start"),
            table.c.datetime_complete.label("end"),
            *_KEPT,
        )
        .outerjoin(trials, trials.c.trial_id == table.c.trial_id)
        .where(_among(table, ids), table.c.state != "WAITING")
    )
    with store.reader.connect() as connection:
        result = connection.execute(query)
        names = list(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _params(store: Store, ids: Sequence[int]) -> Iterator[tuple[int, str, Any]]:
    rows = _read(store, _of(optuna_params, ids, "param_name", "param_value", "distribution_json"))
    return ((trial_id, name, parameter_of(value, text)) for trial_id, name, value, text in rows)


def _attributes(store: Store, ids: Sequence[int]) -> Iterator[tuple[int, str, Any]]:
    rows = _read(store, _of(optuna_user_attributes, ids, "key", "value_json"))
    return ((trial_id, key, _plain(text)) for trial_id, key, text in rows)


def _plain(text: str) -> Any:
    """An attribute as a number or a text; lists and the like as their JSON."""
    value = json.loads(text)
    return value if isinstance(value, str | int | float) or value is None else text


def _add(grown: Mapping[int, dict[tuple[str, str], Any]], prefix: str, rows: Iterable[Any]) -> None:
    for trial_id, name, value in rows:
        if trial_id in grown:
            grown[trial_id][prefix, name] = value[:_LONGEST] if isinstance(value, str) else value


def _directions(store: Store) -> dict[int, list[str]]:
    table = optuna_directions
    found: dict[int, list[str]] = {}
    query = select(table.c.study_id, table.c.direction).order_by(table.c.objective)
    for study_id, direction in _read(store, query):
        found.setdefault(study_id, []).append(direction.lower())
    return found


def _of(table: Table, ids: Sequence[int], *columns: str) -> Select[Any]:
    return select(table.c.trial_id, *(table.c[name] for name in columns)).where(_among(table, ids))


def _among(table: Table, ids: Sequence[int]) -> ColumnElement[bool]:
    """Of very many ids their range, which an index finds at once; rows of others in it are left out later."""
    if len(ids) > 100:
        return table.c.trial_id.between(min(ids), max(ids))
    return table.c.trial_id.in_(list(ids))


def _read(store: Store, query: Select[Any]) -> Sequence[Any]:
    with store.reader.connect() as connection:
        return connection.execute(query).fetchall()
