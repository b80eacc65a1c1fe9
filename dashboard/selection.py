"""What `/trials` shows, as its address has it, and its filter as the grid has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from tunescope.store.selection import Range, TrialFilter

# Parts of the page: name in the address -> what to call it.
TABS = {"trials": "Table and charts", "compare": "Side by side", "studies": "Studies"}
# So many ranges of one column fit into its filter in the grid.
MOST_RANGES = 4


@dataclass(frozen=True)
class TrialsView:
    """What the page shows; everything but ``chosen`` is how.

    Attributes:
        chosen: the trials.
        tab: a key of :data:`TABS`.
        charts: name of a group of charts.
        measure: what charts measure by, empty for what suits the trials.
        columns: columns of the table, empty for those that suit the trials.
        cost: what studies are followed over.
    """

    chosen: TrialFilter = field(default_factory=TrialFilter)
    tab: str = "trials"
    charts: str = ""
    measure: str = ""
    columns: tuple[str, ...] = ()
    cost: str = ""

    @classmethod
    def from_query(cls, search: str) -> "TrialsView":
        """Read a query string; what it holds beyond a view is passed over."""
        query = parse_qs(search.lstrip("?"))
        tab = query.get("view", ["trials"])[0]
        return cls(
            chosen=TrialFilter.from_query(search),
            tab=tab if tab in TABS else "trials",
            columns=tuple(dict.fromkeys(query.get("columns", ()))),
            **{name: query.get(name, [""])[0] for name in ("charts", "measure", "cost")},
        )

    def to_query(self) -> str:
        """The query string with its question mark; empty when everything is as it is by itself."""
        how: dict[str, Any] = {"view": "" if self.tab == "trials" else self.tab}
        how |= {"charts": self.charts, "measure": self.measure, "columns": self.columns, "cost": self.cost}
        kept = {name: value for name, value in how.items() if value}
        parts = [self.chosen.to_query().lstrip("?"), urlencode(kept, doseq=True, safe=",:")]
        return "?" + "&".join(filter(None, parts)) if any(parts) else ""


def filter_model(chosen: TrialFilter) -> dict[str, Any]:
    """The ranges as AG Grid's filter model."""
    return {key: _filter_of(bounds[:MOST_RANGES]) for key, bounds in chosen.ranges}


def ranges_of(model: Mapping[str, Any] | None) -> tuple[tuple[str, tuple[Range, ...]], ...]:
    """The ranges in AG Grid's filter model."""
    found = {key: tuple(filter(None, map(_limits, _conditions(one)))) for key, one in (model or {}).items()}
    return tuple((key, bounds) for key, bounds in found.items() if bounds)


def sort_of(model: Iterable[Mapping[str, str]] | None) -> tuple[str, ...]:
    """The order in AG Grid's sort model."""
    return tuple(("-" if entry["sort"] == "desc" else "") + entry["colId"] for entry in model or ())


def _filter_of(bounds: Iterable[Range]) -> dict[str, Any]:
    conditions = [_condition(*each) for each in bounds]
    if len(conditions) == 1:
        return conditions[0]
    return {"filterType": "number", "operator": "OR", "conditions": conditions}


def _condition(low: float | None, high: float | None) -> dict[str, Any]:
    if low is None or high is None:
        kind, value = ("lessThanOrEqual", high) if low is None else ("greaterThanOrEqual", low)
        return {"filterType": "number", "type": kind, "filter": value}
    return {"filterType": "number", "type": "inRange", "filter": low, "filterTo": high}


def _conditions(filtered: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(filtered.get("conditions") or [filtered])


def _limits(condition: Mapping[str, Any]) -> Range | None:
    value, kind = condition.get("filter"), condition.get("type")
    limits = {
        "inRange": (value, condition.get("filterTo")),
        "greaterThanOrEqual": (value, None),
        "lessThanOrEqual": (None, value),
    }
    found = limits.get(str(kind))
    return found if found is not None and found != (None, None) else None
