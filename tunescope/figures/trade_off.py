"""Scores against training time."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tunescope.analysis.costs import TradeOff, TradeOffPoint, latency_trade_off, trade_off
from tunescope.analysis.measures import Measure
from tunescope.figures import front, style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.wording import duration, number, plain, scored

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Training times that span more than this are shown on a logarithmic axis.
_LOG_SPAN = 8.0
NO_LATENCY = "No latency has been measured yet"


def draw(trade_off: TradeOff, dark: bool = False) -> "Figure":
    """Each trial by training time and score; the line joins those that no other beats in both."""
    if not trade_off.points:
        return style.sentence(EMPTY, dark)
    figure = _drawn(trade_off, "Training time (seconds)", duration, dark)
    brush = {"x": {"field": "seconds"}, "y": {"field": trade_off.measure.column}}
    figure.update_layout(meta={"brush": brush})
    return figure


def draw_latency(trade_off: TradeOff, dark: bool = False) -> "Figure":
    """The same with milliseconds in place of training time."""
    if not trade_off.points:
        return style.sentence(NO_LATENCY, dark)
    return _drawn(trade_off, "Latency of one image (milliseconds)", _milliseconds, dark)


def draw_cost(
    trade_off: TradeOff, title: str, said: Callable[[float], str], empty: str, dark: bool = False
) -> "Figure":
    """The same with any cost in place of training time: its axis, how it is said, and what to say of none."""
    return _drawn(trade_off, title, said, dark) if trade_off.points else style.sentence(empty, dark)


def _milliseconds(value: float) -> str:
    return f"{number(value)} ms"


def _drawn(trade_off: TradeOff, title: str, said: Callable[[float], str], dark: bool) -> "Figure":
    points = trade_off.points
    figure = style.blank(dark)
    best = set(trade_off.front)
    front.add_line(
        figure, [(point.seconds, point.score) for point in trade_off.front], "beaten by none", dark
    )
    dots = [
        front.Dot(
            point.seconds, point.score, point.model, point in best, _hover(trade_off.measure, point, said)
        )
        for point in points
    ]
    front.add_dots(figure, dots, dark)
    low, high = points[0].seconds, points[-1].seconds
    log = low > 0 and high > _LOG_SPAN * low
    figure.update_xaxes(title_text=title, type="log" if log else "linear")
    if log:
        figure.update_xaxes(dtick="D2" if high < 100 * low else 1, tickformat="~g")
    elif low == high:
        figure.update_xaxes(rangemode="tozero")  # around one value alone the ticks would read the same
    figure.update_yaxes(style.measure_axis(trade_off.measure, (point.score for point in points)))
    return figure


def _hover(measure: Measure, point: TradeOffPoint, said: Callable[[float], str]) -> str:
    where = f"<b>{plain(point.study)} #{point.number}</b>"
    return f"{where}<br>{plain(point.model)}, {scored(measure, point.score)} in {said(point.seconds)}"


CHART = Chart(
    "trade_off",
    "Scores against training time",
    "Each dot is one finished trial. Those on the dotted line are the best for their training time.",
    ("trials",),
    trade_off,
    draw,
    is_measured=True,
)
LATENCY = Chart(
    "timing_latency",
    "Scores against latency",
    "Each dot is a finished trial whose latency was measured; the dotted line joins the best for theirs.",
    ("trials", "studies", "benchmarks"),
    latency_trade_off,
    draw_latency,
    is_measured=True,
)
