"""The grid of trials: its columns, its order, its rows."""

from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag

from dashboard import links
from dashboard.selection import NUMBERS, TrialFilter, sort_of
from dashboard.wording import duration, is_missing, memory, moment, number, percent

_BLOCK = 60
# Column, heading, width in pixels, how its values are written.
_COLUMNS: tuple[tuple[str, str, int, Any], ...] = (
    ("state", "State", 118, str),
    ("model", "Model", 130, str),
    ("validation_accuracy", "Validation", 138, percent),
    ("seconds", "Time", 110, duration),
    ("settings", "Hyperparameters", 330, str),
    ("strategy", "Strategy", 120, str),
    ("run_id", "Run", 140, str),
    ("dataset", "Dataset", 130, str),
    ("balanced_accuracy", "Balanced", 128, percent),
    ("macro_f1", "Macro F1", 126, percent),
    ("log_loss", "Log loss", 122, lambda value: number(value, 3)),
    ("train_accuracy", "Training", 122, percent),
    ("epochs", "Epochs", 112, number),
    ("weights", "Weights", 122, lambda value: number(value, 4)),
    ("images_per_second", "Images/s", 126, lambda value: number(value, 3)),
    ("peak_memory_bytes", "Memory", 122, memory),
    ("start", "Started", 160, moment),
    ("reason", "Reason", 320, str),
)


def trial_grid(chosen: TrialFilter) -> dag.AgGrid:
    """The grid with the order and ranges of a filter; the server sends its rows, a block at a time."""
    return dag.AgGrid(
        id="trials-grid",
        columnDefs=_column_defs(chosen),
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True},
        rowModelType="infinite",
        filterModel=chosen.filter_model(),
        getRowId="params.data.id",
        dashGridOptions={
            "theme": {"function": "tunescopeGridTheme(themeQuartz)"},
            "cacheBlockSize": _BLOCK,
            "maxConcurrentDatasourceRequests": 2,
            "suppressCellFocus": False,
            "animateRows": False,
            "rowHeight": 38,
            "localeText": {"noRowsToShow": "No trial passes the filters."},
            "tooltipShowDelay": 400,
        },
        className="trials-grid",
        style={"height": None},
    )


def _column_defs(chosen: TrialFilter) -> list[dict[str, Any]]:
    pick = {
        "field": "picked",
        "headerName": "Pick",
        "cellRenderer": "Pick",
        "width": 62,
        "pinned": "left",
        "sortable": False,
        "resizable": False,
        "suppressMovable": True,
    }
    trial = {
        "field": "study",
        "colId": "trial_id",
        "headerName": "Trial",
        "cellRenderer": "TrialLink",
        "pinned": "left",
        "width": 190,
    }
    return [
        pick,
        {**trial, **_sorting("trial_id", chosen)},
        *(_column_def(*column[:3], chosen) for column in _COLUMNS),
    ]


def _column_def(name: str, heading: str, width: int, chosen: TrialFilter) -> dict[str, Any]:
    definition: dict[str, Any] = {"field": name, "headerName": heading, "width": width, "tooltipField": name}
    if name == "state":
        definition |= {"cellRenderer": "StateBadge", "tooltipField": "reason"}
    if name in ("settings", "reason"):
        definition |= {"sortable": False}
    if name in NUMBERS:
        definition |= {"filter": "agNumberColumnFilter", "filterParams": _FILTER, "type": "rightAligned"}
    return {**definition, **_sorting(name, chosen)}


_FILTER = {
    "filterOptions": ["greaterThanOrEqual", "lessThanOrEqual", "inRange"],
    "maxNumConditions": 1,
    "inRangeInclusive": True,
    "buttons": ["reset"],
    "debounceMs": 400,
}


def _sorting(name: str, chosen: TrialFilter) -> dict[str, Any]:
    for index, entry in enumerate(chosen.sort):
        if entry.lstrip("-") == name:
            return {"sort": "desc" if entry.startswith("-") else "asc", "sortIndex": index}
    return {}


def order_of(columns: list[dict[str, Any]] | None, before: TrialFilter) -> tuple[str, ...]:
    """The order that the grid shows; before the grid has reported, that of the address."""
    if columns is None:
        return before.sort
    sorted_ones = sorted(
        (one for one in columns if one.get("sort")), key=lambda one: one.get("sortIndex") or 0
    )
    return sort_of(sorted_ones)


def grid_row(row: Mapping[str, Any], picked: list[int]) -> dict[str, Any]:
    """A row as the grid shows it: texts, since order and filters are the server's."""
    written = {name: "" if is_missing(row[name]) else write(row[name]) for name, _, _, write in _COLUMNS}
    return {
        **written,
        "id": str(row["trial_id"]),
        "picked": row["trial_id"] in picked,
        "number": f"#{row['number']}",
        "study": str(row["study"]),
        "href": links.trial(row["study"], row["number"]),
    }
