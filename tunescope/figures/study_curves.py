"""Strategies over what they spent, with bands over their studies."""

from typing import TYPE_CHECKING

from tunescope.analysis.study_curves import COSTS, StrategyCurve, StudyCurves
from tunescope.figures import style
from tunescope.figures.history import EMPTY
from tunescope.figures.wording import count, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_MOST = 12
NO_COST = {
    "trials": EMPTY,
    "seconds": EMPTY,
    "energy": "No energy was measured: a GPU tells it, a CPU does not",
}


def draw(curves: StudyCurves, dark: bool = False) -> "Figure":
    """The median of the best so far of each strategy as a line, its quartiles as a band."""
    if not curves.curves:
        return style.sentence(NO_COST[curves.cost], dark)
    shown = curves.curves[:_MOST]
    figure = style.blank(dark, 420, legend_tracegroupgap=0)
    colours = style.colours([curve.strategy for curve in shown], dark)
    for curve, colour in zip(shown, colours, strict=True):
        if len(curve.finals) > 1:
            _add_band(figure, curve, colour)
        _add_line(figure, curve, colour)
    figure.update_xaxes(title_text=COSTS[curves.cost], rangemode="tozero")
    scores = (value for curve in shown for value in (*curve.low, *curve.high))
    figure.update_yaxes(style.measure_axis(curves.measure, scores))
    return figure


def _add_band(figure: "Figure", curve: StrategyCurve, colour: str) -> None:
    for values, fill in ((curve.low, None), (curve.high, "tonexty")):
        figure.add_scatter(
            x=curve.spent,
            y=values,
            mode="lines",
            line={"width": 0, "shape": "hv"},
            fill=fill,
            fillcolor=style.faded(colour, 0.16),
            legendgroup=plain(curve.label),
            showlegend=False,
            hoverinfo="skip",
        )


def _add_line(figure: "Figure", curve: StrategyCurve, colour: str) -> None:
    figure.add_scatter(
        x=curve.spent,
        y=curve.median,
        mode="lines",
        line={"color": colour, "width": 2.4, "shape": "hv"},
        name=f"{plain(curve.label)}, {count(len(curve.finals), 'study')}",
        legendgroup=plain(curve.label),
        hovertemplate="%{y} after %{x}<extra></extra>",
    )
