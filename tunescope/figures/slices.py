"""The score of trials over each hyperparameter alone."""

import math
from functools import partial
from typing import TYPE_CHECKING

from tunescope.analysis.parallel import Axis, Parallel, parallel
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.parallel import place
from tunescope.figures.wording import number, plain, scored

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_COLUMNS, _MOST, _ROW = 2, 8, 190
# A label at the end of an axis reaches into the gap, where it meets that of the next one: the gap as a share
# of the plot, the room between an end and its corner, and how wide the plot has to be, in pixels.
_GAP, _INSET, _WIDTH = 0.14, 0.1, 520
# Letters of all labels of an axis but one, and how many labels there are at most.
_LETTERS, _MOST_LABELS = 22, 6


def draw(parallel: Parallel, dark: bool = False) -> "Figure":
    """A plot a hyperparameter; later trials are darker, which shows where a search went."""
    axes = parallel.axes[:_MOST]
    if parallel.model is None or not parallel.numbers:
        return style.sentence(EMPTY, dark)
    if not axes:
        return style.sentence(f"Every trial of {plain(parallel.model)} had the same hyperparameters", dark)
    columns = min(_COLUMNS, len(axes))
    rows = math.ceil(len(axes) / columns)
    figure = style.blank(
        dark,
        60 + _ROW * rows,
        {
            "rows": rows,
            "cols": columns,
            "shared_yaxes": True,
            "horizontal_spacing": _GAP,
            "vertical_spacing": 0.32 / rows if rows > 1 else 0,
        },
        showlegend=False,
        margin_t=12,
    )
    brush = {}
    for index, axis in enumerate(axes):
        _add(figure, parallel, axis, index, columns, dark)
        suffix = "" if index == 0 else str(index + 1)
        brush[f"x{suffix}"] = place(axis)
        brush[f"y{suffix}"] = {"field": parallel.measure.column}
    figure.update_yaxes(style.measure_axis(parallel.measure, parallel.scores), title_text="")
    figure.update_yaxes(title_text=parallel.measure.title, row=1, col=1)
    figure.update_layout(meta={"brush": brush, "min_width": _WIDTH})
    return figure


def _add(figure: "Figure", parallel: Parallel, axis: Axis, index: int, columns: int, dark: bool) -> None:
    known = [at for at, position in enumerate(axis.positions) if position is not None]
    row, column = index // columns + 1, index % columns + 1
    figure.add_scatter(
        x=[axis.positions[at] for at in known],
        y=[parallel.scores[at] for at in known],
        mode="markers",
        marker={
            "size": 6,
            "opacity": 0.75,
            "color": [parallel.numbers[at] for at in known],
            "colorscale": [[0, style.faded(style.theme(dark).accent, 0.25)], [1, style.theme(dark).accent]],
        },
        text=[_said(parallel, axis, at) for at in known],
        hovertemplate="%{text}<extra></extra>",
        row=row,
        col=column,
    )
    ticks = axis.ticks[:: math.ceil(len(axis.ticks) / _MOST_LABELS)]
    letters = _LETTERS // max(2, len(ticks) - 1)
    figure.update_xaxes(
        title_text=plain(axis.name),
        tickvals=[at for at, _ in ticks],
        ticktext=[plain(text, letters) for _, text in ticks],
        tickangle=0,
        range=[-_INSET, 1 + _INSET],
        row=row,
        col=column,
    )


def _said(parallel: Parallel, axis: Axis, at: int) -> str:
    head = f"<b>{plain(parallel.studies[at])} #{parallel.numbers[at]}</b>"
    return f"{head}<br>{plain(number(axis.values[at]))}: {scored(parallel.measure, parallel.scores[at])}"


CHART = Chart(
    "slice",
    "Each hyperparameter alone",
    "Each dot is one trial of the best model, later ones darker: a slope says that the value matters.",
    ("trials",),
    partial(parallel, limit=700),
    draw,
    is_measured=True,
    needs_params=True,
)
