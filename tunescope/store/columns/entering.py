"""Entering trials into the columns, which grow with the parameters and attributes that trials have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from tunescope.store.annotations import Annotation
from tunescope.store.columns.fields import FIXED, Field, grown
from tunescope.store.columns.reading import Piece, StudyRow

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
_OWN = {
    key: "whole" if field.is_whole else field.kind
    for key, field in FIXED.items()
    if key not in (*_OF_STUDIES, *_MARKS)
}


class Entering:
    """The tables of columns, and the fields that they have so far."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.fields: dict[str, Field] = dict(FIXED)
        self._database = database
        columns = ", ".join(f'"{key}" {_TYPES[kind]}' for key, kind in _OWN.items() if key != "trial_id")
        database.execute(
            f"CREATE TABLE rows (trial_id BIGINT, study_id BIGINT, searchable VARCHAR, {columns})"
        )
        marks = ", ".join(f"{key} VARCHAR" for key in _MARKS)
        database.execute(f"CREATE TABLE marks (trial_id BIGINT, {marks})")
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

    def trials(self, piece: Piece, is_new: bool) -> None:
        """Enter trials; those that are not new take the place of what was entered of them."""
        if not piece.ids:
            return
        table = pa.table({**_fixed(piece), **self._grown(piece)})
        self._database.execute("BEGIN")
        if not is_new:
            self._database.execute("DELETE FROM rows WHERE list_contains(?, trial_id)", [piece.ids])
        self._insert("INSERT INTO rows BY NAME SELECT * FROM news", table)
        self._database.execute("COMMIT")

    def forget(self, study_id: int) -> list[int]:
        """Take the trials of a study out; returns their ids."""
        found = self._database.execute("DELETE FROM rows WHERE study_id = ? RETURNING trial_id", [study_id])
        return [row[0] for row in found.fetchall()]

    def marks(self, kept: Mapping[int, Annotation]) -> None:
        """Replace what people keep of trials."""
        rows = [
            (trial_id, "yes" if one.is_starred else None, one.note or None, ", ".join(one.tags) or None)
            for trial_id, one in kept.items()
        ]
        self._database.execute("BEGIN; DELETE FROM marks")
        if rows:
            self._database.executemany("INSERT INTO marks VALUES (?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def _insert(self, statement: str, table: pa.Table) -> None:
        self._database.register("news", table)
        self._database.execute(statement)
        self._database.unregister("news")

    def _grown(self, piece: Piece) -> dict[str, pa.Array]:
        columns = {}
        for kind, lists in (("number", piece.numbers), ("text", piece.texts)):
            for (prefix, name), values in lists.items():
                is_whole = (prefix, name) not in piece.fractions
                columns[self._column(prefix, name, kind, is_whole)] = _array(values, kind)
        return columns

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
        # Another dictionary, as somebody may be going through this one.
        self.fields = {**self.fields, key: known}
        return place.removeprefix("rows.")


def _fixed(piece: Piece) -> dict[str, pa.Array]:
    given = {key: kind for key, kind in _OWN.items() if key in piece.fixed}
    columns = {key: _array(piece.fixed[key], kind) for key, kind in given.items()}
    ids = pa.array(piece.fixed["study_id"], pa.int64())
    return {**columns, "study_id": ids, "searchable": _array(_searchable(piece), "text")}


def _searchable(piece: Piece) -> list[str]:
    """The texts of each trial in one, as a word is looked for."""
    columns = [piece.fixed["state"], piece.fixed["model"], piece.fixed["reason"], *piece.texts.values()]
    return [" ".join(filter(None, texts)).casefold() for texts in zip(*columns, strict=True)]


def _array(values: Sequence[Any], kind: str) -> pa.Array:
    """Values of one kind; what is no number (NaN) counts as missing."""
    return pa.array(values, _ARROW[kind], from_pandas=kind in ("number", "whole"))
