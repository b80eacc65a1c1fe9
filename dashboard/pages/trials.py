"""`/trials`: every trial of every run, to filter, sort, search and compare. The address holds the view."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dash import ALL, MATCH, Dash, Input, Output, State, dcc, html, no_update

from dashboard import connection, links
from dashboard.components import (
    annotations,
    saved_views,
    second_opinion,
    trial_filters,
    trial_narrowing,
    trial_tabs,
    trial_tools,
)
from dashboard.components.basics import attributes, button, button_link, page_head
from dashboard.components.browser import in_browser
from dashboard.components.notices import empty
from dashboard.components.regions import digest
from dashboard.components.trial_charts import GROUPS, chart_cards, chart_of
from dashboard.components.trial_grid import (
    column_defs,
    grid_rows,
    order_of,
    shown_columns,
    trial_grid,
)
from dashboard.components.trial_tabs import compare_tab, studies_tab, tabs
from dashboard.routing import Page
from dashboard.selection import TrialsView, ranges_of, sort_of
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter

_POLL_MS = 5_000
# What stands on the card of a chart, below it.
_BELOW = {"importance": second_opinion.second_opinion}
# What a page can begin with while the rest of the store is still being read.
_FIRST_ROWS = 60


def layout(search: str = "") -> html.Div:
    """The part of the page that the address asks for."""
    view = TrialsView.from_query(search)
    table = connection.table()
    if view.tab == "compare":
        return compare_tab(view)
    if view.tab == "studies":
        return studies_tab(view, table.refresh())
    return _trials_tab(view, table.refresh(_FIRST_ROWS), search)


def _trials_tab(view: TrialsView, table: TrialTable, search: str) -> html.Div:
    """The table as the address wants it; rows and charts follow."""
    if not table.total:
        return html.Div([page_head("Trials"), _nothing_yet()])
    chosen, present = view.chosen, table.present()
    return html.Div(
        [
            page_head(
                "Trials",
                html.Div(trial_filters.counted(chosen, table), id="trials-count"),
                trial_tools.head_actions(view),
            ),
            html.Div(tabs(view), id="trials-tabs"),
            html.Section(
                trial_filters.controls(chosen, table), className="filters", **attributes(aria_label="Filters")
            ),
            html.Div(
                [
                    html.Div(trial_filters.chips(chosen, table.fields), id="trials-chips", className="chips"),
                    html.Div(
                        [trial_tools.views(), trial_tools.column_chooser(view, table, present)],
                        className="button-row",
                    ),
                ],
                className="table-tools",
            ),
            trial_grid(view, table.fields, present),
            html.Div(
                [
                    html.Span(trial_tools.picked_note(chosen), id="trials-picked-note"),
                    button("Clear picks", "clear", trial_tools.unpick_kind(chosen), id="trials-unpick"),
                ],
                className="section-note",
            ),
            trial_tools.chart_tools(view),
            html.Div(chart_cards(view, _BELOW), id="trials-charts", className="charts"),
            dcc.Store(id="trials-query", data=search),
            dcc.Store(id="trials-ticked"),
            dcc.Store(id="trials-brushed"),
            dcc.Store(id="trials-ready"),
            html.Div(id="trials-ahead", className="hidden"),
            dcc.Store(id="trials-picked", data=list(chosen.picked)),
            dcc.Store(id="trials-version", data=_version(chosen, table)),
            dcc.Store(id="trials-settled"),
            dcc.Interval(id="trials-poll", interval=_POLL_MS),
        ]
    )


def register(app: Dash) -> None:
    """Keep address, grid and charts in step."""
    _register_filter(app)
    _register_in_browser(app)
    trial_narrowing.register(app)
    _register_rows(app)
    _register_views(app)
    trial_tabs.register(app)
    annotations.register(app)
    saved_views.register(app)
    second_opinion.register(app)


def _register_filter(app: Dash) -> None:
    @app.callback(
        Output("trials-query", "data"),
        Input("trials-text", "value"),
        Input(trial_narrowing.CHOICE, "value"),
        Input("trials-grid", "filterModel"),
        Input("trials-grid", "columnState"),
        Input("trials-picked", "data"),
        Input("trials-columns", "value"),
        Input("trials-measure", "value"),
        Input("trials-group", "value"),
        State(trial_narrowing.CHOICE, "id"),
        State("trials-query", "data"),
        prevent_initial_call=True,
    )
    def collect(
        text: str | None,
        choices: list[list[str] | None],
        model: Mapping[str, Any] | None,
        order: list[dict[str, Any]] | None,
        picked: list[int],
        columns: list[str] | None,
        measure: str | None,
        group: str | None,
        ids: list[dict[str, str]],
        before: str,
    ) -> Any:
        view = TrialsView.from_query(before)
        pairs = zip(ids, choices, strict=True)
        chosen = TrialFilter(
            text=(text or "").strip(),
            choices=tuple((one["name"], tuple(values)) for one, values in pairs if values),
            ranges=view.chosen.ranges if model is None else ranges_of(model),
            sort=order_of(order, view.chosen),
            picked=tuple(picked or ()),
        )
        query = replace(
            view,
            chosen=chosen,
            columns=_own_columns(view, columns),
            measure=measure or "",
            charts="" if group == next(iter(GROUPS)) else group or "",
        ).to_query()
        return no_update if query == view.to_query() else query


def _register_in_browser(app: Dash) -> None:
    # In the browser a second tick sees the first one, however quickly it follows.
    in_browser(
        app,
        "trials.pick",
        Output("trials-picked", "data"),
        Input("trials-ticked", "data"),
        Input("trials-unpick", "n_clicks"),
        State("trials-picked", "data"),
        prevent_initial_call=True,
    )
    in_browser(
        app,
        "trials.keep",
        Output("trials-settled", "data"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        Input("trials-unpick", "n_clicks"),
        prevent_initial_call=True,
    )
    # Plotly is megabytes: the browser fetches it for a picture that nobody sees while charts are computed.
    in_browser(
        app,
        "trials.lookAhead",
        Output("trials-ahead", "title"),
        Input("trials-ready", "data"),
        prevent_initial_call=True,
    )
    in_browser(
        app,
        "trials.brush",
        Output("trials-brushed", "data"),
        Input({"type": "trials-graph", "name": ALL}, "selectedData"),
        State({"type": "trials-graph", "name": ALL}, "figure"),
        prevent_initial_call=True,
    )


def _register_rows(app: Dash) -> None:
    @app.callback(
        Output("trials-grid", "getRowsResponse"),
        # The table first: charts are dear, and would keep its rows waiting.
        Output("trials-ready", "data"),
        Input("trials-grid", "getRowsRequest"),
        State("trials-query", "data"),
        State("trials-picked", "data"),
        State("trials-ready", "data"),
        prevent_initial_call=True,
    )
    def rows(request: Mapping[str, Any] | None, query: str, picked: list[int], is_ready: bool | None) -> Any:
        if not request:
            return no_update, no_update
        outside = TrialsView.from_query(query).chosen.all_passing
        chosen = replace(
            outside, ranges=ranges_of(request["filterModel"]), sort=sort_of(request["sortModel"])
        )
        # The newest trials can be shown before all are read.
        is_plain = not chosen.is_narrow and not chosen.sort
        table = connection.table().refresh(request["endRow"] if is_plain else None)
        block = table.page(chosen, request["startRow"], request["endRow"])
        answer = {
            "rowData": grid_rows(block, table.fields, picked or ()),
            "rowCount": table.count(chosen) if chosen.is_narrow else table.total,
        }
        return answer, no_update if is_ready else True

    @app.callback(
        Output("trials-version", "data"),
        Input("trials-poll", "n_intervals"),
        State("trials-query", "data"),
        State("trials-version", "data"),
        running=[(Output("trials-poll", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def poll(_: int, query: str, before: str) -> Any:
        version = _version(TrialsView.from_query(query).chosen, connection.table().refresh())
        return no_update if version == before else version

    @app.callback(
        Output("trials-grid", "columnDefs"),
        Input("trials-columns", "value"),
        State("trials-query", "data"),
        prevent_initial_call=True,
    )
    def show_columns(columns: list[str] | None, query: str) -> Any:
        table = connection.table().refresh()
        view = replace(TrialsView.from_query(query), columns=tuple(columns or ()))
        return column_defs(view, table.fields, table.present())


def _register_views(app: Dash) -> None:
    @app.callback(
        Output("trials-count", "children"),
        Output("trials-picked-note", "children"),
        Output("trials-unpick", "className"),
        Output("trials-clear", "className"),
        Output("trials-chips", "children"),
        Output("trials-tabs", "children"),
        Output("trials-exports", "children"),
        Output(trial_narrowing.CHOICE, "options"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        State(trial_narrowing.CHOICE, "id"),
    )
    def views(query: str, _: str, ids: list[dict[str, str]]) -> tuple[Any, ...]:
        view, table = TrialsView.from_query(query), connection.table().refresh()
        chosen = view.chosen
        return (
            trial_filters.counted(chosen, table),
            trial_tools.picked_note(chosen),
            f"button button-{trial_tools.unpick_kind(chosen)}",
            trial_tools.clear_class(chosen),
            trial_filters.chips(chosen, table.fields),
            tabs(view),
            trial_tools.exports(chosen),
            [trial_filters.options(one["name"], chosen.values(one["name"]), table) for one in ids],
        )

    @app.callback(
        Output("trials-charts", "children"),
        Input("trials-group", "value"),
        State("trials-query", "data"),
        prevent_initial_call=True,
    )
    def show_group(group: str, query: str) -> Any:
        return chart_cards(replace(TrialsView.from_query(query), charts=group), _BELOW)

    @app.callback(
        Output({"type": "trials-chart", "name": MATCH}, "children"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        Input("shell-dark", "data"),
        Input("trials-ready", "data"),
        State({"type": "trials-chart", "name": MATCH}, "id"),
    )
    def draw(query: str, _: str, dark: bool, is_ready: bool, own: dict[str, str]) -> Any:
        if not is_ready:
            return no_update
        return chart_of(own["name"], TrialsView.from_query(query), connection.table().refresh(), dark)


def _own_columns(view: TrialsView, columns: list[str] | None) -> tuple[str, ...]:
    """The columns that were chosen; those to begin with need no place in the address."""
    table = connection.table()
    first = shown_columns(replace(view, columns=()), table.fields, table.present())
    return () if not columns or columns == first else tuple(columns)


def _nothing_yet() -> html.Div:
    return empty(
        "trials",
        "No trial yet",
        "Trials stand here as soon as a run has begun to search. Studies of Optuna in this store count too.",
        button_link("New run", "new", links.NEW, "primary"),
    )


def _version(chosen: TrialFilter, table: TrialTable) -> str:
    """Changes when the trials that pass do."""
    return digest(table.digest(chosen.all_passing))


PAGE = Page(links.TRIALS, "Trials", layout, register, label="Trials", icon="trials", group="Compare")
