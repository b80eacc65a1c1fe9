"""A training step, phase by phase."""

from typing import TYPE_CHECKING

from tunescope.analysis.timing_speed import StepCost, StepCosts, step_costs
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import count, number, percent, phase_name, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No deep model has been timed yet: shallow ones have no steps"
_ROW, _FRAME, _BAR = 62, 140, 0.4


def draw(costs: StepCosts, dark: bool = False) -> "Figure":
    """A bar for each model, batch size and machine: milliseconds of a step, stacked by phase."""
    if not costs.steps:
        return style.sentence(EMPTY, dark)
    height = _FRAME + _ROW * len(costs.steps)
    figure = style.blank(dark, height, barmode="stack", legend_traceorder="normal")
    for phase in costs.phases:
        _add(figure, phase, costs.steps, dark)
    figure.update_xaxes(title_text="Milliseconds of a step", rangemode="tozero")
    figure.update_yaxes(visible=False, range=[len(costs.steps) - 0.6, -0.8])
    # A phone has no room for what is the same everywhere.
    is_told = len({step.machine for step in costs.steps}) > 1
    labels = [_label(step, is_told) for step in costs.steps]
    figure.update_layout(meta={"min_width": style.least_width(labels)})
    for row, label in enumerate(labels):
        figure.add_annotation(
            text=label,
            x=0,
            xanchor="left",
            y=row - _BAR / 2,
            yanchor="bottom",
            showarrow=False,
            font={"color": style.theme(dark).ink, "size": 13},
        )
    return figure


def _label(step: StepCost, with_machine: bool) -> str:
    text = f"<b>{plain(step.model)}</b>, {count(step.batch, 'image')}, {step.precision}: "
    where = f" on {plain(step.machine, 40)}" if with_machine else ""
    return f"{text}{number(step.milliseconds)} ms{where}"


def _add(figure: "Figure", phase: str, steps: tuple[StepCost, ...], dark: bool) -> None:
    parts = [dict(step.phases).get(phase, 0.0) for step in steps]
    pairs = zip(parts, steps, strict=True)
    figure.add_bar(
        x=parts,
        y=list(range(len(steps))),
        orientation="h",
        width=_BAR,
        name=plain(phase_name(phase)),
        marker={"color": style.colour(phase, dark), "line": {"width": 0}},
        text=[
            f"{plain(phase_name(phase))}: {number(part)} ms, {percent(part / step.milliseconds)}<br>"
            f"median of {count(step.trials, 'trial')}"
            for part, step in pairs
        ],
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
    )


CHART = Chart(
    "timing_step",
    "A training step, phase by phase",
    "Medians over the trials of a model with one batch size on one machine, warm-up apart.",
    ("timings", "trials"),
    step_costs,
    draw,
)
