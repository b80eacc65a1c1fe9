"""The grid of trials: its columns, its order, its rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import dash_ag_grid as dag

from dashboard import links
from dashboard.selection import MOST_RANGES, TrialsView, filter_model, sort_of
from dashboard.wording import duration, is_missing, memory, moment, number, percent
from tunescope.store.columns import Field
from tunescope.store.selection import TrialFilter

_BLOCK = 60
# What the grid makes of several fields: a trial's hyperparameters in one line.
SETTINGS = "settings"
# Columns to begin with, those of them that any trial has.
_FIRST = (
    "starred", "state", "model", "validation_accuracy", "value", "seconds", SETTINGS, "strategy", "run_id",
    "dataset",
    "balanced_accuracy", "macro_f1", "log_loss", "train_accuracy", "epochs", "weights", "images_per_second",
    "peak_memory_bytes", "tags", "start", "reason",
)  # fmt: skip
# More hyperparameters than these are shown in one line.
_FEW = 8
_WIDTHS = {
    "starred": 76,
    "state": 118,
    SETTINGS: 330,
    "reason": 320,
    "start": 160,
    "end": 160,
    "run_id": 140,
    "note": 260,
}
_TITLES = {
    "validation_accuracy": "Validation",
    "balanced_accuracy": "Balanced",
    "train_accuracy": "Training",
    "images_per_second": "Images/s",
    "peak_memory_bytes": "Memory",
    "device_memory_bytes": "GPU memory",
    "seconds": "Time",
    "starred": "Star",
    SETTINGS: "Hyperparameters",
}
_SHARES = ("validation_accuracy", "balanced_accuracy", "macro_f1", "train_accuracy")
_MEMORY = ("peak_memory_bytes", "device_memory_bytes")
_FILTER = {
    "filterOptions": ["greaterThanOrEqual", "lessThanOrEqual", "inRange"],
    "maxNumConditions": MOST_RANGES,
    "inRangeInclusive": True,
    "buttons": ["reset"],
    "debounceMs": 400,
}


def trial_grid(view: TrialsView, fields: Mapping[str, Field], present: Collection[str]) -> dag.AgGrid:
    """The grid of a view; the server sends its rows, a block at a time."""
    return dag.AgGrid(
        id="trials-grid",
        columnDefs=column_defs(view, fields, present),
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True},
        rowModelType="infinite",
        filterModel=filter_model(view.chosen),
        getRowId="params.data.id",
        dashGridOptions={
            "theme": {"function": "tunescopeGridTheme(themeQuartz)"},
            "cacheBlockSize": _BLOCK,
            "maxConcurrentDatasourceRequests": 2,
            "suppressCellFocus": False,
            # Keys hold dots and colons: none of them leads into an object.
            "suppressFieldDotNotation": True,
            "maintainColumnOrder": False,
            "animateRows": False,
            "rowHeight": 38,
            "localeText": {"noRowsToShow": "No trial passes the filters."},
            "tooltipShowDelay": 400,
        },
        className="trials-grid",
        style={"height": None},
    )


def column_defs(
    view: TrialsView, fields: Mapping[str, Field], present: Collection[str]
) -> list[dict[str, Any]]:
    """Every field as a column, those that are not to be seen hidden; filters of hidden ones hold."""
    shown = shown_columns(view, fields, present)
    rest = [key for key in fields if key not in shown and key not in ("trial_id", "number", "study")]
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
        "field": "trial_id",
        "colId": "trial_id",
        "headerName": "Trial",
        "cellRenderer": "TrialLink",
        "pinned": "left",
        "width": 190,
    }
    return [
        pick,
        {**trial, **_sorting("trial_id", view.chosen)},
        *(_column_def(key, fields.get(key), view.chosen) for key in shown),
        *({**_column_def(key, fields[key], view.chosen), "hide": True} for key in rest),
    ]


def shown_columns(view: TrialsView, fields: Mapping[str, Field], present: Collection[str]) -> list[str]:
    """Keys of the columns to be seen: those chosen, or those to begin with."""
    if view.columns:
        return [key for key in view.columns if key in fields or key == SETTINGS]
    first = [key for key in _FIRST if key in present or key == SETTINGS]
    if "validation_accuracy" in present and "value" in first:
        first.remove("value")
    # A plain Optuna study has few parameters, which all its trials share: each gets a column.
    params = [key for key, one in fields.items() if one.group == "parameter"]
    if "model" not in present and len(params) <= _FEW:
        place = first.index(SETTINGS)
        first[place : place + 1] = params
    own = [key for key, one in fields.items() if one.group == "attribute" or key.startswith("value:")]
    return [*first, *own[:_FEW]]


def column_options(fields: Mapping[str, Field]) -> list[dict[str, str]]:
    """What the column chooser offers."""
    groups = {"parameter": "hyperparameter", "attribute": "attribute", "phase": "seconds of a phase"}
    offered = [{"label": _TITLES[SETTINGS], "value": SETTINGS}]
    for key, one in fields.items():
        if key not in ("trial_id", "number", "study"):
            group = f" ({groups[one.group]})" if one.group in groups else ""
            offered.append({"label": one.title + group, "value": key})
    return offered


def _column_def(key: str, known: Field | None, chosen: TrialFilter) -> dict[str, Any]:
    heading = _TITLES.get(key, known.title if known else key)
    definition: dict[str, Any] = {
        "field": key,
        "colId": key,
        "headerName": heading,
        "headerTooltip": known.title if known else heading,
        "width": _WIDTHS.get(key, 134),
        "tooltipField": key,
    }
    if key == "state":
        definition |= {"cellRenderer": "StateBadge", "tooltipField": "reason"}
    if key == SETTINGS:
        definition |= {"sortable": False}
    if known is not None and known.kind == "number":
        definition |= {"filter": "agNumberColumnFilter", "filterParams": _FILTER, "type": "rightAligned"}
    return {**definition, **_sorting(key, chosen)}


def _sorting(key: str, chosen: TrialFilter) -> dict[str, Any]:
    for index, entry in enumerate(chosen.sort):
        if entry.removeprefix("-") == key:
            return {"sort": "desc" if entry.startswith("-") else "asc", "sortIndex": index}
    return {"sort": None}


def order_of(columns: list[dict[str, Any]] | None, before: TrialFilter) -> tuple[str, ...]:
    """The order that the grid shows; before the grid has reported, that of the address."""
    if columns is None:
        return before.sort
    sorted_ones = sorted(
        (one for one in columns if one.get("sort")), key=lambda one: one.get("sortIndex") or 0
    )
    return sort_of(sorted_ones)


def grid_rows(
    rows: Sequence[Mapping[str, Any]], fields: Mapping[str, Field], picked: Collection[int]
) -> list[dict[str, Any]]:
    """Rows as the grid shows them: texts, since order and filters are the server's."""
    params = [one for one in fields.values() if one.group == "parameter"]
    return [_grid_row(row, params, picked) for row in rows]


def _grid_row(row: Mapping[str, Any], params: Sequence[Field], picked: Collection[int]) -> dict[str, Any]:
    return {
        **{key: written(key, value) for key, value in row.items() if not is_missing(value)},
        SETTINGS: settings_text(row, params),
        "id": str(row["trial_id"]),
        "picked": row["trial_id"] in picked,
        "number": f"#{row['number']}",
        "study": str(row["study"]),
        "href": links.trial(row["study"], row["number"]),
    }


def settings_text(row: Mapping[str, Any], params: Sequence[Field]) -> str:
    """The hyperparameters of a trial in one line."""
    prefix = f"{row['model']}."
    pairs = ((one.title.removeprefix(prefix), row[one.key]) for one in params if row[one.key] is not None)
    return ", ".join(f"{name} {number(value, 3)}" for name, value in pairs)


def written(key: str, value: Any) -> str:
    """A value of a field as people read it."""
    if key in _SHARES:
        return percent(value)
    if key == "seconds" or key.startswith("phase:"):
        return duration(value)
    if key in _MEMORY:
        return memory(value)
    if key == "starred":
        return "\N{BLACK STAR}"
    if key in ("start", "end"):
        return moment(value)
    return number(value)
