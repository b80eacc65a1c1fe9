"""Several objectives against each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunescope.analysis.pareto import Pareto, ParetoPoint, pareto
from tunescope.figures import front, style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.wording import duration, memory, number, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Costs that span more than this are shown on a logarithmic axis.
_LOG_SPAN = 8.0
_SCORES = ("accuracy", "balanced_accuracy", "macro_f1")
# Title of the axis of an objective that is no share, and what its values are divided by there.
_COSTS = {
    "latency": ("Latency of one image (ms)", 1.0),
    "size": ("Size on disk (MB)", 1e6),
    "training_time": ("Training time (seconds)", 1.0),
    "log_loss": ("Log loss", 1.0),
}


def draw(pareto: Pareto, dark: bool = False) -> "Figure":
    """Each trial by its first two objectives; the line joins those that no other beats in every objective."""
    if not pareto.points:
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark)
    first, second = pareto.objectives[:2]
    best = set(pareto.front)
    if len(pareto.objectives) == 2:
        front.add_line(figure, [_place(pareto, point) for point in pareto.front], "Pareto front", dark)
    dots = [
        front.Dot(*_place(pareto, point), point.model, point in best, _hover(pareto, point))
        for point in pareto.points
    ]
    front.add_dots(figure, dots, dark)
    across = _axis(second, [point.values[1] for point in pareto.points], logarithmic=True)
    figure.update_xaxes(across | {"title.text": across["title.text"] + _undrawn(pareto.objectives[2:])})
    figure.update_yaxes(_axis(first, [point.values[0] for point in pareto.points]))
    return figure


def objective_name(name: str) -> str:
    """An objective as people write it: ``training time``, ``macro F1``."""
    return name.replace("_", " ").replace("f1", "F1")


def value_text(objective: str, value: float) -> str:
    """A value with its unit: ``93.3%``, ``1.8 ms``, ``640 kB``."""
    if objective in _SCORES:
        return percent(value)
    if objective == "latency":
        return f"{number(value)} ms"
    if objective == "size":
        return memory(value)
    return duration(value) if objective == "training_time" else number(value)


def _undrawn(objectives: Sequence[str]) -> str:
    """What decides about the front too, where a plane has no axis left for it."""
    if not objectives:
        return ""
    return f"<br>(the front also weighs {plain(' and '.join(map(objective_name, objectives)))})"


def _place(pareto: Pareto, point: ParetoPoint) -> tuple[float, float]:
    first, second = pareto.objectives[:2]
    return _shown(second, point.values[1]), _shown(first, point.values[0])


def _hover(pareto: Pareto, point: ParetoPoint) -> str:
    pairs = zip(pareto.objectives, point.values, strict=True)
    values = ", ".join(f"{objective_name(name)} {value_text(name, value)}" for name, value in pairs)
    return f"<b>{plain(point.study)} #{point.number}</b><br>{plain(point.model)}<br>{values}"


def _shown(objective: str, value: float) -> float:
    return value / _COSTS.get(objective, ("", 1.0))[1]


def _axis(objective: str, values: list[float], logarithmic: bool = False) -> dict[str, Any]:
    if objective in _SCORES:
        words = objective_name(objective)
        return style.accuracy_axis(f"{words[0].upper()}{words[1:]} on validation images", values)
    title = _COSTS.get(objective, (plain(objective), 1.0))[0]
    low, high = min(values), max(values)
    if not logarithmic or low <= 0 or high <= _LOG_SPAN * low:
        return {"title.text": title}
    ticks = {"dtick": "D2" if high < 100 * low else 1, "tickformat": "~g"}
    return {"title.text": title, "type": "log", **ticks}


CHART = Chart(
    "pareto",
    "What accuracy costs: the Pareto front",
    "Each dot is one finished trial. No other trial beats those on the dotted line in one objective without "
    "being worse in another.",
    ("trials", "studies"),
    pareto,
    draw,
)
