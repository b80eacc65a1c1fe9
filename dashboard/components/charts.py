"""Charts of the registry, on a card."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components.basics import attributes, card
from dashboard.components.notices import skeleton
from tunescope.figures import CHARTS, TIMING

_CONFIG: Any = {
    "displaylogo": False,
    "responsive": True,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "showTips": False,
}
_FONT = "Inter Variable, system-ui, sans-serif"


def chart_card(name: str, id: Any, className: str = "") -> html.Section:  # noqa: N803
    """A card for a chart of the registries; its picture comes into the container with the given id."""
    chart = CHARTS.get(name) or TIMING[name]
    body = html.Div(skeleton("chart"), id=id, className="chart")
    return card(chart.title, body, note=chart.line, className=f"chart-card {className}")


def picture(figure: Any, label: str, **properties: Any) -> html.Div:
    """A plotly figure that keeps its zoom when it is drawn anew."""
    figure.update_layout(uirevision="kept", autosize=True, font_family=_FONT)
    size = _size(figure)
    graph = dcc.Graph(figure=figure, config=_CONFIG, className="chart-graph", style=size, **properties)
    # The graph's own element comes with the drawing library: until then its place is kept.
    place: dict[str, Any] = {"role": "group", "style": {"minHeight": size["height"]}}
    return html.Div(graph, className="chart-scroll", **place, **attributes(aria_label=label))


def lean(figure: Any, label: str) -> html.Div:
    """The same with numbers of no more digits than a screen has pixels, for what is sent again and again."""
    made = picture(figure, label)
    graph = made.children
    graph.figure = _shortened(figure.to_plotly_json())
    return made


def _shortened(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _shortened(one) for key, one in value.items()}
    return [_shortened(one) for one in value] if isinstance(value, list | tuple) else value


def chart(name: str, frames: Mapping[str, pd.DataFrame], dark: bool | None) -> html.Div:
    """A chart of the registry, drawn from frames by name; light until the browser has said what it likes."""
    return picture(CHARTS[name].figure(frames, dark=bool(dark)), CHARTS[name].title)


def _size(figure: Any) -> dict[str, str]:
    """A figure without a height of its own fills its card; one that needs its width is scrolled."""
    height, width = figure.layout.height, (figure.layout.meta or {}).get("min_width", 0)
    size = {"height": f"{height:.0f}px" if height else "var(--chart-height)"}
    return {**size, "minWidth": f"{width}px"} if width else size
