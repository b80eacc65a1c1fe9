"""How the best accuracy rose, over time and over trials."""

from typing import TYPE_CHECKING

from tunescope.analysis.course import Course, CourseLine, course
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No trial has finished yet"


def draw(course: Course, dark: bool = False) -> "Figure":
    """Best validation accuracy so far of each study over time, and every trial as a dot."""
    longest = max((line.seconds[-1] for line in course.lines), default=0.0)
    divisor, unit = style.time_unit(longest)
    places = [tuple(seconds / divisor for seconds in line.seconds) for line in course.lines]
    return _draw(course, places, f"Time since the first trial ({unit})", dark)


def draw_by_trial(course: Course, dark: bool = False) -> "Figure":
    """The same over the trials that had ended in each study, which compares strategies trial by trial."""
    places = [tuple(map(float, line.positions)) for line in course.lines]
    return _draw(course, places, "Trials ended in the study", dark)


def _draw(course: Course, places: list[tuple[float, ...]], title: str, dark: bool) -> "Figure":
    if not course.lines:
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark)
    colours = style.colours([line.strategy for line in course.lines], dark)
    end = max(places_of_line[-1] for places_of_line in places)
    for line, where, colour in zip(course.lines, places, colours, strict=True):
        _add_trials(figure, line, where, colour)
        _add_best(figure, line, where, colour, end)
    figure.update_xaxes(title_text=title, rangemode="tozero")
    figure.update_yaxes(style.percent_axis("Validation accuracy"))
    return figure


def _add_trials(figure: "Figure", line: CourseLine, where: tuple[float, ...], colour: str) -> None:
    label = plain(line.label)
    rows = zip(line.numbers, line.models, line.accuracies, strict=True)
    figure.add_scatter(
        x=where,
        y=line.accuracies,
        mode="markers",
        marker={"color": colour, "size": 7, "opacity": 0.4},
        text=[
            f"<b>{label} #{number}</b><br>{plain(model)}, {percent(score)}" for number, model, score in rows
        ],
        hovertemplate="%{text}<extra></extra>",
        legendgroup=line.study,
        showlegend=False,
    )


def _add_best(figure: "Figure", line: CourseLine, where: tuple[float, ...], colour: str, end: float) -> None:
    """Only the steps, as a line of thousands of points looks no different; drawn on to the plot's end."""
    steps = [0, *(index for index in range(1, len(where)) if line.best[index] > line.best[index - 1])]
    figure.add_scatter(
        x=[*(where[index] for index in steps), end],
        y=[*(line.best[index] for index in steps), line.best[-1]],
        mode="lines",
        line={"color": colour, "width": 2.5, "shape": "hv"},
        name=f"{plain(line.label)} {percent(line.best[-1])}",
        legendgroup=line.study,
        hoverinfo="skip",
    )


CHART = Chart(
    "history",
    "Best accuracy over time",
    "The line is the best validation accuracy so far of each study; each dot is one trial.",
    ("trials",),
    course,
    draw,
)
BY_TRIAL = Chart(
    "history_by_trial",
    "Best accuracy by trial",
    "The same, counted in trials: which strategy needs the fewest of them.",
    ("trials",),
    course,
    draw_by_trial,
)
