"""What the workers did when."""

from typing import TYPE_CHECKING

from tunescope.analysis.timeline import Timeline, TimelineRow, timeline
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import count, duration, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No trial has ended yet"
_STATES = ("COMPLETE", "PRUNED", "FAIL", "INTERRUPTED")
_NAMES = {"COMPLETE": "complete", "PRUNED": "stopped early", "FAIL": "failed", "INTERRUPTED": "interrupted"}
_ROW, _FRAME = 34, 96
# Pixels that the names of workers and of the axis take at least.
_WIDTH = 440
# Of a bar, as a share of its row.
_THICKNESS = 0.75


def draw(timeline: Timeline, dark: bool = False) -> "Figure":
    """A row a worker: its trials as bars, or how busy it was where they are too many."""
    if not timeline.rows:
        return style.sentence(EMPTY, dark)
    divisor, unit = style.time_unit(timeline.seconds)
    names = [plain(row.worker, 24) for row in timeline.rows]
    figure = style.blank(dark, max(200, _FRAME + _ROW * len(names)))
    if any(row.bars for row in timeline.rows):
        _add_bars(figure, timeline, divisor, dark)
    else:
        _add_shares(figure, timeline, divisor, dark)
    figure.update_layout(barmode="overlay", meta={"min_width": _WIDTH})
    origin = f" of each {timeline.origin}" if timeline.origin else ""
    figure.update_xaxes(title_text=f"Time since the first trial{origin} ({unit})", rangemode="tozero")
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.5, -0.5], showgrid=False
    )
    return figure


def _add_bars(figure: "Figure", timeline: Timeline, divisor: float, dark: bool) -> None:
    for state in _STATES:
        bars = [
            (place, bar) for place, row in enumerate(timeline.rows) for bar in row.bars if bar.state == state
        ]
        if bars:
            figure.add_bar(
                orientation="h",
                y=[place for place, _ in bars],
                # Else plotly takes what lies between the workers of each state.
                width=_THICKNESS,
                base=[bar.begun / divisor for _, bar in bars],
                x=[bar.seconds / divisor for _, bar in bars],
                name=_NAMES[state],
                marker={
                    "color": style.colour(state, dark),
                    "line": {"color": style.theme(dark).paper, "width": 0.5},
                },
                text=[
                    f"<b>{plain(bar.study)} #{bar.number}</b><br>{duration(bar.seconds)}" for _, bar in bars
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )


def _add_shares(figure: "Figure", timeline: Timeline, divisor: float, dark: bool) -> None:
    slices = len(timeline.rows[0].shares)
    step = timeline.seconds / slices / divisor
    figure.add_heatmap(
        x=[(index + 0.5) * step for index in range(slices)],
        y=list(range(len(timeline.rows))),
        z=[[round(min(1.0, share), 3) for share in row.shares] for row in timeline.rows],
        text=[[_said(row)] * slices for row in timeline.rows],
        zmin=0,
        zmax=1,
        ygap=3,
        colorscale=[
            [0, style.faded(style.colour("COMPLETE", dark), 0.06)],
            [1, style.colour("COMPLETE", dark)],
        ],
        colorbar={"title": {"text": "busy"}, "tickformat": ".0%", "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{text}<br>busy %{z:.0%} of this time<extra></extra>",
    )


def _said(row: TimelineRow) -> str:
    busy = percent(min(1.0, row.busy), 0)
    return f"<b>{plain(row.worker)}</b>, {count(row.trials, 'trial')}, busy {busy} in all"


CHART = Chart(
    "timeline",
    "What the workers did when",
    "Each bar is one trial; gaps are time in which a worker waited.",
    ("trials",),
    timeline,
    draw,
)
