"""`/timing`: how fast trials ran, on which machines, and what they cost. The address holds the view."""

import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import ALL, MATCH, Dash, Input, Output, State, dcc, html, no_update

from dashboard import connection, links
from dashboard.components.basics import attributes, button, button_link, card, page_head, tile
from dashboard.components.browser import in_browser
from dashboard.components.charts import chart_card, picture
from dashboard.components.notices import blank, empty, skeleton
from dashboard.components.regions import digest
from dashboard.components.timing_tables import energy, machines_part, money, outliers_part, spending_part
from dashboard.components.trial_charts import measure_of, studies_of
from dashboard.components.trial_filters import options
from dashboard.routing import Page
from dashboard.selection import TrialsView
from dashboard.timing_view import CURRENCIES, RATES, TimingView, rate
from dashboard.wording import NOTHING, count, duration
from tunescope.analysis.measures import Measure
from tunescope.analysis.timing_machines import machines, numbers, with_machines
from tunescope.analysis.timing_outliers import outliers
from tunescope.analysis.timing_spending import BY, Rates, spending
from tunescope.figures import TIMING
from tunescope.figures.wording import number
from tunescope.store import frames
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter

_POLL_MS = 5_000
_FIRST_ROWS = 60
_CHOICE = {"type": "timing-choice", "name": ALL}
# What the page can be narrowed by; any other filter of its address holds as well.
_FILTERS = {
    "run_id": "Run",
    "dataset": "Dataset",
    "strategy": "Strategy",
    "model": "Model",
    "device": "Device",
    "precision": "Precision",
}
_RATE_LABELS = {
    "hour": "Price of an hour",
    "kilowatt_hour": "Price of a kilowatt-hour",
    "watts": "Watts to assume",
}
_reading = threading.Lock()


def layout(search: str = "") -> html.Div:
    """The page as the address wants it; numbers and charts follow."""
    # A few rows tell which filters there are; the rest is read while the browser draws the page.
    view, table = TimingView.from_query(search), connection.table().refresh(_FIRST_ROWS)
    if not table.total:
        return html.Div([page_head("Timing"), _nothing_yet()])
    return html.Div(
        [
            page_head("Timing", html.Div(_counted(view.chosen, table), id="timing-count"), _actions(view)),
            html.Section(
                _controls(view.chosen, table), className="filters", **attributes(aria_label="Filters")
            ),
            html.Div(skeleton("tile", 4), id="timing-tiles"),
            html.Div([_chart_card(name) for name in TIMING], className="charts"),
            card(
                "Machines",
                html.Div(skeleton("row", 2), id="timing-machines"),
                note="Speed is the median of deep models, use the median share of the peak.",
            ),
            card(
                "What it cost",
                [_rates(view), html.Div(skeleton("row", 3), id="timing-spending")],
                note="Each trial counts with all its seconds, also where several ran at once.",
            ),
            card(
                "Slower than others of their kind",
                html.Div(skeleton("row", 3), id="timing-outliers"),
                note="Trials far above the median for their dataset, model, machine and batch size.",
            ),
            dcc.Store(id="timing-query", data=view.to_query()),
            dcc.Store(id="timing-settled"),
            dcc.Store(id="timing-version", data=_version(view.chosen, table)),
            dcc.Interval(id="timing-poll", interval=_POLL_MS),
        ]
    )


def register(app: Dash) -> None:
    """Keep address, numbers and charts in step."""
    _register_query(app)
    _register_views(app)


def _register_query(app: Dash) -> None:
    @app.callback(
        Output("timing-query", "data"),
        Input(_CHOICE, "value"),
        Input({"type": "timing-rate", "name": ALL}, "value"),
        Input("timing-currency", "value"),
        Input("timing-by", "value"),
        State(_CHOICE, "id"),
        State("timing-query", "data"),
        prevent_initial_call=True,
    )
    def collect(
        choices: list[list[str] | None],
        rates: list[Any],
        currency: str | None,
        by: str,
        ids: list[dict[str, str]],
        before: str,
    ) -> Any:
        chosen = TimingView.from_query(before).chosen
        for one, values in zip(ids, choices, strict=True):
            chosen = chosen.with_values(one["name"], values or ())
        paid = Rates(**dict(zip(RATES, map(rate, rates), strict=True)))
        query = TimingView(chosen, paid, currency or CURRENCIES[0], by).to_query()
        return no_update if query == before else query

    in_browser(
        app,
        "address.keep",
        Output("timing-settled", "data"),
        Input("timing-query", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("timing-version", "data"),
        Input("timing-poll", "n_intervals"),
        State("timing-query", "data"),
        State("timing-version", "data"),
        running=[(Output("timing-poll", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def poll(_: int, query: str, before: str) -> Any:
        version = _version(TimingView.from_query(query).chosen, connection.table().refresh())
        return no_update if version == before else version


def _register_views(app: Dash) -> None:
    @app.callback(
        Output("timing-count", "children"),
        Output("timing-tiles", "children"),
        Output("timing-machines", "children"),
        Output("timing-spending", "children"),
        Output("timing-outliers", "children"),
        Output("timing-trials", "children"),
        Output(_CHOICE, "options"),
        Input("timing-query", "data"),
        Input("timing-version", "data"),
        State(_CHOICE, "id"),
    )
    def numbers_of(query: str, _: str, ids: list[dict[str, str]]) -> tuple[Any, ...]:
        view, table = TimingView.from_query(query), connection.table().refresh()
        trials, measure = _trials(view.chosen, table), _measure(view, table)
        spent = spending(trials, view.rates, view.by, measure)
        return (
            _counted(view.chosen, table),
            _tiles(trials, spent, view),
            machines_part(machines(trials)),
            spending_part(spent, view, measure),
            outliers_part(outliers(trials, table.timings(view.chosen))),
            _to_trials(view),
            [options(one["name"], view.chosen.values(one["name"]), table) for one in ids],
        )

    @app.callback(
        Output({"type": "timing-chart", "name": MATCH}, "children"),
        Input("timing-query", "data"),
        Input("timing-version", "data"),
        Input("shell-dark", "data"),
        State({"type": "timing-chart", "name": MATCH}, "id"),
    )
    def draw(query: str, _: str, dark: bool | None, own: dict[str, str]) -> Any:
        view, table = TimingView.from_query(query), connection.table().refresh()
        chart, trials = TIMING[own["name"]], _trials(view.chosen, table)
        if trials.empty:
            return blank("No trial passes the filters.")
        figure = chart.figure(
            _frames(chart.frames, view.chosen, table, trials), bool(dark), _measure(view, table)
        )
        return picture(figure, chart.title)


def _frames(
    names: tuple[str, ...], chosen: TrialFilter, table: TrialTable, trials: pd.DataFrame
) -> Mapping[str, pd.DataFrame]:
    readers = {
        "trials": lambda: trials,
        "studies": lambda: studies_of(trials),
        "timings": lambda: table.timings(chosen),
        "benchmarks": lambda: frames.benchmarks_frame(connection.store()),
    }
    return {name: readers[name]() for name in names}


def _trials(chosen: TrialFilter, table: TrialTable) -> pd.DataFrame:
    """The chosen trials with their machines; charts that come together share one frame."""
    with _reading:
        return _with_machines(table, table.version, chosen.all_passing)


@lru_cache(maxsize=1)
def _with_machines(table: TrialTable, version: str, chosen: TrialFilter) -> pd.DataFrame:
    """``version`` tells when the frame is out of date."""
    return with_machines(table.frame(chosen), frames.manifests(connection.store()))


def _measure(view: TimingView, table: TrialTable) -> Measure:
    return measure_of(TrialsView(view.chosen), table)


def _counted(chosen: TrialFilter, table: TrialTable) -> str:
    if not chosen.is_narrow:
        return count(table.total, "trial")
    return f"{count(table.count(chosen.all_passing))} of {count(table.total, 'trial')}"


def _version(chosen: TrialFilter, table: TrialTable) -> str:
    return digest(table.digest(chosen.all_passing))


def _actions(view: TimingView) -> list[Any]:
    copy = button("Copy link", "link", **attributes(data_copy_address="yes"))
    return [html.Div(_to_trials(view), id="timing-trials"), copy]


def _to_trials(view: TimingView) -> Any:
    return button_link("These trials", "trials", links.TRIALS + view.chosen.to_query())


def _controls(chosen: TrialFilter, table: TrialTable) -> list[html.Label]:
    wanted = table.present() | {key for key, _ in chosen.choices}
    return [_choice(key, title, chosen, table) for key, title in _FILTERS.items() if key in wanted]


def _choice(key: str, title: str, chosen: TrialFilter, table: TrialTable) -> html.Label:
    dropdown = dcc.Dropdown(
        id={"type": "timing-choice", "name": key},
        options=options(key, chosen.values(key), table),
        value=list(chosen.values(key)),
        multi=True,
        placeholder="All",
        className="filter-choice",
    )
    return html.Label([html.Span(title, className="field-label"), dropdown], className="filter")


def _chart_card(name: str) -> html.Section:
    return chart_card(name, {"type": "timing-chart", "name": name})


def _rates(view: TimingView) -> html.Div:
    currency = dcc.Dropdown(
        id="timing-currency",
        options=list(CURRENCIES),
        value=view.currency,
        clearable=False,
        className="filter-choice",
    )
    by = dbc.RadioItems(
        id="timing-by",
        options=[{"label": title, "value": name} for name, title in BY.items()],
        value=view.by,
        className="segmented",
        inline=True,
    )
    labelled = html.Label([html.Span("Currency", className="field-label"), currency], className="filter")
    fields = html.Div([labelled, *(_rate(name, view) for name in RATES)], className="filters timing-rates")
    return html.Div([fields, html.Div([by], className="chart-tools")])


def _rate(name: str, view: TimingView) -> html.Label:
    box = dbc.Input(
        id={"type": "timing-rate", "name": name},
        type="number",
        min=0,
        step="any",
        value=getattr(view.rates, name) or None,
        placeholder="0",
        debounce=0.4,
        className="field-input",
    )
    return html.Label([html.Span(_RATE_LABELS[name], className="field-label"), box], className="filter")


def _tiles(trials: pd.DataFrame, spent: Any, view: TimingView) -> html.Div:
    seconds, speed = numbers(trials, "seconds").dropna(), numbers(trials, "images_per_second").dropna()
    price = money(spent.whole.money, view)
    return html.Div(
        [
            tile("Training, all trials", duration(spent.whole.seconds), _wall(trials)),
            tile(
                "Median trial",
                duration(float(seconds.median())) if len(seconds) else None,
                f"slowest {duration(float(seconds.max()))}" if len(seconds) else None,
            ),
            tile(
                "Images a second",
                number(float(speed.median()), 3) if len(speed) else None,
                "median of trials",
            ),
            tile("Energy", energy(spent.whole), "" if price == NOTHING else price),
        ],
        className="tiles",
    )


def _wall(trials: pd.DataFrame) -> str:
    begun, ended = trials["start"].min(), trials["end"].max()
    return "" if pd.isna(begun) or pd.isna(ended) else f"within {duration((ended - begun).total_seconds())}"


def _nothing_yet() -> html.Div:
    return empty(
        "trials",
        "Nothing has been timed yet",
        "Each trial leaves its seconds by phase, its speed and what it took of the machine.",
        button_link("New run", "new", links.NEW, "primary"),
    )


PAGE = Page(links.TIMING, "Timing", layout, register, label="Timing", icon="clock", group="Compare")
