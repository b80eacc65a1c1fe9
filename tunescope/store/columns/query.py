"""A filter as SQL over the columns. Values go in as parameters, and names only by fields that are known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunescope.store.columns.fields import Field
from tunescope.store.selection import Range, TrialFilter

_STUDIES = " JOIN studies USING (study_id)"
_MARKS = " LEFT JOIN marks ON marks.trial_id = rows.trial_id"
SOURCE = f"FROM rows{_STUDIES}{_MARKS}"
SEARCHED = "concat_ws(' ', rows.searchable, studies.searchable, lower(marks.tags), lower(marks.note))"
AMONG = "rows.trial_id IN (SELECT unnest(?::BIGINT[]))"
NEWEST_FIRST = "rows.trial_id DESC"


@dataclass
class Where:
    """Conditions that must all hold, and their parameters in order."""

    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, condition: str, values: Iterable[Any] = ()) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.values.extend(values)

    def __str__(self) -> str:
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def where(chosen: TrialFilter, fields: Mapping[str, Field]) -> Where:
    """The conditions of a filter; no trial meets one on a field that the store does not have."""
    found = Where()
    for word in chosen.text.casefold().split():
        named = [f"{one} IS NOT NULL" for field in _named(word, fields) for one in _expressions(field)]
        found.add(f"({' OR '.join([f'contains({SEARCHED}, ?)', *named])})", [word])
    for key, values in chosen.choices:
        found.add(*_is_one_of(fields.get(key), values))
    for key, bounds in chosen.ranges:
        found.add(*_is_within(fields.get(key), bounds))
    if chosen.picked:
        found.add(AMONG, [list(chosen.picked)])
    return found


def source(*parts: str) -> str:
    """The tables that parts of a query name: a join with one that they do not takes longer than to count."""
    query = " ".join(parts)
    joined = {"studies.": _STUDIES, "marks.": _MARKS}
    return "FROM rows" + "".join(join for name, join in joined.items() if name in query)


def order(chosen: TrialFilter, fields: Mapping[str, Field]) -> str:
    """The order of a filter, the newest trial first among equals."""
    parts = [
        f"{expression} {'DESC' if one.startswith('-') else 'ASC'} NULLS LAST"
        for one in chosen.sort
        for expression in _expressions(fields.get(one.removeprefix("-")))
    ]
    return f"ORDER BY {', '.join([*parts, NEWEST_FIRST])}"


def _named(word: str, fields: Mapping[str, Field]) -> list[Field]:
    """Parameters and attributes with a word in their name: a trial that has one holds the word."""
    own = (field for field in fields.values() if field.group in ("parameter", "attribute"))
    return [field for field in own if word in field.title.casefold()]


def _expressions(known: Field | None) -> list[str]:
    return [] if known is None else [one for one in (known.number, known.text) if one is not None]


def _is_one_of(known: Field | None, values: Sequence[str]) -> tuple[str, list[Any]]:
    if known is None:
        return "FALSE", []
    if known.kind == "tags":
        return f"list_has_any(string_split({known.text}, ', '), ?)", [list(values)]
    # A choice of a hyperparameter may be a number in one study and a text in another.
    as_numbers = [number for number in map(_number, values) if number is not None]
    pairs = [(known.text, list(values)), (known.number, as_numbers)]
    used = [(expression, given) for expression, given in pairs if expression is not None and given]
    conditions = [f"coalesce(list_contains(?, {expression}), FALSE)" for expression, _ in used]
    return f"({' OR '.join(conditions)})" if used else "FALSE", [given for _, given in used]


def _is_within(known: Field | None, bounds: Sequence[Range]) -> tuple[str, list[Any]]:
    if known is None or known.number is None:
        return "FALSE", []
    conditions, values = [], []
    for low, high in bounds:
        sides = [(">=", low), ("<=", high)]
        given = [(sign, limit) for sign, limit in sides if limit is not None]
        conditions.append(" AND ".join(f"{known.number} {sign} ?" for sign, _ in given) or "TRUE")
        values += [limit for _, limit in given]
    return f"({' OR '.join(f'({one})' for one in conditions)})", values


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
