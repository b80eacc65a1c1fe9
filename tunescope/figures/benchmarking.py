"""Finished models side by side: test accuracies with their intervals, and what use of them costs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tunescope.analysis.benchmarking import COSTS, Measured
from tunescope.figures import style
from tunescope.figures.wording import interval, number, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NOTHING_TESTED = "No model has been tested yet"
NOT_MEASURED = "This was not measured on these models"
# Pixels of a row, and around all of them.
_ROW, _AROUND = 34, 90


def draw_intervals(rows: Sequence[Measured], dark: bool = False) -> "Figure":
    """A dot a model on the axis of test accuracy, and a line over its 95 % interval."""
    if not rows:
        return style.sentence(NOTHING_TESTED, dark)
    figure = _rows(rows, dark)
    for place, row in enumerate(rows):
        colour = style.colour(row.model, dark)
        figure.add_scatter(
            x=[row.test_accuracy],
            y=[place],
            mode="markers",
            marker={"color": colour, "symbol": style.symbol(row.model), "size": 12},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row.high - row.test_accuracy],
                "arrayminus": [row.test_accuracy - row.low],
                "color": style.faded(colour, 0.75),
                "thickness": 2.5,
                "width": 6,
            },
            hovertext=f"<b>{plain(row.run_id)}</b><br>{plain(row.model)}: {percent(row.test_accuracy)} "
            f"({interval(row.low, row.high)})",
            hovertemplate="%{hovertext}<extra></extra>",
        )
    ends = [end for row in rows for end in (row.low, row.high)]
    figure.update_xaxes(style.accuracy_axis("Test accuracy (95% interval)", ends))
    return figure


def draw_costs(rows: Sequence[Measured], name: str, dark: bool = False) -> "Figure":
    """A bar a model for one of ``COSTS``."""
    values = [row.cost(name) for row in rows]
    if not any(value is not None for value in values):
        return style.sentence(NOT_MEASURED if rows else NOTHING_TESTED, dark)
    figure = _rows(rows, dark)
    figure.add_bar(
        x=values,
        y=list(range(len(rows))),
        orientation="h",
        width=0.62,
        marker={"color": [style.colour(row.model, dark) for row in rows]},
        text=["" if value is None else number(float(f"{value:.3g}")) for value in values],
        textposition="outside",
        cliponaxis=False,
        textfont={"color": style.theme(dark).ink},
        hovertext=[f"{plain(row.run_id)}, {plain(row.model)} on {plain(row.machine, 48)}" for row in rows],
        hovertemplate="<b>%{hovertext}</b><br>%{x:.4~g}<extra></extra>",
    )
    highest = max(value for value in values if value is not None)
    figure.update_xaxes(title_text=COSTS[name].title, range=[0, 1.16 * highest or 1], showgrid=True)
    return figure


def _rows(rows: Sequence[Measured], dark: bool) -> "Figure":
    figure = style.blank(dark, height=_AROUND + _ROW * max(2, len(rows)), showlegend=False)
    figure.update_layout(margin={"t": 8})
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[f"{plain(row.run_id, 20)}<br>{plain(row.model, 20)}" for row in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        tickfont={"size": 11},
    )
    return figure
