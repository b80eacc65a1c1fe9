"""A Pareto front among dots: what pictures of one measure against another share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunescope.figures import style
from tunescope.figures.wording import plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class Dot:
    """One trial in the plane.

    Attributes:
        x: where it stands from left to right.
        y: where it stands from bottom to top.
        model: what gives it its colour and shape.
        is_best: whether it is on the front.
        text: what is said of it when one points at it, as HTML.
    """

    x: float
    y: float
    model: str
    is_best: bool
    text: str


def add_line(figure: "Figure", places: Sequence[tuple[float, float]], name: str, dark: bool) -> None:
    """Join the places of the front by steps."""
    figure.add_scatter(
        x=[x for x, _ in places],
        y=[y for _, y in places],
        mode="lines",
        line={"color": style.theme(dark).ink, "width": 1.5, "shape": "hv", "dash": "dot"},
        name=name,
        hoverinfo="skip",
    )


def add_dots(figure: "Figure", dots: Sequence[Dot], dark: bool) -> None:
    """A trace a model, those on the front larger and opaque."""
    for model in dict.fromkeys(dot.model for dot in dots):
        of_it = [dot for dot in dots if dot.model == model]
        figure.add_scatter(
            x=[dot.x for dot in of_it],
            y=[dot.y for dot in of_it],
            mode="markers",
            name=plain(model),
            marker={
                "color": style.colour(model, dark),
                "symbol": style.symbol(model),
                "size": [11 if dot.is_best else 7 for dot in of_it],
                "opacity": [1.0 if dot.is_best else 0.5 for dot in of_it],
                "line": {"color": style.theme(dark).paper, "width": 1},
            },
            text=[dot.text for dot in of_it],
            hovertemplate="%{text}<extra></extra>",
        )
