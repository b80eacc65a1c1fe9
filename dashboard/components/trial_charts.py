"""Charts of a selection of trials, in groups of which one is shown at a time."""

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pandas as pd
from dash import html

from dashboard import connection, reading
from dashboard.components.charts import chart_card, picture
from dashboard.components.notices import blank
from dashboard.selection import TrialsView
from tunescope.analysis.measures import ACCURACY, MEASURES, Measure, measure_for
from tunescope.figures import CHARTS, Chart
from tunescope.store import frames
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter

# Name in the address -> what to call it, and its charts. Fewer pictures at a time are drawn sooner.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "progress": ("Progress", ("history", "history_by_trial", "edf", "timeline")),
    "settings": ("Hyperparameters", ("importance", "slice", "parallel", "contour", "rank")),
    "costs": ("Costs", ("trade_off", "phase_costs", "pareto", "hypervolume")),
    "training": ("Training", ("learning_curves", "studies")),
}
_CURVES = 40
# A row of their own, not to be scrolled on a desk.
_WIDE = {"parallel"}
_drawing = threading.Lock()


def chart_cards(view: TrialsView, below: Mapping[str, Callable[[], Any]]) -> list[html.Section]:
    """The cards of the group that a view shows, still without pictures; some charts have more below them."""
    _, names = GROUPS.get(view.charts, GROUPS["progress"])
    return [_card(name, below.get(name)) for name in names if name in CHARTS]


def _card(name: str, below: Callable[[], Any] | None) -> html.Section:
    card = chart_card(name, {"type": "trials-chart", "name": name}, "chart-wide" if name in _WIDE else "")
    if below is not None:
        card.children.append(below())
    return card


def chart_of(name: str, view: TrialsView, table: TrialTable, dark: bool | None) -> Any:
    """The picture of a chart for the trials of a view."""
    if view.chosen.is_narrow and not table.count(view.chosen):
        return blank("No trial passes the filters.")
    chart, measure = CHARTS[name], measure_of(view, table)
    # One after the other: those of a page come together, want the same frame, and if they took turns the
    # first picture would be there no sooner than the last.
    with _drawing:
        figure = chart.figure(_frames(chart, view, table, measure), dark=bool(dark), measure=measure)
    if (figure.layout.meta or {}).keys() & {"brush", "places"}:
        figure.update_layout(dragmode="select", selectdirection="any")
    # A new picture is of other trials: what was marked in the old one is a filter by now.
    figure.update_layout(selectionrevision=f"{view.to_query()}")
    return picture(figure, chart.title, id={"type": "trials-graph", "name": name})


def measure_of(view: TrialsView, table: TrialTable) -> Measure:
    """What the charts of a view measure by."""
    name = "accuracy" if ACCURACY.column in table.present() else "value"
    studies = frames.studies_frame(connection.store())
    return measure_for(pd.DataFrame(), studies, view.measure if view.measure in MEASURES else name)


def measures() -> list[dict[str, str]]:
    """What charts can measure by, for people to choose from."""
    return [{"label": measure.title, "value": name} for name, measure in MEASURES.items()]


def _frames(chart: Chart, view: TrialsView, table: TrialTable, measure: Measure) -> dict[str, pd.DataFrame]:
    """The frames that a chart needs, of the chosen trials alone."""
    best = f"{'-' if measure.maximize else ''}{measure.column}"
    most = chart.most if chart.needs_params else None
    trials = _trials(table, table.version, view.chosen, chart.needs_params, most, best)
    readers = {
        "trials": lambda: trials,
        "studies": lambda: studies_of(trials),
        "epochs": lambda: reading.curve_epochs(connection.store(), trials, limit=_CURVES),
        "timings": lambda: table.timings(view.chosen),
    }
    return {name: readers[name]() for name in chart.frames}


@lru_cache(maxsize=3)
def _trials(
    table: TrialTable, version: str, chosen: TrialFilter, params: bool, most: int | None, best: str
) -> pd.DataFrame:
    """A frame that the charts of a page share; ``version`` tells when it is out of date."""
    return table.frame(chosen, params=params, most=most, best=best)


def studies_of(trials: pd.DataFrame) -> pd.DataFrame:
    """The studies of some trials."""
    studies = frames.studies_frame(connection.store())
    return studies[studies["study"].isin(trials["study"].unique())]
