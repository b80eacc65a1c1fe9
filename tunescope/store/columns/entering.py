"""Entering trials into the columns, which grow with the parameters and attributes that trials have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from tunescope.store.columns.fields import FIXED, Field, grown
from tunescope.store.columns.reading import StudyRow, TrialRow

_TYPES = {"number": "DOUBLE", "whole": "BIGINT", "text": "VARCHAR", "tags": "VARCHAR", "time": "TIMESTAMP"}
_ARROW = {
    "number": pa.float64(),
    "whole": pa.int64(),
    "text": pa.string(),
    "tags": pa.string(),
    "time": pa.timestamp("us"),
}
_OF_STUDIES = ("study", "run_id", "dataset", "strategy")
_MARKS = ("starred", "note", "tags")
# What Tunescope enters itself: it is no attribute that a user would look for.
_HIDDEN = "tunescope:"
_OWN = {
    key: "whole" if field.is_whole else field.kind for key, field in FIXED.items() if key not in _OF_STUDIES
}


class Entering:
    """The tables of columns, and the fields that they have so far."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.fields: dict[str, Field] = dict(FIXED)
        self._database = database
        columns = ", ".join(f'"{key}" {_TYPES[kind]}' for key, kind in _OWN.items() if key != "trial_id")
        database.execute(
            f"CREATE TABLE rows (trial_id BIGINT PRIMARY KEY, study_id BIGINT, searchable VARCHAR, {columns})"
        )
        names = ", ".join(f"{key} VARCHAR" for key in _OF_STUDIES)
        database.execute(f"CREATE TABLE studies (study_id BIGINT, searchable VARCHAR, {names})")

    def studies(self, rows: Iterable[StudyRow]) -> None:
        """Replace the table of studies."""
        given = [
            (row.study_id, *(getattr(row, key) for key in _OF_STUDIES), *(row.run_id, row.dataset))
            for row in rows
        ]
        names = {"study_id": pa.int64(), **dict.fromkeys(_OF_STUDIES, pa.string())}
        lists = list(zip(*given, strict=True)) if given else [()] * 7
        columns = {name: pa.array(lists[index], kind) for index, (name, kind) in enumerate(names.items())}
        texts = [" ".join(filter(None, row[1:5])).casefold() for row in given]
        table = pa.table({**columns, "searchable": pa.array(texts, pa.string())})
        self._database.execute("BEGIN; DELETE FROM studies")
        self._insert("INSERT INTO studies BY NAME SELECT * FROM news", table)
        self._database.execute("COMMIT")

    def trials(self, rows: Sequence[TrialRow], left: Collection[int]) -> None:
        """Enter trials, or enter them anew; ``left`` are ids of trials that nobody trains any more."""
        if rows:
            lists = self._grown(rows)
            table = pa.table(
                {**_fixed(rows, left), **{name: _array(*given) for name, given in lists.items()}}
            )
            self._insert("INSERT OR REPLACE INTO rows BY NAME SELECT * FROM news", table)

    def forget(self, study_id: int) -> list[int]:
        """Take the trials of a study out; returns their ids."""
        found = self._database.execute("DELETE FROM rows WHERE study_id = ? RETURNING trial_id", [study_id])
        return [row[0] for row in found.fetchall()]

    def marks(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Enter stars, notes and tags of trials."""
        for row in rows:
            values = [row[name] for name in _MARKS]
            changes = ", ".join(f"{name} = ?" for name in _MARKS)
            self._database.execute(
                f"UPDATE rows SET {changes} WHERE trial_id = ?", [*values, row["trial_id"]]
            )

    def _insert(self, statement: str, table: pa.Table) -> None:
        self._database.register("news", table)
        self._database.execute(statement)
        self._database.unregister("news")

    def _grown(self, rows: Sequence[TrialRow]) -> dict[str, tuple[list[Any], str]]:
        lists: dict[str, tuple[list[Any], str]] = {}
        for index, row in enumerate(rows):
            for (prefix, name), value in row.grown.items():
                if name.startswith(_HIDDEN) or (prefix, name) == ("param", "model"):
                    continue
                kind, kept = _kept(value)
                column = self._column(prefix, name, kind, isinstance(value, int))
                if column not in lists:
                    lists[column] = ([None] * len(rows), kind)
                lists[column][0][index] = kept
        return lists

    def _column(self, prefix: str, name: str, kind: str, is_whole: bool) -> str:
        """The column for values of one kind under a name, which is added when it is the first."""
        key, title, group = grown(prefix, name)
        known = self.fields.get(key) or Field(key, title, group, "number", is_whole=True)
        place = known.number if kind == "number" else known.text
        if place is None:
            place = f"rows.grown_{len(self.fields)}_{kind}"
            self._database.execute(
                f"ALTER TABLE rows ADD COLUMN {place.removeprefix('rows.')} {_TYPES[kind]}"
            )
            known = (
                replace(known, number=place) if kind == "number" else replace(known, text=place, kind="text")
            )
        if kind == "number" and not is_whole:
            known = replace(known, is_whole=False)
        self.fields[key] = known
        return place.removeprefix("rows.")


def _kept(value: Any) -> tuple[str, Any]:
    """The kind of a value, and the value as its column keeps it."""
    if isinstance(value, bool):
        return "text", "yes" if value else "no"
    if isinstance(value, int | float):
        return "number", float(value)
    return "text", "none" if value is None else str(value)


def _fixed(rows: Sequence[TrialRow], left: Collection[int]) -> dict[str, pa.Array]:
    whole = [_whole(row, left) for row in rows]
    kept = {key: kind for key, kind in _OWN.items() if key not in (*_MARKS, "trial_id")}
    columns = {key: _array([row.get(key) for row in whole], kind) for key, kind in kept.items()}
    ids = {key: pa.array([row[key] for row in whole], pa.int64()) for key in ("trial_id", "study_id")}
    return {**ids, **columns, "searchable": _array([_searchable(row) for row in rows], "text")}


def _whole(row: TrialRow, left: Collection[int]) -> dict[str, Any]:
    """The fixed columns with what follows from them: the model, the time of a plain Optuna trial."""
    found = {**row.fixed, "model": _text(row.grown.get(("param", "model")))}
    if found["seconds"] is None and found["start"] is not None and found["end"] is not None:
        found["seconds"] = (found["end"] - found["start"]).total_seconds()
    if row.trial_id in left and found["state"] == "RUNNING":
        found["state"] = "INTERRUPTED"
    return found


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _searchable(row: TrialRow) -> str:
    texts = [row.fixed["state"], row.fixed["reason"] or ""]
    texts += [f"{name} {value}" for (prefix, name), value in row.grown.items() if prefix in ("param", "attr")]
    return " ".join(texts).casefold()


def _array(values: Sequence[Any], kind: str) -> pa.Array:
    """Values of one kind; what is no number (NaN) counts as missing."""
    return pa.array(values, _ARROW[kind], from_pandas=kind in ("number", "whole"))
