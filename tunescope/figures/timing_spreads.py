"""Memory that trainings took, and how much of their machine they used."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tunescope.analysis.timing_speed import Spread, Spreads, memory_use, utilisation_use
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import count, memory, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NO_MEMORY = "No training's memory has been measured yet"
NO_SHARE = "Known of deep models, once one has been trained"
_ROW, _FRAME = 52, 110


def draw_memory(spreads: Spreads, dark: bool = False) -> "Figure":
    """A row for each model and machine: the range, the middle half and the median of bytes."""
    if not spreads.rows:
        return style.sentence(NO_MEMORY, dark)
    size, unit = _memory_unit(max(row.quartiles[-1] for row in spreads.rows))
    figure = _rows(spreads, memory, dark, size)
    figure.update_xaxes(title_text=f"Peak of memory ({unit})", rangemode="tozero")
    return figure


def draw_utilisation(spreads: Spreads, dark: bool = False) -> "Figure":
    """A row for each model and machine: shares of the device's peak."""
    if not spreads.rows:
        return style.sentence(NO_SHARE, dark)
    figure = _rows(spreads, percent, dark)
    figure.update_xaxes(style.percent_axis("Share of the device's peak"), rangemode="tozero")
    return figure


def _memory_unit(highest: float) -> tuple[float, str]:
    """What an axis counts in, and its name."""
    return (1e9, "GB") if highest >= 2e9 else (1e6, "MB")


def _rows(spreads: Spreads, said: Callable[[float], str], dark: bool, size: float = 1) -> "Figure":
    figure = style.blank(dark, _FRAME + _ROW * len(spreads.rows), showlegend=False)
    for place, row in enumerate(spreads.rows):
        _add(figure, place, row, said, dark, size)
        _label(figure, place, row, said, len(spreads.machines) > 1, style.theme(dark))
    figure.update_yaxes(visible=False, range=[len(spreads.rows) - 0.5, -0.8])
    return figure


def _add(
    figure: "Figure", place: int, row: Spread, said: Callable[[float], str], dark: bool, size: float
) -> None:
    lowest, lower, median, upper, highest = row.quartiles
    colour = style.colour(row.model, dark)
    text = (
        f"<b>{plain(row.model)}</b>, {count(row.trials, 'trial')}<br>median {said(median)}<br>"
        f"middle half {said(lower)} to {said(upper)}<br>all {said(lowest)} to {said(highest)}"
    )
    hover = {"text": text, "hovertemplate": "%{text}<extra></extra>"}
    for ends, width in (((lowest, highest), 2), ((lower, upper), 9)):
        along = [end / size for end in ends]
        line = {"color": style.faded(colour, 0.55), "width": width}
        figure.add_scatter(x=along, y=[place, place], mode="lines", line=line, **hover)
    marker = {"color": colour, "symbol": style.symbol(row.model), "size": 12}
    marker["line"] = {"color": style.theme(dark).paper, "width": 1.5}
    figure.add_scatter(x=[median / size], y=[place], mode="markers", marker=marker, **hover)


def _label(
    figure: "Figure",
    place: int,
    row: Spread,
    said: Callable[[float], str],
    with_machine: bool,
    look: style.Theme,
) -> None:
    """Above its range; the machine only where there are several, because a phone has little room."""
    where = f" on {plain(row.machine, 40)}" if with_machine else ""
    figure.add_annotation(
        text=f"<b>{plain(row.model)}</b>: {said(row.quartiles[2])}{where}",
        xref="x domain",
        x=0,
        xanchor="left",
        y=place - 0.16,
        yanchor="bottom",
        showarrow=False,
        font={"color": look.ink, "size": 13},
    )


MEMORY = Chart(
    "timing_memory",
    "Memory",
    "Of the GPU where a training ran on one, else of the process: the range, the middle half and the median.",
    ("trials",),
    memory_use,
    draw_memory,
)
UTILISATION = Chart(
    "timing_utilisation",
    "Use of the machine",
    "What trainings computed, over what the same device reaches in one large matrix product.",
    ("trials",),
    utilisation_use,
    draw_utilisation,
)
