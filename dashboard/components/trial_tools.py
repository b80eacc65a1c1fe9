"""The tools around the table of trials: filters to clear, files, views, columns, charts."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard import links
from dashboard.components import saved_views
from dashboard.components.basics import attributes, button, icon
from dashboard.components.trial_charts import GROUPS, measures
from dashboard.components.trial_grid import column_options, shown_columns
from dashboard.selection import TrialsView
from dashboard.wording import count
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter


def head_actions(view: TrialsView) -> list[Any]:
    """Beside the title: clear the filters, save what passes, copy the address."""
    label = [icon("clear"), html.Span("Clear filters")]
    clear = html.A(label, href=links.TRIALS, id="trials-clear", className=clear_class(view.chosen))
    copy = button("Copy link", "link", id="trials-copy", **attributes(data_copy_address="yes"))
    return [clear, html.Div(exports(view.chosen), id="trials-exports", className="button-row"), copy]


def exports(chosen: TrialFilter) -> list[html.A]:
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


def views() -> html.Details:
    """Views that were saved, and the way to save this one."""
    summary = html.Summary([icon("folder"), html.Span("Views")], className="button button-secondary")
    return html.Details(
        [summary, html.Div(saved_views.views_bar(), className="popover-body")], className="popover-fold"
    )


def column_chooser(view: TrialsView, table: TrialTable, present: frozenset[str]) -> html.Details:
    """Which columns the table has."""
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


def chart_tools(view: TrialsView) -> html.Div:
    """Which charts are drawn, and of which measure."""
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


def clear_class(chosen: TrialFilter) -> str:
    """The class of the link that clears the filters; it hides where there are none."""
    return "button button-quiet" + ("" if chosen.is_narrow else " hidden")


def picked_note(chosen: TrialFilter) -> str:
    """What the charts below are drawn of."""
    if not chosen.picked:
        return "Below: every trial that passes the filters. Tick trials in the table to compare just these."
    return f"Below: the {count(len(chosen.picked), 'trial')} ticked in the table."


def unpick_kind(chosen: TrialFilter) -> str:
    """The kind of the button that clears the picks; it hides where there are none."""
    return "quiet" if chosen.picked else "quiet hidden"
