"""How the best trial so far got better, over time and over trials."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunescope.analysis.course import Course, CourseLine, course
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import count, plain, scored

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No trial has finished yet"
# More studies would leave the plot no room, nor find enough colours: of those, a few of the best have both.
_MOST_NAMED, _BEST_NAMED = 9, 5
# On a phone each entry of the legend beyond these takes so many pixels, which the plot should not lose.
_ENTRIES, _ENTRY = 5, 20


@dataclass(frozen=True)
class _Look:
    """Of the line of a study; ``group`` is what it is hidden and named with, None for itself."""

    colour: str
    width: float = 2.5
    opacity: float = 1.0
    group: str | None = None


def draw(course: Course, dark: bool = False) -> "Figure":
    """The best so far of each study over time, and every trial as a dot."""
    longest = max((line.seconds[-1] for line in course.lines), default=0.0)
    divisor, unit = style.time_unit(longest)
    places = [tuple(seconds / divisor for seconds in line.seconds) for line in course.lines]
    return _draw(course, places, {"title.text": f"Time since the first trial ({unit})"}, dark)


def draw_by_trial(course: Course, dark: bool = False) -> "Figure":
    """The same over the trials that had ended in each study, which compares strategies trial by trial."""
    places = [tuple(map(float, line.positions)) for line in course.lines]
    most = max((line.positions[-1] for line in course.lines), default=0)
    return _draw(course, places, style.whole_axis("Trials ended in the study", most), dark)


def _draw(course: Course, places: list[tuple[float, ...]], axis: dict[str, Any], dark: bool) -> "Figure":
    if not course.lines:
        return style.sentence(EMPTY, dark)
    named = _named(course)
    crowded = len(named) < len(course.lines)
    figure = style.blank(dark, style.HEIGHT + _ENTRY * max(0, len(named) + crowded - _ENTRIES))
    figure.update_layout(legend_tracegroupgap=0)
    colours = iter(style.colours([course.lines[index].strategy for index in named], dark))
    looks = [_Look(next(colours)) if index in named else None for index in range(len(course.lines))]
    end = max(where[-1] for where in places)
    rest = _Look(style.theme(dark).quiet, 1.2, 0.35, "others")
    # Those without a name come first, beneath the best.
    for line, where, look in sorted(zip(course.lines, places, looks, strict=True), key=_has_name):
        _add_trials(figure, course, line, where, look or rest)
        _add_best(figure, course, line, where, look or rest, end)
    if crowded:
        _name_the_others(figure, len(course.lines) - len(named), rest)
    figure.update_xaxes(axis, rangemode="tozero")
    scores = (score for line in course.lines for score in line.scores)
    figure.update_yaxes(style.measure_axis(course.measure, scores))
    figure.update_layout(meta={"brush": {"y": {"field": course.measure.column}}})
    return figure


def _named(course: Course) -> list[int]:
    """Indices of the studies with a colour and a name: all, or of very many the best."""
    lines = course.lines
    if len(lines) <= _MOST_NAMED:
        return list(range(len(lines)))
    ranked = sorted(range(len(lines)), key=lambda index: -course.measure.sign * lines[index].best[-1])
    return sorted(ranked[:_BEST_NAMED])


def _has_name(drawn: "tuple[CourseLine, tuple[float, ...], _Look | None]") -> bool:
    return drawn[2] is not None


def _name_the_others(figure: "Figure", others: int, look: _Look) -> None:
    """One entry that stands for all of them, and hides them all."""
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="lines",
        line={"color": look.colour, "width": look.width},
        opacity=look.opacity,
        name=count(others, "other study"),
        legendgroup=look.group,
        hoverinfo="skip",
    )


def _add_trials(
    figure: "Figure", course: Course, line: CourseLine, where: tuple[float, ...], look: _Look
) -> None:
    label = plain(line.label)
    rows = zip(line.numbers, line.models, line.scores, strict=True)
    figure.add_scatter(
        x=where,
        y=line.scores,
        mode="markers",
        marker={"color": look.colour, "size": 7, "opacity": 0.4 * look.opacity},
        text=[
            f"<b>{label} #{number}</b><br>{plain(model)}, {scored(course.measure, score)}"
            for number, model, score in rows
        ],
        hovertemplate="%{text}<extra></extra>",
        legendgroup=look.group or line.study,
        showlegend=False,
    )


def _add_best(
    figure: "Figure", course: Course, line: CourseLine, where: tuple[float, ...], look: _Look, end: float
) -> None:
    """Only the steps, as a line of thousands of points looks no different; drawn on to the plot's end."""
    steps = [0, *(index for index in range(1, len(where)) if line.best[index] != line.best[index - 1])]
    figure.add_scatter(
        x=[*(where[index] for index in steps), end],
        y=[*(line.best[index] for index in steps), line.best[-1]],
        mode="lines",
        line={"color": look.colour, "width": look.width, "shape": "hv"},
        opacity=look.opacity,
        name=f"{plain(line.label)} {scored(course.measure, line.best[-1])}",
        legendgroup=look.group or line.study,
        showlegend=look.group is None,
        hoverinfo="skip",
    )


CHART = Chart(
    "history",
    "Best so far over time",
    "The line is the best score so far of each study; each dot is one trial.",
    ("trials",),
    course,
    draw,
    is_measured=True,
)
BY_TRIAL = Chart(
    "history_by_trial",
    "Best so far by trial",
    "The same, counted in trials: which strategy needs the fewest of them.",
    ("trials",),
    course,
    draw_by_trial,
    is_measured=True,
)
