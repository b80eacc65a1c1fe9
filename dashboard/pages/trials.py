"""`/trials`: every trial of every run, to filter, sort, search and compare. The address holds the view."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, MATCH, Dash, Input, Output, Patch, State, ctx, dcc, html, no_update

from dashboard import connection, links
from dashboard.components import annotations, saved_views, second_opinion, trial_filters, trial_tabs
from dashboard.components.basics import attributes, button, button_link, icon, page_head
from dashboard.components.browser import in_browser
from dashboard.components.notices import empty
from dashboard.components.regions import digest
from dashboard.components.trial_charts import GROUPS, chart_cards, chart_of, measures
from dashboard.components.trial_grid import (
    column_defs,
    column_options,
    grid_rows,
    order_of,
    shown_columns,
    trial_grid,
)
from dashboard.components.trial_tabs import compare_tab, studies_tab, tabs
from dashboard.routing import Page
from dashboard.selection import MOST_RANGES, TrialsView, filter_model, ranges_of, sort_of
from dashboard.wording import count
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter

_CHOICE = {"type": "trials-choice", "name": ALL}
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
                _head_actions(view),
            ),
            html.Div(tabs(view), id="trials-tabs"),
            html.Section(
                trial_filters.controls(chosen, table), className="filters", **attributes(aria_label="Filters")
            ),
            html.Div(
                [
                    html.Div(trial_filters.chips(chosen, table.fields), id="trials-chips", className="chips"),
                    html.Div([_views(), _column_chooser(view, table, present)], className="button-row"),
                ],
                className="table-tools",
            ),
            trial_grid(view, table.fields, present),
            html.Div(
                [
                    html.Span(_picked_note(chosen), id="trials-picked-note"),
                    button("Clear picks", "clear", _unpick_kind(chosen), id="trials-unpick"),
                ],
                className="section-note",
            ),
            _chart_tools(view),
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
    _register_narrowing(app)
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
        Input(_CHOICE, "value"),
        Input("trials-grid", "filterModel"),
        Input("trials-grid", "columnState"),
        Input("trials-picked", "data"),
        Input("trials-columns", "value"),
        Input("trials-measure", "value"),
        Input("trials-group", "value"),
        State(_CHOICE, "id"),
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


def _register_narrowing(app: Dash) -> None:
    """What a click, a brush or two bounds add to the filters, or take away."""

    @app.callback(
        Output("trials-grid", "filterModel"),
        Output("trials-more", "children"),
        Output(_CHOICE, "value"),
        Input("trials-apply", "n_clicks"),
        Input("trials-brushed", "data"),
        Input({"type": "trials-drop", "name": ALL}, "n_clicks"),
        Input("trials-add", "value"),
        State("trials-low", "value"),
        State("trials-high", "value"),
        State("trials-query", "data"),
        State(_CHOICE, "id"),
        prevent_initial_call=True,
    )
    def narrow(
        _: int | None,
        brushed: list[dict[str, Any]] | None,
        dropped: list[int | None],
        added: str | None,
        low: float | None,
        high: float | None,
        query: str,
        ids: list[dict[str, str]],
    ) -> tuple[Any, ...]:
        chosen = TrialsView.from_query(query).chosen
        asked = ctx.triggered_id
        kept = [no_update] * len(ids)
        if isinstance(asked, dict) and any(dropped):
            return filter_model(chosen.with_bounds(asked["name"], ())), no_update, kept
        if asked == "trials-apply" and added and (low, high) != (None, None):
            return filter_model(chosen.with_bounds(added, [_in_order(low, high)])), no_update, kept
        if asked == "trials-brushed" and brushed:
            return _brushed(chosen, brushed, [one["name"] for one in ids])
        if asked == "trials-add" and added and _is_chosen_by_name(added):
            known = [one["name"] for one in ids]
            return no_update, _more({added: ()}, known), kept
        return no_update, no_update, kept

    @app.callback(
        Output("trials-bounds", "className"),
        Output("trials-low", "placeholder"),
        Output("trials-high", "placeholder"),
        Input("trials-add", "value"),
        prevent_initial_call=True,
    )
    def offer(added: str | None) -> tuple[str, str, str]:
        if not added or _is_chosen_by_name(added):
            return "filter-bounds hidden", "", ""
        low, high = connection.table().refresh().extent(added) or (None, None)
        return "filter-bounds", _as_hint(low), _as_hint(high)


def _is_chosen_by_name(key: str) -> bool:
    known = connection.table().fields.get(key)
    return known is not None and known.text is not None


def _as_hint(bound: float | None) -> str:
    return "" if bound is None else format(bound, ".4g")


def _in_order(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    return (high, low) if low is not None and high is not None and high < low else (low, high)


def _brushed(chosen: TrialFilter, brushed: list[dict[str, Any]], known: list[str]) -> tuple[Any, ...]:
    """A brush narrows numbers to ranges and names to those under it."""
    named = {one["field"]: tuple(map(str, one["values"])) for one in brushed if "values" in one}
    for one in brushed:
        if "ranges" in one:
            bounds = [(float(low), float(high)) for low, high in one["ranges"][:MOST_RANGES]]
            chosen = chosen.with_bounds(one["field"], bounds)
    values = [list(named[key]) if key in named else no_update for key in known]
    return filter_model(chosen), _more(named, known), values


def _more(named: Mapping[str, tuple[str, ...]], known: list[str]) -> Any:
    """The filters that are new, added to those that are there."""
    new = {key: values for key, values in named.items() if key not in known}
    if not new:
        return no_update
    children = Patch()
    children.extend([trial_filters.choice(key, values, connection.table()) for key, values in new.items()])
    return children


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
        Output(_CHOICE, "options"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        State(_CHOICE, "id"),
    )
    def views(query: str, _: str, ids: list[dict[str, str]]) -> tuple[Any, ...]:
        view, table = TrialsView.from_query(query), connection.table().refresh()
        chosen = view.chosen
        return (
            trial_filters.counted(chosen, table),
            _picked_note(chosen),
            f"button button-{_unpick_kind(chosen)}",
            _clear_class(chosen),
            trial_filters.chips(chosen, table.fields),
            tabs(view),
            _exports(chosen),
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


def _head_actions(view: TrialsView) -> list[Any]:
    label = [icon("clear"), html.Span("Clear filters")]
    clear = html.A(label, href=links.TRIALS, id="trials-clear", className=_clear_class(view.chosen))
    copy = button("Copy link", "link", id="trials-copy", **attributes(data_copy_address="yes"))
    return [clear, html.Div(_exports(view.chosen), id="trials-exports", className="button-row"), copy]


def _exports(chosen: TrialFilter) -> list[html.A]:
    """Links to the rows that pass, as files."""
    query = chosen.all_passing.to_query()
    return [
        html.A(
            [icon("download"), html.Span(name)],
            href=f"/export/trials.{kind}{query}",
            className="button button-secondary",
            download="",
            title=f"Save the trials that pass the filters as {name}",
        )
        for kind, name in (("csv", "CSV"), ("parquet", "Parquet"))
    ]


def _views() -> html.Details:
    summary = html.Summary([icon("folder"), html.Span("Views")], className="button button-secondary")
    return html.Details(
        [summary, html.Div(saved_views.views_bar(), className="popover-body")], className="popover-fold"
    )


def _column_chooser(view: TrialsView, table: TrialTable, present: frozenset[str]) -> html.Details:
    dropdown = dcc.Dropdown(
        id="trials-columns",
        options=column_options(table.fields),
        value=shown_columns(view, table.fields, present),
        multi=True,
        clearable=True,
        placeholder="The usual columns",
        className="filter-choice",
    )
    summary = html.Summary([icon("trials"), html.Span("Columns")], className="button button-secondary")
    body = html.Label(
        [html.Span("Columns of the table", className="field-label"), dropdown], className="filter"
    )
    return html.Details([summary, html.Div(body, className="popover-body")], className="popover-fold")


def _chart_tools(view: TrialsView) -> html.Div:
    groups = dbc.RadioItems(
        id="trials-group",
        options=[{"label": title, "value": name} for name, (title, _) in GROUPS.items()],
        value=view.charts if view.charts in GROUPS else next(iter(GROUPS)),
        className="segmented",
        inline=True,
    )
    measure = dcc.Dropdown(
        id="trials-measure",
        options=measures(),
        value=view.measure or None,
        placeholder="What suits the trials",
        className="filter-choice",
    )
    label = html.Label([html.Span("Measure", className="field-label"), measure], className="filter")
    return html.Div([groups, label], className="chart-tools")


def _nothing_yet() -> html.Div:
    return empty(
        "trials",
        "No trial yet",
        "Trials stand here as soon as a run has begun to search. Studies of Optuna in this store count too.",
        button_link("New run", "new", links.NEW, "primary"),
    )


def _clear_class(chosen: TrialFilter) -> str:
    return "button button-quiet" + ("" if chosen.is_narrow else " hidden")


def _picked_note(chosen: TrialFilter) -> str:
    if not chosen.picked:
        return "Below: every trial that passes the filters. Tick trials in the table to compare just these."
    return f"Below: the {count(len(chosen.picked), 'trial')} ticked in the table."


def _unpick_kind(chosen: TrialFilter) -> str:
    return "quiet" if chosen.picked else "quiet hidden"


def _version(chosen: TrialFilter, table: TrialTable) -> str:
    """Changes when the trials that pass do."""
    return digest(table.digest(chosen.all_passing))


PAGE = Page(links.TRIALS, "Trials", layout, register, label="Trials", icon="trials", group="Compare")
