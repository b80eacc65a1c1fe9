"""Images a second against the size of a batch."""

from typing import TYPE_CHECKING

from tunescope.analysis.timing_speed import SpeedLine, Throughput, throughput
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import count, number, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No deep model has been trained yet: shallow ones have no batches"
# A line of its own for each machine and precision of a model.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def draw(found: Throughput, dark: bool = False) -> "Figure":
    """A line a model and machine through the medians; whiskers hold the middle half of the trials."""
    if not found.lines:
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark)
    places = list(dict.fromkeys((line.machine, line.precision) for line in found.lines))
    for line in found.lines:
        _add(figure, line, _DASHES[places.index((line.machine, line.precision)) % len(_DASHES)], dark)
    sizes = sorted({point[0] for line in found.lines for point in line.points})
    figure.update_xaxes(title_text="Images of a step", type="log", tickvals=_few(sizes), tickformat="d")
    figure.update_yaxes(title_text="Images a second", rangemode="tozero")
    return figure


def _few(sizes: list[int]) -> list[int]:
    """Labels that do not run into one another: each at least 1.4 times the one before."""
    kept: list[int] = []
    for size in sizes:
        if not kept or size >= 1.4 * kept[-1]:
            kept.append(size)
    return kept


def _add(figure: "Figure", line: SpeedLine, dash: str, dark: bool) -> None:
    sizes, medians, lower, upper, trials = zip(*line.points, strict=True)
    name = f"{plain(line.model)}, {line.precision} on {plain(line.machine, 40)}"
    figure.add_scatter(
        x=sizes,
        y=medians,
        mode="lines+markers",
        name=name,
        line={"color": style.colour(line.model, dark), "dash": dash, "width": 2},
        marker={"symbol": style.symbol(line.model), "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - middle for high, middle in zip(upper, medians, strict=True)],
            "arrayminus": [middle - low for low, middle in zip(lower, medians, strict=True)],
            "thickness": 1,
            "width": 3,
        },
        text=[
            f"<b>{name}</b><br>{count(size, 'image')}: {number(median)} images a second, "
            f"{count(amount, 'trial')}"
            for size, median, amount in zip(sizes, medians, trials, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
    )


CHART = Chart(
    "timing_throughput",
    "Images a second by batch size",
    "Medians of trainings; whiskers hold the middle half. Where a line is flat, larger batches do not help.",
    ("trials",),
    throughput,
    draw,
)
