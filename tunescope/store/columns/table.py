"""Every trial of a store as columns, in a DuckDB table in memory that follows the store.

Optuna keeps a trial in many rows of many tables, which is right for writing and slow to filter. Here a
trial is one row and a parameter one column, so that any filter or order over 100 000 trials takes
milliseconds.
"""

import math
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from tunescope.store.columns.entering import Entering
from tunescope.store.columns.fields import FIXED, Field
from tunescope.store.columns.following import Following
from tunescope.store.columns.query import AMONG, SOURCE, order, source, where
from tunescope.store.engine import Store
from tunescope.store.selection import TrialFilter

# Of the frames of `tunescope.store.frames`: everything fixed but what a person adds.
_FRAME = tuple(key for key, field in FIXED.items() if field.group != "mark")
_UNKNOWN_MODEL = "unknown"
# Between two pieces that are read ahead: long enough for the answers that wait.
_PATIENCE_SECONDS = 5.0
_BREATH = 0.02

_SCORED = "FILTER (rows.state = 'COMPLETE' AND rows.validation_accuracy IS NOT NULL)"
_LOSS = "coalesce(rows.log_loss, 'inf'::DOUBLE)"
_MERIT = f"{{'accuracy': rows.validation_accuracy, 'loss': -{_LOSS}}}"
_TALLY = (
    "count(*) FILTER (rows.state IN ('COMPLETE', 'PRUNED', 'FAIL')) AS ended, "
    "count(*) FILTER (rows.state = 'RUNNING') AS running, count(*) FILTER (rows.state = 'PRUNED') AS pruned, "
    f"count(*) FILTER (rows.state = 'FAIL') AS failed, max(rows.validation_accuracy) {_SCORED} AS best, "
    f"arg_max(rows.trial_id, {_MERIT}) {_SCORED} AS best_trial, "
    f"arg_max({_LOSS}, {_MERIT}) {_SCORED} AS best_loss, max(rows.trial_id) AS newest {SOURCE}"
)


class TrialTable:
    """The trials of a store; safe to use from several threads.

    Queries answer from what was read last: :meth:`refresh` brings the columns up to date.
    """

    def __init__(self, store: Store) -> None:
        self._database = duckdb.connect(":memory:", config={"threads": 2})
        self._entering = Entering(self._database)
        self._following = Following(store, self._entering)

    @property
    def fields(self) -> Mapping[str, Field]:
        """Every field that the trials have, by its key."""
        return self._entering.fields

    @property
    def version(self) -> str:
        """Changes when a trial does."""
        return f"{id(self):x}-{self._following.changes}"

    @property
    def total(self) -> int:
        """How many trials the store has, those that are still to be read too."""
        return self._following.total

    @property
    def is_whole(self) -> bool:
        """Whether every trial that was there at the beginning has been read."""
        return self._following.is_whole

    def refresh(self, enough: int | None = None) -> "TrialTable":
        """Read what is new; at first everything, or only the ``enough`` newest trials."""
        self._following.refresh(enough)
        return self

    def read_ahead(self) -> None:
        """Read everything without haste, so that who asks for a page meanwhile gets it."""
        while self._following.read_on():
            time.sleep(_BREATH)

    def close(self) -> None:
        """Give the memory back."""
        end = time.monotonic() + _PATIENCE_SECONDS
        with self._following.resting():
            while True:
                try:
                    self._database.close()
                    return
                # A connection refuses to be closed while it, or one of its cursors, is at work.
                except duckdb.Error:
                    if time.monotonic() > end:
                        return  # the memory is given back with the last cursor
                    time.sleep(_BREATH)

    def count(self, chosen: TrialFilter) -> int:
        """How many trials pass a filter."""
        ((amount,),) = self._rows("SELECT count(*)", chosen)
        return int(amount)

    def page(self, chosen: TrialFilter, start: int = 0, end: int | None = None) -> list[dict[str, Any]]:
        """Trials that pass, in order, from one position up to another; values by the keys of their fields."""
        amount = "" if end is None else f"LIMIT {int(end) - int(start)} OFFSET {int(start)}"
        keys, columns = zip(*((key, _shown(field)) for key, field in self.fields.items()), strict=True)
        found = self._rows(f"SELECT {', '.join(columns)}", chosen, f"{order(chosen, self.fields)} {amount}")
        return [dict(zip(keys, row, strict=True)) for row in found]

    def ids(self, chosen: TrialFilter) -> list[int]:
        """Ids of the trials that pass, in order."""
        return [row[0] for row in self._rows("SELECT rows.trial_id", chosen, order(chosen, self.fields))]

    def options(self, key: str, limit: int = 500) -> list[tuple[str, int]]:
        """The values of a field with how many trials have each, the most frequent first."""
        field = self.fields.get(key)
        if field is None or (field.text is None and field.number is None):
            return []
        shown = f"unnest(string_split({field.text}, ', '))" if field.kind == "tags" else _as_text(field)
        query = f"SELECT {shown} AS option, count(*) AS amount {SOURCE} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?"
        return [(value, int(amount)) for value, amount in self._fetch(query, [limit]) if value]

    def extent(self, key: str) -> tuple[float, float] | None:
        """The lowest and the highest finite number of a field, ``None`` where it has none."""
        field = self.fields.get(key)
        if field is None or field.number is None:
            return None
        query = f"SELECT min({field.number}), max({field.number}) {SOURCE} WHERE isfinite({field.number})"
        ((low, high),) = self._fetch(query)
        return None if low is None or high is None else (low, high)

    def digest(self, chosen: TrialFilter) -> list[tuple[Any, ...]]:
        """Amount and highest id of the trials that pass, by state: it changes when they do."""
        return self._rows("SELECT rows.state, count(*), max(rows.trial_id)", chosen, "GROUP BY 1 ORDER BY 1")

    def present(self) -> frozenset[str]:
        """Keys of the fields that any trial has a value of."""
        keys, columns = zip(*((key, _shown(field)) for key, field in self.fields.items()), strict=True)
        (counts,) = self._fetch(f"SELECT {', '.join(f'count({column})' for column in columns)} {SOURCE}")
        return frozenset(key for key, amount in zip(keys, counts, strict=True) if amount)

    def timings(self, chosen: TrialFilter) -> pd.DataFrame:
        """Seconds by phase of the trials that pass: trial_id, study, number, phase, seconds."""
        phases = [field for field in self.fields.values() if field.group == "phase"]
        columns = ["rows.trial_id", "studies.study", "rows.number"]
        columns += [f"{field.number} AS {_quoted(field.key)}" for field in phases]
        conditions = where(chosen, self.fields)
        found = self._frame(f"SELECT {', '.join(columns)} {SOURCE} {conditions}", conditions.values)
        long = found.melt(["trial_id", "study", "number"], var_name="phase", value_name="seconds").dropna()
        return long.assign(phase=long["phase"].str.removeprefix("phase:")).sort_values(
            "trial_id", kind="stable"
        )

    def tallies(self) -> pd.DataFrame:
        """Trials by run: run_id, ended, running, pruned, failed, best (highest validation accuracy of a
        complete one), best_trial (the id of that trial: of equal ones the one with the lowest log loss),
        best_loss (that log loss), newest (the highest id)."""
        return self._frame(f"SELECT studies.run_id, {_TALLY} WHERE studies.run_id IS NOT NULL GROUP BY 1")

    def study_tallies(self, run_id: str | None = None) -> pd.DataFrame:
        """Trials by study, of all or of those of a run: study, and the columns of :meth:`tallies`."""
        condition, values = ("", []) if run_id is None else ("WHERE studies.run_id = ?", [run_id])
        return self._frame(f"SELECT studies.study, {_TALLY} {condition} GROUP BY 1", values)

    def newest(self, run_id: str, amount: int) -> list[int]:
        """Ids of the trials of a run that are in training, and of those that began last; newest first."""
        query = (
            f"WITH own AS (SELECT rows.trial_id, rows.state {SOURCE} WHERE studies.run_id = ?) "
            "(SELECT trial_id FROM own ORDER BY 1 DESC LIMIT ?) UNION "
            "SELECT trial_id FROM own WHERE state IN ('RUNNING', 'INTERRUPTED') ORDER BY 1 DESC"
        )
        return [int(row[0]) for row in self._fetch(query, [run_id, amount])]

    def columns(
        self, chosen: TrialFilter, keys: Sequence[str], known: Sequence[Sequence[str]] = ()
    ) -> pd.DataFrame:
        """Some fields of the trials that pass, and no more: much faster than whole frames.

        Args:
            chosen: which trials; their order is that of their ids.
            keys: fields; one that the store does not have is a column of None.
            known: groups of fields; of each group a trial must have a value of at least one.
        """
        shown = [f"{_shown_or_null(self.fields.get(key))} AS {_quoted(key)}" for key in keys]
        conditions = where(chosen, self.fields)
        for group in known:
            have = [f"{_shown(self.fields[key])} IS NOT NULL" for key in group if key in self.fields]
            conditions.add(f"({' OR '.join(have) or 'false'})")
        query = f"SELECT {', '.join(shown)} {SOURCE} {conditions} ORDER BY rows.trial_id"
        return self._frame(query, conditions.values)

    def frame(
        self,
        chosen: TrialFilter,
        params: bool = False,
        most: int | None = None,
        best: str = "-validation_accuracy",
    ) -> pd.DataFrame:
        """The trials that pass as a frame like :func:`tunescope.store.frames.trials_frame`, with ``model``.

        ``values`` is there only where a study has several objectives, ``params`` only where asked for.

        Args:
            chosen: which trials; their order is that of their ids.
            params: whether each has its parameters, as a dictionary.
            most: of more trials an even sample, and half as many again of the best.
            best: field that tells which are best, with ``-`` where higher is better.
        """
        ids = None if most is None else self._sample(chosen, most, best)
        frame = self._selected(chosen, ids)
        several = [key for key in map(str, frame) if key.startswith("value:")]
        if several:
            values = frame[["value", *several]].to_numpy(float)
            frame["values"] = pd.Series(_without_gaps(values), dtype=object)
        frame["model"] = frame["model"].fillna(_UNKNOWN_MODEL)
        if params:
            frame["params"] = pd.Series(self._params(frame["trial_id"].tolist()), dtype=object)
        return frame

    def records(self, ids: Collection[int]) -> list[dict[str, Any]]:
        """Some trials like the rows of :meth:`frame` with ``params``, None where a value is missing.

        For a dozen of them a frame takes several times as long to make and to take apart.
        """
        columns = ", ".join(_shown(self.fields[key]) for key in _FRAME)
        chosen = TrialFilter(picked=tuple(ids))
        rows = self._rows(f"SELECT {columns}", chosen, "ORDER BY rows.trial_id")
        found = [dict(zip(_FRAME, row, strict=True)) for row in rows]
        params = self._params([one["trial_id"] for one in found])
        return [
            {**one, "model": one["model"] or _UNKNOWN_MODEL, "params": own}
            for one, own in zip(found, params, strict=True)
        ]

    def arrow(self, chosen: TrialFilter) -> pa.RecordBatchReader:
        """The trials that pass, in order, with one column a field, named by its key."""
        names = ", ".join(f"{_shown(field)} AS {_quoted(key)}" for key, field in self.fields.items())
        conditions = where(chosen, self.fields)
        query = f"SELECT {names} {SOURCE} {conditions} {order(chosen, self.fields)}"
        return self._database.cursor().sql(query, params=conditions.values).to_arrow_reader(10_000)

    def _selected(self, chosen: TrialFilter, ids: Sequence[int] | None) -> pd.DataFrame:
        keys = [*_FRAME, *(key for key in self.fields if key.startswith("value:"))]
        columns = ", ".join(f"{_shown(self.fields[key])} AS {_quoted(key)}" for key in keys)
        conditions = where(chosen, self.fields)
        if ids is not None:
            conditions.add(AMONG, [list(ids)])
        query = f"SELECT {columns} {SOURCE} {conditions} ORDER BY rows.trial_id"
        return self._frame(query, conditions.values)

    def _sample(self, chosen: TrialFilter, most: int, best: str) -> list[int]:
        """Ids: half as many of the best, and an even selection of all."""
        score = self.fields[best.removeprefix("-")].number
        direction = "DESC" if best.startswith("-") else "ASC"
        conditions = where(chosen, self.fields)
        query = f"SELECT rows.trial_id {SOURCE} {conditions} ORDER BY {score} {direction} NULLS LAST"
        ids: list[int] = self._frame(query, conditions.values)["trial_id"].tolist()
        if len(ids) <= most:
            return ids
        # By id rather than by score: trials of every time, as they are spread.
        rest = sorted(ids[most // 3 :])
        return [*ids[: most // 3], *rest[:: math.ceil(len(rest) / (most - most // 3))]]

    def _params(self, ids: list[int]) -> list[dict[str, Any]]:
        """The parameters of trials, each a dictionary by full name."""
        kept = [field for field in self.fields.values() if field.group == "parameter"]
        columns = ["rows.model", *(one or "NULL" for field in kept for one in (field.number, field.text))]
        query = f"SELECT {', '.join(columns)} {SOURCE} WHERE {AMONG} ORDER BY rows.trial_id"
        return [_parameters(kept, row) for row in self._fetch(query, [ids])]

    def _rows(self, selected: str, chosen: TrialFilter, tail: str = "") -> list[tuple[Any, ...]]:
        conditions = where(chosen, self.fields)
        tables = source(selected, str(conditions), tail)
        return self._fetch(f"{selected} {tables} {conditions} {tail}", conditions.values)

    def _fetch(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._database.cursor() as cursor:
            return cursor.execute(query, list(values)).fetchall()

    def _frame(self, query: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        with self._database.cursor() as cursor:
            found: pd.DataFrame = cursor.execute(query, list(values)).df()
        texts = found.select_dtypes(exclude=["number", "datetime"]).columns
        return found.astype(dict.fromkeys(texts, object))


def _shown_or_null(field: Field | None) -> str:
    return "NULL" if field is None else _shown(field)


def _without_gaps(values: "np.typing.NDArray[np.float64]") -> list[list[float]]:
    """Rows as lists, without what is missing in them."""
    rows: list[list[float]] = values.tolist()
    if not np.isnan(values).any():
        return rows
    return [[value for value in row if value == value] for row in rows]


def _parameters(fields: Sequence[Field], row: Sequence[Any]) -> dict[str, Any]:
    model, values = row[0], row[1:]
    found = {} if model is None else {"model": model}
    for index, field in enumerate(fields):
        number, text = values[2 * index : 2 * index + 2]
        if number is not None:
            found[field.title] = int(number) if field.is_whole else number
        elif text is not None:
            found[field.title] = text
    return found


def _shown(field: Field) -> str:
    """A field as one value: a text where it may be both."""
    if field.kind == "time":
        return f"rows.{_quoted(field.key)}"
    return field.number if field.kind == "number" and field.number else _as_text(field)


def _as_text(field: Field) -> str:
    if field.number is None or field.text is None:
        return field.text or f"CAST({field.number} AS VARCHAR)"
    return f"coalesce({field.text}, CAST({field.number} AS VARCHAR))"


def _quoted(key: str) -> str:
    return '"' + key.replace('"', '""') + '"'
