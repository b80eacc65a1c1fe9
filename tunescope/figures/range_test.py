"""The loss of a training whose learning rate rises from step to step."""

import math
from typing import TYPE_CHECKING

from tunescope.analysis.range_test import RangeCurve
from tunescope.figures import style

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "The loss exploded at once"
ROOM = 1.25  # above the losses of interest


def draw(curve: RangeCurve, dark: bool = False) -> "Figure":
    """Loss by learning rate, single batches faint, with the proposed bounds marked."""
    if not curve.rates:
        return style.sentence(EMPTY, dark)
    figure, colour = style.blank(dark, showlegend=False), style.colour(curve.model, dark)
    _add(figure, curve, curve.losses, {"color": style.faded(colour, 0.35), "width": 1.2}, "loss of a batch")
    _add(figure, curve, curve.smoothed, {"color": colour, "width": 3}, "smoothed")
    if curve.k0 is not None and curve.k1 is not None:
        _mark(figure, curve.k0, curve.k1, dark)
    figure.update_xaxes(title_text="Learning rate", type="log", exponentformat="power", dtick=1)
    figure.update_yaxes(title_text="Training loss", range=[0, ROOM * curve.highest_of_interest])
    return figure


def _add(
    figure: "Figure", curve: RangeCurve, losses: tuple[float, ...], line: dict[str, object], name: str
) -> None:
    figure.add_scatter(
        x=curve.rates,
        y=losses,
        mode="lines",
        line=line,
        name=name,
        hovertemplate="rate %{x:.2g}: %{y:.3g}<extra>%{fullData.name}</extra>",
    )


def _mark(figure: "Figure", k0: float, k1: float, dark: bool) -> None:
    look = style.theme(dark)
    figure.add_vrect(x0=k0, x1=k1, fillcolor=style.faded(look.accent, 0.08), line_width=0, layer="below")
    for name, rate, side in (("k0", k0, "right"), ("k1", k1, "left")):
        figure.add_vline(x=rate, line={"color": look.accent, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=math.log10(rate),  # annotations, unlike lines, count in powers of ten on such an axis
            y=1,
            yref="paper",
            xanchor=side,
            yanchor="top",
            text=f"<b>{name}</b> {rate:.2g}",
            font={"color": look.ink, "size": 13},
            showarrow=False,
        )
