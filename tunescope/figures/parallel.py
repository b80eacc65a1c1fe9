"""Hyperparameters of one model side by side.

Drawn from plain lines: plotly's own parallel coordinates need WebGL, which does not print, and cannot show a
hyperparameter that a trial did not have.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tunescope.analysis.parallel import Axis, Parallel, parallel
from tunescope.analysis.scales import is_number
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.wording import number, plain, scored

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Shares of the trials, from the best: name, width of the line, opacity.
_TIERS = (("best tenth", 0.1, 2.6, 0.95), ("best third", 1 / 3, 1.6, 0.6), ("others", 1.0, 1.0, 0.3))
_ABSENT = -0.13
# Pixels that an axis and its labels need.
_AXIS = 110
_MOST_AXES = 8
# From so many axes on, names stand aslant, and only the ends of an axis are labelled.
_MANY_AXES = 6
_LONGEST = 16


def draw(parallel: Parallel, dark: bool = False) -> "Figure":
    """A line a trial across an axis for each hyperparameter, and last its score; the best stand out."""
    if parallel.model is None or not parallel.numbers:
        return style.sentence(EMPTY, dark)
    if not parallel.axes:
        return style.sentence(f"Every trial of {plain(parallel.model)} had the same hyperparameters", dark)
    # More axes than these cannot be read, and each costs a dozen labels.
    varied = len(parallel.axes)
    parallel = replace(parallel, axes=parallel.axes[:_MOST_AXES])
    figure = style.blank(dark, 400)
    # The trials come from the worst to the best, so the best are drawn on top.
    for tier in reversed(range(len(_TIERS))):
        _add_tier(figure, parallel, tier, dark)
    _add_axes(figure, parallel, style.theme(dark))
    names = [_short(axis.name) for axis in parallel.axes]
    figure.update_xaxes(
        tickvals=list(range(len(names) + 1)),
        ticktext=[*names, f"<b>{plain(parallel.measure.noun, 16)}</b>"],
        tickfont={"color": style.theme(dark).ink, "size": 13},
        range=[-0.45, len(names) + 0.5],
        side="top",
        tickangle=-25 if len(names) > _MANY_AXES else 0,
        ticks="",
        showline=False,
    )
    figure.update_yaxes(visible=False, range=[-0.2, 1.06])
    # Pages let a reader scroll rather than make the plot narrower than this.
    figure.update_layout(meta={"min_width": _AXIS * (len(names) + 1), "places": _places(parallel)})
    figure.update_layout(margin_t=44, legend={"y": -0.02, "yanchor": "top"})
    if varied > _MOST_AXES:
        _say(figure, f"{_MOST_AXES} of {varied} hyperparameters")
    return figure


def _places(parallel: Parallel) -> list[dict[str, Any]]:
    """What a height on each axis stands for, so that a box drawn over it can narrow the trials."""
    ends = {"low": parallel.scores[0], "high": parallel.scores[-1], "log": False}
    return [*(place(axis) for axis in parallel.axes), {"field": parallel.measure.column, **ends}]


def place(axis: Axis) -> dict[str, Any]:
    """What positions on an axis stand for."""
    known = {
        place: value for place, value in zip(axis.positions, axis.values, strict=True) if place is not None
    }
    if not all(is_number(value) for value in known.values()):
        return {
            "field": f"param:{axis.key}",
            "values": [[place, str(value)] for place, value in known.items()],
        }
    low, high = known[min(known)], known[max(known)]
    return {"field": f"param:{axis.key}", "low": low, "high": high, "log": axis.is_log}


def _say(figure: "Figure", text: str) -> None:
    """What is not shown, below the axes at the right."""
    where: dict[str, Any] = {"xref": "paper", "x": 1, "xanchor": "right", "yref": "paper", "y": -0.02}
    figure.add_annotation(text=text, showarrow=False, yanchor="top", font={"size": 12}, **where)


def _short(name: str) -> str:
    """A long name by its end, which tells more than what many names begin with."""
    return plain(name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}")


def _tier(rank: int, count: int) -> int:
    """Of the trial that is the ``rank``-th best, from 0."""
    return next(tier for tier, (_, share, _, _) in enumerate(_TIERS) if rank < max(1, share * count))


def _add_tier(figure: "Figure", parallel: Parallel, tier: int, dark: bool) -> None:
    count = len(parallel.numbers)
    name, _, width, opacity = _TIERS[tier]
    members = [index for index in range(count) if _tier(count - 1 - index, count) == tier]
    heights, texts = _heights(parallel), _texts(parallel)
    colour = style.colour(parallel.model, dark) if tier < 2 else style.theme(dark).quiet
    # One trace a tier: a gap ends the line of each trial.
    figure.add_scatter(
        x=[place for _ in members for place in (*range(len(parallel.axes) + 1), None)],
        y=[height for index in members for height in (*heights[index], None)],
        text=[text for index in members for text in (*texts[index], "")],
        mode="lines+markers",
        line={"color": colour, "width": width, "shape": "spline", "smoothing": 0.4},
        marker={"size": 2 * width + 1, "color": colour},
        opacity=opacity,
        name=name,
        hovertemplate="%{text}<extra></extra>",
    )


def _heights(parallel: Parallel) -> list[list[float]]:
    low, high = parallel.scores[0], parallel.scores[-1]
    span = high - low or 1.0
    columns = [[_ABSENT if place is None else place for place in axis.positions] for axis in parallel.axes]
    columns.append([(score - low) / span for score in parallel.scores])
    return [list(row) for row in zip(*columns, strict=True)]


def _texts(parallel: Parallel) -> list[list[str]]:
    texts = []
    for index, (study, trial) in enumerate(zip(parallel.studies, parallel.numbers, strict=True)):
        head = f"<b>{plain(study)} #{trial}</b>, {scored(parallel.measure, parallel.scores[index])}<br>"
        values = [f"{plain(axis.name)}: {plain(number(axis.values[index]))}" for axis in parallel.axes]
        texts.append([*(head + value for value in values), head.removesuffix("<br>")])
    return texts


def _add_axes(figure: "Figure", parallel: Parallel, look: style.Theme) -> None:
    low, high = parallel.scores[0], parallel.scores[-1]
    ends = {0.0: scored(parallel.measure, low)}
    score_ticks = {**ends, 1.0: scored(parallel.measure, high)} if high != low else ends
    ticks = [*(dict(axis.ticks) for axis in parallel.axes), score_ticks]
    absent = [None in axis.positions for axis in parallel.axes]
    for place, labels in enumerate(ticks):
        if len(ticks) > _MANY_AXES:
            labels = {height: label for height, label in labels.items() if height in (0.0, 1.0)}
        figure.add_shape(type="line", x0=place, x1=place, y0=0, y1=1, line={"color": look.quiet, "width": 1})
        if place < len(absent) and absent[place]:
            labels = {_ABSENT: "none", **labels}
        for height, label in labels.items():
            _add_label(figure, place, height, plain(label, 14), look)


def _add_label(figure: "Figure", place: int, height: float, text: str, look: style.Theme) -> None:
    figure.add_annotation(
        x=place,
        y=height,
        text=text,
        showarrow=False,
        xanchor="left",
        xshift=5,
        font={"size": 11, "color": look.ink},
        bgcolor=style.faded(look.paper, 0.75),
        borderpad=1,
    )


CHART = Chart(
    "parallel",
    "Hyperparameters of the best model",
    "Each line is one trial: follow the strong lines to see which values lead to a good score.",
    ("trials",),
    parallel,
    draw,
    is_measured=True,
    needs_params=True,
)
