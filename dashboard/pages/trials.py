"""`/trials`: every trial of every run, to filter, sort, search and compare. The address holds the view."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import ALL, MATCH, Dash, Input, Output, State, dcc, html, no_update

from dashboard import connection, links, reading
from dashboard.components.basics import STATES, attributes, button, card, icon, page_head
from dashboard.components.browser import in_browser
from dashboard.components.charts import chart, chart_card
from dashboard.components.notices import blank
from dashboard.components.regions import digest
from dashboard.components.studies import studies_table
from dashboard.components.trial_grid import grid_row, order_of, trial_grid
from dashboard.routing import Page
from dashboard.selection import CHOICES, TrialFilter, ranges_of, sort_of
from dashboard.wording import count
from tunescope.analysis.comparison import compare_studies
from tunescope.figures import CHARTS
from tunescope.store import Store, frames

_CHOICE = {"type": "trials-choice", "name": ALL}
_LABELS = {
    "run": "Run",
    "dataset": "Dataset",
    "strategy": "Strategy",
    "model": "Model",
    "state": "State",
    "study": "Study",
}
# Studies of several runs have few objectives in common: fronts are for the page of a run.
_CHARTS = tuple(name for name in CHARTS if name != "pareto")
_POLL_MS = 5_000
_DEBOUNCE_SECONDS = 0.3


def layout(search: str = "") -> html.Div:
    """The table as the address wants it; rows and charts follow."""
    chosen = TrialFilter.from_query(search)
    trials = reading.all_trials()
    return html.Div(
        [
            page_head("Trials", html.Div(_counted(chosen, trials), id="trials-count"), _head_actions(chosen)),
            html.Section(_controls(chosen, trials), className="filters", **attributes(aria_label="Filters")),
            trial_grid(chosen),
            html.Div(
                [
                    html.Span(_picked_note(chosen), id="trials-picked-note"),
                    button("Clear picks", "clear", _unpick_kind(chosen), id="trials-unpick"),
                ],
                className="section-note",
            ),
            card("Studies side by side", html.Div(_studies(chosen, trials), id="trials-studies")),
            html.Div(
                [chart_card(name, {"type": "trials-chart", "name": name}) for name in _CHARTS],
                className="charts",
            ),
            dcc.Store(id="trials-query", data=search),
            dcc.Store(id="trials-ticked"),
            dcc.Store(id="trials-picked", data=list(chosen.picked)),
            dcc.Store(id="trials-version", data=_version(chosen, trials)),
            dcc.Store(id="trials-settled"),
            dcc.Interval(id="trials-poll", interval=_POLL_MS),
        ]
    )


def register(app: Dash) -> None:
    """Keep address, grid, table and charts in step."""
    _register_filter(app)
    _register_rows(app)
    _register_views(app)


def _register_filter(app: Dash) -> None:
    @app.callback(
        Output("trials-query", "data"),
        Input("trials-text", "value"),
        Input(_CHOICE, "value"),
        Input("trials-grid", "filterModel"),
        Input("trials-grid", "columnState"),
        Input("trials-picked", "data"),
        State(_CHOICE, "id"),
        State("trials-query", "data"),
        prevent_initial_call=True,
    )
    def collect(
        text: str | None,
        choices: list[list[str] | None],
        model: Mapping[str, Any] | None,
        columns: list[dict[str, Any]] | None,
        picked: list[int],
        ids: list[dict[str, str]],
        before: str,
    ) -> Any:
        names = {one["name"]: tuple(value or ()) for one, value in zip(ids, choices, strict=True)}
        chosen = TrialFilter(
            text=(text or "").strip(),
            ranges=ranges_of(model),
            sort=order_of(columns, TrialFilter.from_query(before)),
            picked=tuple(picked or ()),
            **names,
        )
        query = chosen.to_query()
        return no_update if query == before else query

    # In the browser, where a second tick sees the first one, however quickly it follows.
    in_browser(
        app,
        "pick",
        Output("trials-picked", "data"),
        Input("trials-ticked", "data"),
        Input("trials-unpick", "n_clicks"),
        State("trials-picked", "data"),
        prevent_initial_call=True,
    )
    in_browser(
        app,
        "keepInAddress",
        Output("trials-settled", "data"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        Input("trials-unpick", "n_clicks"),
        prevent_initial_call=True,
    )


def _register_rows(app: Dash) -> None:
    @app.callback(
        Output("trials-grid", "getRowsResponse"),
        Input("trials-grid", "getRowsRequest"),
        State("trials-query", "data"),
        State("trials-picked", "data"),
        prevent_initial_call=True,
    )
    def rows(request: Mapping[str, Any] | None, query: str, picked: list[int]) -> Any:
        if not request:
            return no_update
        outside = TrialFilter.from_query(query)
        chosen = replace(
            outside, ranges=ranges_of(request["filterModel"]), sort=sort_of(request["sortModel"])
        )
        passing = chosen.rows(reading.all_trials())
        block = passing.iloc[request["startRow"] : request["endRow"]]
        return {
            "rowData": [grid_row(row, picked) for row in reading.records(block)],
            "rowCount": len(passing),
        }

    @app.callback(
        Output("trials-version", "data"),
        Input("trials-poll", "n_intervals"),
        State("trials-query", "data"),
        State("trials-version", "data"),
        running=[(Output("trials-poll", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def poll(_: int, query: str, before: str) -> Any:
        version = _version(TrialFilter.from_query(query), reading.all_trials())
        return no_update if version == before else version


def _register_views(app: Dash) -> None:
    @app.callback(
        Output("trials-count", "children"),
        Output("trials-picked-note", "children"),
        Output("trials-unpick", "className"),
        Output("trials-studies", "children"),
        Output("trials-clear", "className"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        prevent_initial_call=True,
    )
    def views(query: str, _: str) -> tuple[Any, ...]:
        chosen, trials = TrialFilter.from_query(query), reading.all_trials()
        return (
            _counted(chosen, trials),
            _picked_note(chosen),
            f"button button-{_unpick_kind(chosen)}",
            _studies(chosen, trials),
            _clear_class(chosen),
        )

    @app.callback(
        Output({"type": "trials-chart", "name": MATCH}, "children"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        Input("shell-dark", "data"),
        State({"type": "trials-chart", "name": MATCH}, "id"),
    )
    def draw(query: str, _: str, dark: bool, own: dict[str, str]) -> Any:
        chosen = TrialFilter.from_query(query).chosen(reading.all_trials())
        return chart(own["name"], _frames(connection.store(), chosen, CHARTS[own["name"]].frames), dark)


def _head_actions(chosen: TrialFilter) -> list[Any]:
    label = [icon("clear"), html.Span("Clear filters")]
    clear = html.A(label, href=links.TRIALS, id="trials-clear", className=_clear_class(chosen))
    copy = button("Copy link", "link", id="trials-copy", **attributes(data_copy_address="yes"))
    return [clear, copy]


def _clear_class(chosen: TrialFilter) -> str:
    return "button button-quiet" + ("" if chosen.is_narrow else " hidden")


def _counted(chosen: TrialFilter, trials: pd.DataFrame) -> str:
    passing = len(chosen.rows(trials))
    if passing == len(trials):
        return count(passing, "trial")
    return f"{count(passing)} of {count(len(trials), 'trial')}"


def _picked_note(chosen: TrialFilter) -> str:
    if not chosen.picked:
        return "Below: every trial that passes the filters. Tick trials in the table to compare just these."
    return f"Below: the {count(len(chosen.picked), 'trial')} ticked in the table."


def _unpick_kind(chosen: TrialFilter) -> str:
    return "quiet" if chosen.picked else "quiet hidden"


def _studies(chosen: TrialFilter, trials: pd.DataFrame) -> Any:
    rows = chosen.chosen(trials)
    if rows.empty:
        return blank("No trial passes the filters.")
    return studies_table(compare_studies(rows, _studies_of(connection.store(), rows)))


def _studies_of(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    studies = frames.studies_frame(store)
    return studies[studies["study"].isin(rows["study"])]


def _frames(store: Store, rows: pd.DataFrame, names: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """The frames that a chart needs, of the chosen trials alone."""
    readers = {
        "trials": lambda: rows.sort_values("trial_id"),
        "studies": lambda: _studies_of(store, rows),
        "epochs": lambda: reading.curve_epochs(store, rows, limit=40),
        "timings": lambda: _timings(store, rows),
    }
    return {name: readers[name]() for name in names}


def _timings(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    timings = frames.timings_frame(store)
    return timings[timings["trial_id"].isin(rows["trial_id"])]


def _version(chosen: TrialFilter, trials: pd.DataFrame) -> str:
    """Changes when the trials that pass do."""
    rows = chosen.rows(trials)
    return digest([len(rows), rows["state"].value_counts().to_dict(), str(rows["trial_id"].max())])


def _controls(chosen: TrialFilter, trials: pd.DataFrame) -> list[Any]:
    search = dbc.Input(
        id="trials-text",
        type="search",
        value=chosen.text,
        debounce=_DEBOUNCE_SECONDS,
        placeholder="Any word: model, setting, reason",
        className="field-input",
    )
    text = html.Label([html.Span("Search", className="field-label"), search], className="filter filter-text")
    return [text, *(_choice(name, column, getattr(chosen, name), trials) for name, column in CHOICES.items())]


def _choice(name: str, column: str, chosen: tuple[str, ...], trials: pd.DataFrame) -> html.Label:
    known = {str(value) for value in trials[column].dropna().unique()} | set(chosen)
    dropdown = dcc.Dropdown(
        id={"type": "trials-choice", "name": name},
        options=[{"label": _said(name, value), "value": value} for value in sorted(known)],
        value=list(chosen),
        multi=True,
        placeholder="All",
        className="filter-choice",
    )
    return html.Label([html.Span(_LABELS[name], className="field-label"), dropdown], className="filter")


def _said(name: str, value: str) -> str:
    return STATES.get(value, (value,))[0] if name == "state" else value


PAGE = Page(links.TRIALS, "Trials", layout, register, label="Trials", icon="trials")
