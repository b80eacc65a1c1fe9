"""Where the time went."""

from typing import TYPE_CHECKING

from tunescope.analysis.costs import ModelCost, PhaseCosts, phase_costs
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import count, duration, percent, phase_name, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No training has been timed yet"
_ROW, _FRAME, _BAR = 62, 136, 0.4


def draw(costs: PhaseCosts, dark: bool = False) -> "Figure":
    """A bar a model: the shares of the phases of its trainings; beside it the seconds of all of them."""
    if not costs.models:
        return style.sentence(EMPTY, dark)
    height = _FRAME + _ROW * len(costs.models)
    figure = style.blank(dark, height, barmode="stack", legend_traceorder="normal")
    for phase in costs.phases:
        _add(figure, phase, costs.models, dark)
    figure.update_xaxes(style.percent_axis("Share of the training time"), range=[0, 1])
    figure.update_yaxes(visible=False, range=[len(costs.models) - 0.6, -0.8])
    for row, model in enumerate(costs.models):
        _add_label(figure, row, model, style.theme(dark))
    return figure


def _add_label(figure: "Figure", row: int, model: ModelCost, look: style.Theme) -> None:
    """Above its bar, because beside it a phone has no room."""
    figure.add_annotation(
        text=f"<b>{plain(model.model)}</b>, {duration(model.seconds)} in {count(model.trials, 'trial')}",
        x=0,
        xanchor="left",
        y=row - _BAR / 2,
        yanchor="bottom",
        showarrow=False,
        font={"color": look.ink, "size": 13},
    )


def _add(figure: "Figure", phase: str, models: tuple[ModelCost, ...], dark: bool) -> None:
    seconds = [dict(model.phases).get(phase, 0.0) for model in models]
    shares = [
        part / model.seconds if model.seconds else 0.0 for part, model in zip(seconds, models, strict=True)
    ]
    figure.add_bar(
        x=shares,
        y=list(range(len(models))),
        orientation="h",
        width=_BAR,
        name=plain(phase_name(phase)),
        marker={"color": style.colour(phase, dark), "line": {"width": 0}},
        text=[f"{plain(phase_name(phase))}: {duration(part)}" for part in seconds],
        textposition="none",
        customdata=[percent(share) for share in shares],
        hovertemplate="%{text}, %{customdata}<extra></extra>",
    )


CHART = Chart(
    "phase_costs",
    "Where the time went",
    "The phases of all trainings of a model, as shares of its training time.",
    ("timings", "trials"),
    phase_costs,
    draw,
)
