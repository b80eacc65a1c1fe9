"""What narrows the table of trials: words, names to choose from, ranges."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.components.basics import STATES, attributes, button, icon
from dashboard.wording import count, number
from tunescope.figures.wording import plain
from tunescope.store.columns import Field, TrialTable
from tunescope.store.selection import SHORT, Range, TrialFilter

_LABELS = {
    "run_id": "Run",
    "dataset": "Dataset",
    "strategy": "Strategy",
    "model": "Model",
    "state": "State",
    "study": "Study",
}
_DEBOUNCE_SECONDS = 0.3
_LONGEST = 60


def controls(chosen: TrialFilter, table: TrialTable) -> list[Any]:
    """The fields to type in and choose from; those beside the usual ones stand in a part that can grow."""
    search = dbc.Input(
        id="trials-text",
        type="search",
        value=chosen.text,
        debounce=_DEBOUNCE_SECONDS,
        placeholder="Model, setting, reason, note",
        className="field-input",
    )
    text = html.Label([html.Span("Search", className="field-label"), search], className="filter filter-text")
    wanted = table.present() | {key for key, _ in chosen.choices}
    more = [key for key, _ in chosen.choices if key not in _LABELS]
    return [
        text,
        *(choice(key, chosen.values(key), table) for key in SHORT.values() if key in wanted),
        html.Div(
            [choice(key, chosen.values(key), table) for key in more],
            id="trials-more",
            className="filter-more",
        ),
        _adder(table),
    ]


def choice(key: str, chosen: tuple[str, ...], table: TrialTable) -> html.Label:
    """A field whose values are chosen by name."""
    known = table.fields.get(key)
    dropdown = dcc.Dropdown(
        id={"type": "trials-choice", "name": key},
        options=options(key, chosen, table),
        value=list(chosen),
        multi=True,
        placeholder="All",
        className="filter-choice",
    )
    title = _LABELS.get(key, plain(known.title if known else key, _LONGEST))
    return html.Label([html.Span(title, className="field-label", title=key), dropdown], className="filter")


def options(key: str, chosen: tuple[str, ...], table: TrialTable) -> list[dict[str, str]]:
    """What a field can be narrowed to: the values that trials have, and those chosen already."""
    known = dict.fromkeys([value for value, _ in table.options(key)])
    values = sorted({*known, *chosen}, key=str.casefold)
    return [{"label": _said(key, value), "value": value, "title": value[:500]} for value in values]


def _said(key: str, value: str) -> str:
    label = STATES.get(value, (value,))[0] if key == "state" else value
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _adder(table: TrialTable) -> html.Div:
    """Any other field: names become a field to choose from, numbers a range."""
    label = html.Label(
        [
            html.Span("More filters", className="field-label"),
            dcc.Dropdown(
                id="trials-add", options=addable(table), placeholder="Choose", className="filter-choice"
            ),
        ],
        className="filter",
    )
    bounds = html.Div(
        [
            _bound("trials-low", "From"),
            _bound("trials-high", "To"),
            button("Apply", "new", "secondary", id="trials-apply"),
        ],
        id="trials-bounds",
        className="filter-bounds hidden",
    )
    return html.Div([label, bounds], className="filter-adder")


def addable(table: TrialTable) -> list[dict[str, str]]:
    """The fields that trials have and that have no place of their own."""
    present = table.present()
    kept = [
        one
        for key, one in table.fields.items()
        if key in present and key not in _LABELS and one.kind != "time"
    ]
    return [{"label": _field_name(one), "value": one.key} for one in kept]


def _field_name(known: Field) -> str:
    title = known.title if len(known.title) <= _LONGEST else f"{known.title[: _LONGEST - 1]}…"
    return f"{title} (attribute)" if known.group == "attribute" else title


def _bound(name: str, label: str) -> html.Label:
    box = dbc.Input(id=name, type="number", step="any", className="field-input")
    return html.Label([html.Span(label, className="field-label"), box], className="filter-bound")


def chips(chosen: TrialFilter, fields: Mapping[str, Field]) -> list[html.Button]:
    """A range each, which a click takes away."""
    return [_chip(key, bounds, fields.get(key)) for key, bounds in chosen.ranges]


def _chip(key: str, bounds: tuple[Range, ...], known: Field | None) -> html.Button:
    name = known.title if known else key.partition(":")[2] or key
    said = f"{name[:_LONGEST]} {' or '.join(_range_text(*each) for each in bounds)}"
    return html.Button(
        [html.Span(said), icon("clear")],
        id={"type": "trials-drop", "name": key},
        type="button",
        className="chip chip-drop",
        title=f"{name}: click to take this filter away",
        **attributes(aria_label=f"Take away the filter {said}"),
    )


def _range_text(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {number(high)}"
    return f"from {number(low)}" if high is None else f"{number(low)} to {number(high)}"


def counted(chosen: TrialFilter, table: TrialTable) -> str:
    """How many trials pass, of how many."""
    if not chosen.is_narrow:
        return count(table.total, "trial")
    return f"{count(table.count(chosen.all_passing))} of {count(table.total, 'trial')}"
