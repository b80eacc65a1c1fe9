"""Reading trials out of the store in pieces, each statement a short transaction of its own.

A reader of SQLite without write-ahead logging keeps a writer waiting as long as its statement lasts, and
so a piece is small.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, select

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

PIECE = 4_000
_LONGEST = 1_000
# What Tunescope enters itself: it is no attribute that a user would look for.
_HIDDEN = "tunescope:"
# Ids that a statement lists one by one.
_FEW = 100
_KEPT = [column for column in trials.c if column.name not in ("trial_id", "folder", "notes", "operators")]


# Statements are built once: for a poll that finds a few new trials, building them took longer than asking.
_DIRECTIONS = select(optuna_directions.c.study_id, optuna_directions.c.direction).order_by(
    optuna_directions.c.objective
)
_OF_STUDY = optuna_trials.c.study_id == optuna_studies.c.study_id
# In one statement, so that both are of the same moment. By itself, an index tells the highest id at once;
# beside the count, every trial would be looked at.
_AMOUNT = select(func.count()).select_from(optuna_trials).where(_OF_STUDY).scalar_subquery()
_NEWEST = select(func.max(optuna_trials.c.trial_id)).where(_OF_STUDY).scalar_subquery()
_STUDIES = (
    select(
        _AMOUNT.label("trials"),
        func.coalesce(_NEWEST, 0).label("newest"),
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
class Piece:
    """Some trials, by column: one value a trial in each list, ``None`` where it has none.

    Attributes:
        ids: their ids.
        fixed: what every trial may have, by the name of its column.
        numbers, texts: what only some trials have, by (prefix, name) as in the keys of fields.
        fractions: those of ``numbers`` that are not all whole.
    """

    ids: list[int]
    fixed: dict[str, list[Any]]
    numbers: dict[tuple[str, str], list[float | None]]
    texts: dict[tuple[str, str], list[str | None]]
    fractions: set[tuple[str, str]]

    def row(self, place: int) -> tuple[Any, ...]:
        """All that is known of one trial."""
        columns = (*self.fixed.values(), *self.numbers.values(), *self.texts.values())
        return tuple(column[place] for column in columns)


def study_rows(store: Store) -> dict[int, StudyRow]:
    """Every study by its id."""
    rows, directions = _read(store, _STUDIES), _directions(store)
    starts = begun(store, [row.newest for row in rows])
    return {
        row.study_id: StudyRow(
            **row._mapping,
            directions=tuple(directions.get(row.study_id, ())),
            newest_start=starts.get(row.newest),
        )
        for row in rows
    }


def begun(store: Store, ids: Sequence[int]) -> dict[int, datetime | None]:
    """When trials began, by their ids."""
    found: dict[int, datetime | None] = {}
    for piece in pieces(ids, _FEW):
        statement = _columns_of(optuna_trials, ("datetime_start",), is_many=False)
        found.update((trial_id, start) for trial_id, start in _read(store, statement, _given(piece)))
    return found


def trial_ids(store: Store, study_id: int, above: int = 0) -> list[int]:
    """Ids of the trials of a study, ascending, that are higher than ``above``."""
    table = optuna_trials
    query = select(table.c.trial_id).where(table.c.study_id == study_id, table.c.trial_id > above)
    return [row[0] for row in _read(store, query.order_by(table.c.trial_id))]


def all_trial_ids(store: Store) -> list[int]:
    """Ids of every trial, newest first."""
    query = select(optuna_trials.c.trial_id).order_by(optuna_trials.c.trial_id.desc())
    with store.reader.connect() as connection:
        # As the driver has them: a Row around each of 100 000 numbers takes longer than to read them.
        return [trial_id for (trial_id,) in connection.execute(query).cursor.fetchall()]


def pieces(ids: Sequence[int], size: int = PIECE) -> Iterator[Sequence[int]]:
    """Ids in groups that one short statement can read."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def read_piece(store: Store, ids: Sequence[int]) -> Piece:
    """The trials with some ids, queued ones left out; as many as one group of :func:`pieces` at most."""
    fixed = _fixed(store, ids)
    piece = Piece(fixed["trial_id"], fixed, {}, {}, set())
    reader = _Reader(store, ids, piece)
    reader.params()
    reader.attributes()
    reader.phases()
    reader.values()
    return piece


class _Reader:
    """Puts rows of Optuna's tables into the columns of a piece."""

    def __init__(self, store: Store, ids: Sequence[int], piece: Piece) -> None:
        self._store, self._ids, self._piece = store, ids, piece
        self._places = {trial_id: place for place, trial_id in enumerate(piece.ids)}

    def params(self) -> None:
        for trial_id, name, value, text in self._rows(
            optuna_params, "param_name", "param_value", "distribution_json"
        ):
            if (place := self._places.get(trial_id)) is not None:
                self._put(("param", name), place, parameter_of(value, text))

    def attributes(self) -> None:
        for trial_id, name, text in self._rows(optuna_user_attributes, "key", "value_json"):
            if (place := self._places.get(trial_id)) is not None and not name.startswith(_HIDDEN):
                self._put(("attr", name), place, _plain(text))

    def phases(self) -> None:
        for trial_id, name, seconds in self._rows(timings, "phase", "seconds"):
            if (place := self._places.get(trial_id)) is not None:
                self._put(("phase", name), place, seconds)

    def values(self) -> None:
        first = self._piece.fixed["value"]
        for trial_id, objective, value, kind in self._rows(optuna_values, "objective", "value", "value_type"):
            if (place := self._places.get(trial_id)) is None:
                continue
            if objective:
                self._put(("value", str(objective)), place, number_of(value, kind))
            else:
                first[place] = number_of(value, kind)
        again = self._piece.fixed["repeats"]
        for trial_id, key, text in self._rows(optuna_trial_attributes, "key", "value_json", only=REPEATS):
            if key == REPEATS and trial_id in self._places:
                again[self._places[trial_id]] = int(text)

    def _put(self, key: tuple[str, str], place: int, value: Any) -> None:
        if isinstance(value, float | int) and not isinstance(value, bool):
            if isinstance(value, float):
                self._piece.fractions.add(key)
            column: dict[tuple[str, str], list[Any]] = self._piece.numbers
        else:
            column, value = self._piece.texts, _said(value)
        if key not in column:
            column[key] = [None] * len(self._piece.ids)
        column[key][place] = value

    def _rows(self, table: Table, *columns: str, only: str | None = None) -> list[Any]:
        """Rows as the driver gives them: of hundreds of thousands, each step counts."""
        query = _columns_of(table, columns, len(self._ids) > _FEW, only)
        with self._store.reader.connect() as connection:
            cursor: Any = connection.execute(query, _given(self._ids)).cursor
            found: list[Any] = cursor.fetchall()
            return found


def _fixed(store: Store, ids: Sequence[int]) -> dict[str, list[Any]]:
    with store.reader.connect() as connection:
        result = connection.execute(_fixed_columns(len(ids) > _FEW), _given(ids))
        names, wanted = list(result.keys()), set(ids)
        rows = [row for row in result.fetchall() if row[0] in wanted]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in names]
    return {
        **dict(zip(names, columns, strict=True)),
        "value": [None] * len(rows),
        "repeats": [None] * len(rows),
    }


def _plain(text: str) -> Any:
    """An attribute as a number or a text; lists and the like as their JSON."""
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        value = json.loads(text)
        return value if isinstance(value, str | bool) or value is None else text


def _said(value: Any) -> str:
    """What is no number, as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)[:_LONGEST]


def _directions(store: Store) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for study_id, direction in _read(store, _DIRECTIONS):
        found.setdefault(study_id, []).append(direction.lower())
    return found


@cache
def _columns_of(
    table: Table, columns: tuple[str, ...], is_many: bool, only: str | None = None
) -> Select[Any]:
    """Some columns of the rows of :func:`_given` trials, of one key where it is told."""
    query = select(table.c.trial_id, *(table.c[name] for name in columns)).where(_among(table, is_many))
    return query if only is None else query.where(table.c.key == only)


@cache
def _fixed_columns(is_many: bool) -> Select[Any]:
    """What every trial may have, for :func:`_given` ones that do not wait."""
    table = optuna_trials
    return (
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
        .where(_among(table, is_many), table.c.state != "WAITING")
    )


def _among(table: Table, is_many: bool) -> ColumnElement[bool]:
    """Of very many ids their range, which an index finds at once; rows of others in it are left out later."""
    if is_many:
        return table.c.trial_id.between(bindparam("lowest"), bindparam("highest"))
    return table.c.trial_id.in_(bindparam("ids", expanding=True))


def _given(ids: Sequence[int]) -> dict[str, Any]:
    """The parameters of :func:`_among`."""
    return {"lowest": min(ids), "highest": max(ids)} if len(ids) > _FEW else {"ids": list(ids)}


def _read(store: Store, query: Select[Any], given: Mapping[str, Any] | None = None) -> Sequence[Any]:
    with store.reader.connect() as connection:
        return connection.execute(query, given).fetchall()
