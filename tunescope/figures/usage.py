"""What a run used of its machine: small, without axes that need room."""

from typing import TYPE_CHECKING

from tunescope.analysis.usage import Used
from tunescope.figures import style

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 64
# What is used fills at least this part of the height, so that a line near zero is seen.
_LEAST = 0.15


def draw(used: Used, dark: bool = False) -> "Figure":
    """One measure over the last minutes, as a filled line up to the highest that was used."""
    colour = style.theme(dark).accent
    known = [value for value in used.values if value == value]
    top = max([*known, _LEAST * (used.most or 0.0), 1e-9])
    scale = 1e-9 if used.unit == "bytes" else 1.0
    figure = style.blank(dark, HEIGHT)
    figure.add_scatter(
        x=[round(minute, 3) for minute in used.minutes],
        y=[float(f"{scale * value:.3g}") if value == value else None for value in used.values],
        mode="lines",
        line={"color": colour, "width": 1.6},
        fill="tozeroy",
        fillcolor=style.faded(colour, 0.14),
        hovertemplate="%{y} GB<extra></extra>" if used.unit == "bytes" else "%{y}%<extra></extra>",
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, range=[0, 1.08 * scale * top])
    figure.update_layout(margin={"l": 0, "r": 0, "t": 2, "b": 0}, showlegend=False, hovermode="x")
    return figure
