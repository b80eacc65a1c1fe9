"""How the scores of each study are spread."""

from typing import TYPE_CHECKING

from tunescope.analysis.distribution import Distribution, distribution
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.wording import count, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ENTRIES, _ENTRY = 3, 20


def draw(distribution: Distribution, dark: bool = False) -> "Figure":
    """A line a study: the share of its trials that score no more than what stands below."""
    lines = distribution.lines
    if not lines:
        return style.sentence(EMPTY, dark)
    # On a phone each entry of the legend has a line of its own, which the plot should not lose.
    figure = style.blank(dark, style.HEIGHT + _ENTRY * max(0, len(lines) - _ENTRIES))
    colours = style.colours([line.strategy for line in lines], dark)
    for line, colour in zip(lines, colours, strict=True):
        figure.add_scatter(
            x=line.scores,
            y=line.shares,
            mode="lines",
            line={"color": colour, "width": 2.2, "shape": "hv"},
            name=f"{plain(line.label)}, {count(line.trials, 'trial')}",
            hovertemplate="%{y:.0%} score %{x} or less<extra></extra>",
        )
    scores = (score for line in lines for score in line.scores)
    figure.update_xaxes(style.measure_axis(distribution.measure, scores))
    figure.update_yaxes(style.percent_axis("Share of the trials"), range=[0, 1.02])
    figure.update_layout(meta={"brush": {"x": {"field": distribution.measure.column}}})
    return figure


CHART = Chart(
    "edf",
    "How scores are spread",
    "Each line says which share of a study's trials scores no more than the value below: a line further "
    "right is a study with more high scores.",
    ("trials",),
    distribution,
    draw,
    is_measured=True,
)
