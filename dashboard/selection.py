"""Which trials a table or chart shows. One dataclass is the address, the grid's filter and the rows alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qs, urlencode

import pandas as pd

# What can be chosen by name: field of the filter and key in the address -> column of the trials.
CHOICES = {
    "run": "run_id",
    "dataset": "dataset",
    "strategy": "strategy",
    "model": "model",
    "state": "state",
    "study": "study",
}
# What can be narrowed to a range, and sorted by.
NUMBERS = (
    "number",
    "validation_accuracy",
    "balanced_accuracy",
    "macro_f1",
    "log_loss",
    "train_accuracy",
    "seconds",
    "epochs",
    "images_per_second",
    "peak_memory_bytes",
    "weights",
)
SORTABLE = (*NUMBERS, *CHOICES.values(), "trial_id", "start")
_SEARCHED = ("study", "run_id", "dataset", "strategy", "model", "state", "settings", "reason")

Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class TrialFilter:
    """A selection of trials, its order, and the rows picked in it.

    Attributes:
        text: words that must all occur in a trial.
        run, dataset, strategy, model, state, study: allowed names; empty allows all.
        ranges: pairs of column and (lowest, highest), both included; ``None`` is no bound.
        sort: columns to sort by, with ``-`` before those that go from high to low.
        picked: ids of the trials picked by hand; empty means all of the selection.
    """

    text: str = ""
    run: tuple[str, ...] = ()
    dataset: tuple[str, ...] = ()
    strategy: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    study: tuple[str, ...] = ()
    ranges: tuple[tuple[str, Range], ...] = ()
    sort: tuple[str, ...] = ()
    picked: tuple[int, ...] = ()

    @classmethod
    def from_query(cls, search: str) -> "TrialFilter":
        """Read a query string; what it holds beyond a filter is passed over."""
        query = parse_qs(search.lstrip("?"))
        ranges = ((name, _range(query[name][0])) for name in NUMBERS if name in query)
        return cls(
            text=" ".join(query.get("q", [])),
            ranges=tuple((name, bounds) for name, bounds in ranges if bounds),
            sort=tuple(name for name in _split(query, "sort") if name.lstrip("-") in SORTABLE),
            picked=tuple(
                int(trial) for trial in _split(query, "picked") if trial.isascii() and trial.isdigit()
            ),
            **{name: tuple(query.get(name, ())) for name in CHOICES},
        )

    def to_query(self) -> str:
        """The query string with its question mark; empty when nothing is chosen."""
        query: dict[str, Any] = {"q": self.text, **{name: getattr(self, name) for name in CHOICES}}
        query |= {name: _bounds(*bounds) for name, bounds in self.ranges}
        query |= {"sort": ",".join(self.sort), "picked": ",".join(map(str, self.picked))}
        kept = {key: value for key, value in query.items() if value}
        return f"?{urlencode(kept, doseq=True, safe=',')}" if kept else ""

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return any(
            getattr(self, field.name) for field in fields(self) if field.name not in ("sort", "picked")
        )

    def filter_model(self) -> dict[str, Any]:
        """The ranges as AG Grid's filter model."""
        return {name: _condition(*bounds) for name, bounds in self.ranges}

    def rows(self, trials: pd.DataFrame) -> pd.DataFrame:
        """The trials that pass, in order; the picked ones are not looked at."""
        passing = trials[self._mask(trials)]
        if not self.sort:
            return passing.sort_values("trial_id", ascending=False)
        columns = [name.lstrip("-") for name in self.sort]
        ascending = [not name.startswith("-") for name in self.sort]
        return passing.sort_values(columns, ascending=ascending, kind="stable", na_position="last")

    def chosen(self, trials: pd.DataFrame) -> pd.DataFrame:
        """The picked ones of the trials that pass, or all of them where none is picked."""
        passing = self.rows(trials)
        picked = passing[passing["trial_id"].isin(self.picked)]
        return passing if picked.empty else picked

    def _mask(self, trials: pd.DataFrame) -> "pd.Series[bool]":
        mask = pd.Series(True, index=trials.index)
        for name, column in CHOICES.items():
            allowed = getattr(self, name)
            mask &= trials[column].isin(allowed) if allowed else True
        for name, (low, high) in self.ranges:
            values = trials[name].astype(float)
            mask &= values >= low if low is not None else True
            mask &= values <= high if high is not None else True
        for word in self.text.casefold().split():
            mask &= _searchable(trials).str.contains(word, regex=False)
        return mask


def ranges_of(model: Mapping[str, Any] | None) -> tuple[tuple[str, Range], ...]:
    """The ranges in AG Grid's filter model."""
    found = ((name, _limits(condition)) for name, condition in (model or {}).items() if name in NUMBERS)
    return tuple((name, limits) for name, limits in found if limits != (None, None))


def sort_of(model: Iterable[Mapping[str, str]] | None) -> tuple[str, ...]:
    """The order in AG Grid's sort model."""
    known = (entry for entry in model or () if entry["colId"] in SORTABLE)
    return tuple(("-" if entry["sort"] == "desc" else "") + entry["colId"] for entry in known)


def _split(query: Mapping[str, Sequence[str]], key: str) -> list[str]:
    return [part for part in ",".join(query.get(key, ())).split(",") if part]


def _range(text: str) -> Range | None:
    """``0.8..0.9``, ``0.8..`` or ``..0.9``."""
    low, dots, high = text.partition("..")
    try:
        return (float(low) if low else None, float(high) if high else None) if dots else None
    except ValueError:
        return None


def _bounds(low: float | None, high: float | None) -> str:
    return f"{'' if low is None else format(low, '.12g')}..{'' if high is None else format(high, '.12g')}"


def _condition(low: float | None, high: float | None) -> dict[str, Any]:
    if low is None or high is None:
        kind, value = ("lessThanOrEqual", high) if low is None else ("greaterThanOrEqual", low)
        return {"filterType": "number", "type": kind, "filter": value}
    return {"filterType": "number", "type": "inRange", "filter": low, "filterTo": high}


def _limits(condition: Mapping[str, Any]) -> Range:
    value, kind = condition.get("filter"), condition.get("type")
    if kind == "inRange":
        return value, condition.get("filterTo")
    return {"greaterThanOrEqual": (value, None), "lessThanOrEqual": (None, value)}.get(
        str(kind), (None, None)
    )


def _searchable(trials: pd.DataFrame) -> "pd.Series[str]":
    first, *others = [trials[name].fillna("").astype(str) for name in _SEARCHED]
    joined: pd.Series[str] = first.str.cat(pd.concat(others, axis=1), sep=" ")
    return joined.str.casefold()
