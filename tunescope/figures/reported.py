"""The values that one trial reported on its way."""

import math
from typing import TYPE_CHECKING

from tunescope.analysis.reported import Reported
from tunescope.figures import style

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "This trial reported no finite value on its way"


def draw(reported: Reported, dark: bool = False) -> "Figure":
    """Value by step; there is a gap where it was not finite."""
    values = [value if math.isfinite(value) else None for value in reported.values]
    if not any(value is not None for value in values):
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark, margin_t=12)
    figure.add_scatter(
        x=reported.steps,
        y=values,
        mode="lines+markers" if len(values) < 60 else "lines",
        line={"color": style.theme(dark).accent, "width": 2.2},
        marker={"size": 6},
        hovertemplate="step %{x}: %{y:.4~g}<extra></extra>",
    )
    figure.update_xaxes(title_text="Step")
    figure.update_yaxes(title_text="Reported value")
    return figure
