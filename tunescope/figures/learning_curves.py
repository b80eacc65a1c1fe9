"""How trainings went, epoch by epoch."""

from typing import TYPE_CHECKING, Any

from tunescope.analysis.curves import LearningCurve, LearningCurves, learning_curves
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No epoch has ended: only deep models learn in epochs"


def draw(curves: LearningCurves, dark: bool = False) -> "Figure":
    """Validation accuracy of each training by epoch; the best one is bold, a cross ends one stopped early."""
    if not curves.curves:
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark)
    best_of_model = {curve.model: curve for curve in reversed(curves.curves)}
    # The best comes first and is drawn last, on top of the others.
    for rank, curve in reversed(list(enumerate(curves.curves))):
        _add(figure, curve, rank == 0, best_of_model[curve.model] is curve, dark)
    figure.update_xaxes(_epoch_axis(*curves.curves), rangemode="tozero")
    accuracies = (accuracy for curve in curves.curves for accuracy in curve.validation_accuracy)
    figure.update_yaxes(style.accuracy_axis("Validation accuracy", accuracies))
    return figure


def draw_training(curve: LearningCurve, dark: bool = False) -> "Figure":
    """Accuracy and loss of one training on the training and the validation split, by epoch."""
    titles = {"row_heights": [0.5, 0.5], "vertical_spacing": 0.09}
    figure = style.blank(dark, 420, {"rows": 2, "cols": 1, "shared_xaxes": True, **titles})
    for row, measure in enumerate(("accuracy", "loss"), start=1):
        for split in ("train", "validation"):
            figure.add_scatter(
                x=curve.epochs,
                y=getattr(curve, f"{split}_{measure}"),
                mode="lines+markers" if len(curve.epochs) < 30 else "lines",
                line={"color": style.colour(split, dark), "width": 2.5 if split == "validation" else 1.8},
                marker={"size": 5},
                name={"train": "Training", "validation": "Validation"}[split],
                legendgroup=split,
                showlegend=row == 1,
                row=row,
                col=1,
            )
    figure.update_xaxes(_epoch_axis(curve), row=2)
    accuracies = (*curve.train_accuracy, *curve.validation_accuracy)
    figure.update_yaxes(style.accuracy_axis("Accuracy", accuracies), row=1)
    figure.update_yaxes(title_text="Loss", rangemode="tozero", row=2)
    figure.update_layout(hovermode="x unified")
    return figure


def _epoch_axis(*curves: LearningCurve) -> dict[str, Any]:
    return style.whole_axis("Epoch", max(curve.epochs[-1] for curve in curves))


def _add(figure: "Figure", curve: LearningCurve, is_best: bool, in_legend: bool, dark: bool) -> None:
    look = style.theme(dark)
    colour, last = style.colour(curve.model, dark), len(curve.epochs) - 1
    stopped = curve.state in ("PRUNED", "FAIL")
    sizes = [9 if index == last and (stopped or is_best) else 0 for index in range(last + 1)]
    figure.add_scatter(
        x=curve.epochs,
        y=curve.validation_accuracy,
        mode="lines+markers",
        line={"color": colour, "width": 3 if is_best else 1.3},
        marker={"symbol": "x-thin" if stopped else "circle", "size": sizes, "color": colour, "opacity": 1}
        | {"line": {"color": colour if stopped else look.paper, "width": 1.6}},
        opacity=1 if is_best else 0.5,
        name=plain(curve.model),
        legendgroup=curve.model,
        showlegend=in_legend,
        text=[f"<b>{plain(curve.study)} #{curve.number}</b><br>{plain(curve.model)}"] * (last + 1),
        hovertemplate="%{text}<br>epoch %{x}: %{y}<extra></extra>",
    )
    if is_best and curve.best >= 0:
        figure.add_annotation(
            x=curve.epochs[last],
            y=curve.validation_accuracy[last],
            text=f"<b>{percent(curve.validation_accuracy[last])}</b>",
            font={"color": look.ink, "size": 13},
            showarrow=False,
            yshift=16,
        )


CHART = Chart(
    "learning_curves",
    "Learning curves",
    "Validation accuracy of each training after each epoch. The bold line is the best training; a cross "
    "marks one that was stopped early.",
    ("epochs", "trials"),
    learning_curves,
    draw,
)
