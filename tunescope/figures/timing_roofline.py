"""Trainings under the roofs of their devices."""

from typing import TYPE_CHECKING, Any

from tunescope.analysis.timing_roofline import Roof, Roofline, RooflinePoint, roofline
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.wording import number, percent, plain, quantity

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No training's memory traffic has been measured yet"
_DASHES = ("solid", "dash", "dot", "dashdot")


def draw(found: Roofline, dark: bool = False) -> "Figure":
    """Operations a second against operations a byte, both logarithmic; a line is what a device allows."""
    if not found.points:
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark)
    low = min([point.intensity for point in found.points] + [roof.ridge for roof in found.roofs]) / 2
    high = max([point.intensity for point in found.points] + [roof.ridge for roof in found.roofs]) * 2
    for place, roof in enumerate(found.roofs):
        _add_roof(figure, roof, low, high, _DASHES[place % len(_DASHES)], dark)
    for model in dict.fromkeys(point.model for point in found.points):
        _add(figure, [point for point in found.points if point.model == model], dark)
    heights = [point.reached for point in found.points] + [roof.peak for roof in found.roofs]
    figure.update_xaxes(title_text="Operations a byte", **_scale(low, high))
    figure.update_yaxes(title_text="Operations a second", **_scale(min(heights), max(heights)))
    return figure


def _scale(low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis; between two powers of ten there are twos and fives too, lest nothing be marked."""
    return {"type": "log", "dtick": 1 if high > 100 * low else "D2", "tickformat": "~s"}


def _add_roof(figure: "Figure", roof: Roof, low: float, high: float, dash: str, dark: bool) -> None:
    at = [low, roof.ridge, high]
    name = f"{plain(roof.machine, 40)}, {roof.precision}"
    peak, bandwidth = quantity(roof.peak, "FLOP/s"), quantity(roof.bandwidth, "B/s")
    figure.add_scatter(
        x=at,
        y=[roof.at(one) for one in at],
        mode="lines",
        name=name,
        line={"color": style.theme(dark).ink, "width": 1.5, "dash": dash},
        text=f"<b>{name}</b><br>at most {peak} and {bandwidth}",
        hovertemplate="%{text}<extra></extra>",
    )


def _add(figure: "Figure", points: list[RooflinePoint], dark: bool) -> None:
    model = points[0].model
    figure.add_scatter(
        x=[point.intensity for point in points],
        y=[point.reached for point in points],
        mode="markers",
        name=plain(model),
        marker={
            "color": style.colour(model, dark),
            "symbol": style.symbol(model),
            "size": 8,
            "opacity": 0.6,
            "line": {"color": style.theme(dark).paper, "width": 1},
        },
        text=[_hover(point) for point in points],
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(point: RooflinePoint) -> str:
    return (
        f"<b>{plain(point.study)} #{point.number}</b><br>{quantity(point.reached, 'FLOP/s')} at "
        f"{number(point.intensity)} FLOP a byte<br>{percent(point.share)} of what the roof allows"
    )


CHART = Chart(
    "timing_roofline",
    "Roofline",
    "Left of the bend memory sets the roof, right of it arithmetic. Traffic is counted without caches, so a "
    "training that keeps its data close can stand above the slope.",
    ("trials",),
    roofline,
    draw,
)
