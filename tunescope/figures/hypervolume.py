"""What studies of several objectives cover, trial by trial."""

from typing import TYPE_CHECKING

from tunescope.analysis.hypervolume import Hypervolume, HypervolumeLine, hypervolume_course
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.pareto import objective_name
from tunescope.figures.wording import count, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ALIKE = "No trial is better than another in any objective"
# On a phone each entry of the legend beyond these takes so many pixels, which the plot should not lose.
_ENTRIES, _ENTRY = 5, 20


def draw(found: Hypervolume, dark: bool = False) -> "Figure":
    """A line a study: the share of the box that its front dominates."""
    if not found.lines:
        return style.sentence(_ALIKE if found.trials else EMPTY, dark)
    entries = len(found.lines) + bool(found.left_out)
    figure = style.blank(dark, style.HEIGHT + _ENTRY * max(0, entries - _ENTRIES))
    colours = style.colours([line.strategy for line in found.lines], dark)
    end = max(line.positions[-1] for line in found.lines)
    for line, colour in zip(found.lines, colours, strict=True):
        _add(figure, line, colour, end)
    if found.left_out:
        name = f"{count(found.left_out, 'study')} that came less far: not shown"
        figure.add_scatter(x=[None], y=[None], mode="lines", line={"width": 0}, name=name, hoverinfo="skip")
    figure.update_layout(showlegend=True)  # a line alone needs its name and its share too
    figure.update_xaxes(style.whole_axis("Finished trials of the study", end), rangemode="tozero")
    figure.update_yaxes(style.percent_axis(_title(found)), rangemode="tozero")
    return figure


def _add(figure: "Figure", line: HypervolumeLine, colour: str, end: int) -> None:
    """Drawn on to the plot's end, as what was reached stays reached."""
    figure.add_scatter(
        x=[*line.positions, end],
        y=[*line.shares, line.shares[-1]],
        mode="lines",
        line={"color": colour, "width": 2.4, "shape": "hv"},
        name=f"{plain(line.label)} {percent(line.shares[-1])}",
        legendgroup=line.study,
        hovertemplate="%{y} after %{x} trials<extra></extra>",
    )


def _title(found: Hypervolume) -> str:
    names = plain(", ".join(objective_name(name) for name in found.objectives), 60)
    return f"Covered of {names}" if found.is_exact else f"Covered of {names} (estimated)"


CHART = Chart(
    "hypervolume",
    "What the studies cover: hypervolume",
    "How much each study's Pareto front dominates of the box between the worst and the best value of each "
    "objective among all trials shown here.",
    ("trials", "studies"),
    hypervolume_course,
    draw,
)
