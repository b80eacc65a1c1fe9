"""The other parts of `/trials`: picked trials side by side, and studies side by side."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, dcc, html

from dashboard import connection, links
from dashboard.components import side_by_side, study_comparison
from dashboard.components.basics import attributes, button, card, page_head
from dashboard.components.browser import in_browser
from dashboard.components.notices import blank, skeleton
from dashboard.components.studies import studies_table
from dashboard.components.trial_charts import measure_of, studies_of
from dashboard.components.trial_filters import chips, counted
from dashboard.selection import TABS, TrialsView
from dashboard.wording import count
from tunescope.analysis.comparison import compare_studies
from tunescope.store.columns import TrialTable


def tabs(view: TrialsView) -> html.Nav:
    """Links to the parts of the page, each with the same selection."""
    return html.Nav([_tab(view, name, title) for name, title in TABS.items()], className="tabs")


def compare_tab(view: TrialsView) -> html.Div:
    """The picked trials side by side; the comparison follows."""
    picked = view.chosen.picked
    note = f"{count(len(picked), 'trial')} ticked" if picked else "No trial is ticked"
    body = html.Div(skeleton("chart", 2), id="trials-side")
    return html.Div([page_head("Trials", note, _copy()), tabs(view), body, *_stores(view)])


def studies_tab(view: TrialsView, table: TrialTable) -> html.Div:
    """The studies of the trials that pass the filters, side by side."""
    costs = dbc.RadioItems(
        id="trials-cost",
        options=[{"label": title, "value": name} for name, title in study_comparison.COSTS.items()],
        value=view.cost if view.cost in study_comparison.COSTS else next(iter(study_comparison.COSTS)),
        className="segmented",
        inline=True,
    )
    kept = html.Div(chips(view.chosen, table.fields), className="chips")
    return html.Div(
        [
            page_head("Trials", counted(view.chosen, table), _copy()),
            tabs(view),
            html.Div([costs, kept], className="chart-tools"),
            html.Div(skeleton("chart", 2), id="trials-studies"),
            *_stores(view),
            dcc.Store(id="trials-cost-settled"),
        ]
    )


def register(app: Dash) -> None:
    """Draw what a tab shows once the browser has said which colours it likes."""

    @app.callback(
        Output("trials-side", "children"),
        Input("trials-side-query", "data"),
        Input("shell-dark", "data"),
    )
    def compare(query: str, dark: bool | None) -> Any:
        view = TrialsView.from_query(query)

        def address(picked: Sequence[int]) -> str:
            chosen = replace(view.chosen, picked=tuple(picked))
            return links.TRIALS + replace(view, chosen=chosen).to_query()

        return side_by_side.view(connection.store(), view.chosen.picked, bool(dark), address)

    @app.callback(
        Output("trials-studies", "children"),
        Input("trials-side-query", "data"),
        Input("trials-cost", "value"),
        Input("shell-dark", "data"),
    )
    def studies(query: str, cost: str, dark: bool | None) -> Any:
        view, table = TrialsView.from_query(query), connection.table().refresh()
        trials, measure = table.frame(view.chosen), measure_of(view, table)
        if trials.empty:
            return blank("No trial passes the filters.")
        compared = compare_studies(trials, studies_of(trials), measure=measure)
        return [
            study_comparison.view(trials, cost or next(iter(study_comparison.COSTS)), measure, bool(dark)),
            card("Every study", studies_table(compared)),
        ]

    in_browser(
        app,
        "trials.keepCost",
        Output("trials-cost-settled", "data"),
        Input("trials-cost", "value"),
        prevent_initial_call=True,
    )


def _tab(view: TrialsView, name: str, title: str) -> dcc.Link:
    css = "tab-link tab-current" if view.tab == name else "tab-link"
    picked = f" ({len(view.chosen.picked)})" if name == "compare" and view.chosen.picked else ""
    return dcc.Link(f"{title}{picked}", href=links.TRIALS + replace(view, tab=name).to_query(), className=css)


def _copy() -> html.Button:
    return button("Copy link", "link", id="trials-copy", **attributes(data_copy_address="yes"))


def _stores(view: TrialsView) -> list[dcc.Store]:
    return [dcc.Store(id="trials-side-query", data=view.to_query())]
