"""What studies of several objectives cover, trial by trial."""

from typing import TYPE_CHECKING, Any

from tunescope.analysis.hypervolume import Hypervolume, HypervolumeLine, hypervolume_course
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.pareto import objective_name
from tunescope.figures.wording import count, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ALIKE = "No trial is better than another in any objective"
# Names of more studies would leave the plot no room on a phone: of those, a few that came furthest have one.
_MOST_NAMED, _FURTHEST = 6, 5
# Each entry of the legend beyond the first ones takes so many pixels there, which the plot should not lose.
_ENTRIES, _ENTRY = 4, 24


def draw(found: Hypervolume, dark: bool = False) -> "Figure":
    """A line a study: the share of the box that its front dominates."""
    if not found.lines:
        return style.sentence(_ALIKE if found.trials else EMPTY, dark)
    named = found.lines[: _MOST_NAMED if len(found.lines) <= _MOST_NAMED else _FURTHEST]
    others = found.lines[len(named) :]
    entries = len(named) + bool(others) + bool(found.left_out)
    figure = style.blank(dark, style.HEIGHT + _ENTRY * max(0, entries - _ENTRIES))
    colours = style.colours([line.strategy for line in named], dark)
    end = max(line.positions[-1] for line in found.lines)
    for line, colour in zip(named, colours, strict=True):
        _add(figure, line, colour, end)
    grey = style.faded(style.theme(dark).quiet, 0.35)
    for place, line in enumerate(others):
        _add(figure, line, grey, end, legendgroup="others", showlegend=not place)
        figure.data[-1].name = count(len(others), "other study")
    if found.left_out:
        name = f"{count(found.left_out, 'study')} that came less far: not shown"
        figure.add_scatter(x=[None], y=[None], mode="lines", line={"width": 0}, name=name, hoverinfo="skip")
    # A line alone needs its name and its share too.
    figure.update_layout(showlegend=True, legend_tracegroupgap=0)
    figure.update_xaxes(style.whole_axis("Finished trials of the study", end), rangemode="tozero")
    figure.update_yaxes(style.percent_axis(_title(found)), rangemode="tozero")
    return figure


def _add(figure: "Figure", line: HypervolumeLine, colour: str, end: int, **legend: Any) -> None:
    """Drawn on to the plot's end, as what was reached stays reached."""
    figure.add_scatter(
        x=[*line.positions, end],
        y=[*line.shares, line.shares[-1]],
        mode="lines",
        line={"color": colour, "width": 2.4, "shape": "hv"},
        name=f"{plain(line.label)} {percent(line.shares[-1])}",
        hovertext=plain(line.label),
        hovertemplate="%{hovertext}: %{y} after %{x} trials<extra></extra>",
        **{"legendgroup": line.study, **legend},
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
