"""Pictures of a set of images: how large, how bright, how coloured they are, and a map of their features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tunescope.figures import style
from tunescope.figures.wording import count, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT, _BINS, _LARGEST_DOT = 260, 32, 26
# More classes than these cannot be told apart by colour.
MOST_COLOURS = 12
OTHERS = "other classes"
_MAP_HEIGHT, _MAP_HUES = (
    560,
    ("blue", "vermillion", "green", "violet", "amber", "sky", "pink", "brown", "olive"),
)


@dataclass(frozen=True)
class Histogram:
    """Shares of some values in bins of equal width: ``edges`` has one more entry than ``shares``."""

    name: str
    edges: tuple[float, ...]
    shares: tuple[float, ...]


def histogram(
    name: str, values: npt.ArrayLike, low: float | None = None, high: float | None = None
) -> Histogram:
    """Count values (NaN left out) in bins from ``low`` to ``high``, or over all that there are."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    if not len(known):
        return Histogram(name, (0.0, 1.0), (0.0,))
    least = float(known.min()) if low is None else low
    most = float(known.max()) if high is None else high
    counts, edges = np.histogram(known, _BINS, (least, max(most, least + 1e-9)))
    return Histogram(name, tuple(map(float, edges)), tuple(map(float, counts / len(known))))


def sizes(
    widths: Sequence[int], heights: Sequence[int], images: Sequence[int], dark: bool = False
) -> "Figure":
    """Width against height in pixels; a dot is as large as there are images of that size."""
    if not images:
        return style.sentence("No image was measured", dark)
    figure = style.blank(dark, _HEIGHT)
    largest = max(images)
    figure.add_scatter(
        x=list(widths),
        y=list(heights),
        mode="markers",
        marker={
            "size": [6 + _LARGEST_DOT * (number / largest) ** 0.5 for number in images],
            "color": style.colour("validation", dark),
            "opacity": 0.55,
            "line": {"color": style.theme(dark).paper, "width": 1},
        },
        customdata=[count(number, "image") for number in images],
        hovertemplate="%{x} by %{y} px: %{customdata}<extra></extra>",
    )
    figure.update_xaxes(title_text="Width (px)", rangemode="tozero")
    figure.update_yaxes(title_text="Height (px)", rangemode="tozero")
    return figure


def histograms(parts: Sequence[Histogram], title: str, dark: bool = False) -> "Figure":
    """One or more histograms as steps over one axis; red, green and blue take their own colour."""
    figure = style.blank(dark, _HEIGHT, showlegend=len(parts) > 1)
    own = {"red": "#d5453b", "green": "#2f9e5b", "blue": "#3b7dd8"}
    for part in parts:
        middles = [(low + high) / 2 for low, high in zip(part.edges, part.edges[1:], strict=False)]
        hue = own.get(part.name, style.colour("validation", dark))
        figure.add_scatter(
            x=middles,
            y=list(part.shares),
            mode="lines",
            name=plain(part.name),
            line={"color": hue, "width": 2, "shape": "hvh"},
            fill="tozeroy",
            fillcolor=style.faded(hue, 0.12),
            hovertemplate="%{x:.3~g}: %{y:.1%}<extra></extra>",
        )
    figure.update_xaxes(title_text=title)
    figure.update_yaxes(style.percent_axis("Share of the images"), rangemode="tozero")
    return figure


def feature_map(
    xy: npt.NDArray[np.float32],
    groups: Sequence[str],
    rows: Sequence[int],
    dark: bool = False,
    hues: Mapping[str, str] | None = None,
) -> "Figure":
    """Images as points, drawn by WebGL.

    Args:
        xy: (k, 2) places.
        groups: (k,) what colours a point; beyond ``MOST_COLOURS`` names the rarest share one colour.
        rows: (k,) handed back by a click as ``customdata``.
        dark: for dark pages.
        hues: colours of groups that have their own, such as splits.
    """
    if not len(xy):
        return style.sentence("No image is on the map", dark)
    figure = style.blank(dark, _MAP_HEIGHT, dragmode="pan", margin={"l": 4, "r": 4, "t": 44, "b": 4})
    names, numbers = np.unique(np.asarray(groups, dtype=str), return_counts=True)
    order = [str(name) for name in names[np.argsort(-numbers, kind="stable")]]
    named = sorted(order[:MOST_COLOURS])
    shown = {name: name if name in named else OTHERS for name in order}
    of_point = np.array([shown[str(group)] for group in groups])
    # The others first, so that they lie below; they take no colour of the palette.
    others = [(OTHERS, -1)] if len(order) > len(named) else []
    for name, index in [*others, *((name, index) for index, name in enumerate(named))]:
        here = np.flatnonzero(of_point == name)
        figure.add_scattergl(
            x=xy[here, 0],
            y=xy[here, 1],
            mode="markers",
            name=plain(name),
            customdata=[int(rows[int(place)]) for place in here],
            marker=_dot(name, index, dark, hues),
            hoverinfo="none",
        )
    # The axes of a projection mean nothing by themselves.
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=1)
    return figure


def _dot(name: str, index: int, dark: bool, hues: Mapping[str, str] | None) -> dict[str, Any]:
    if name == OTHERS:
        return {"color": style.theme(dark).quiet, "size": 5, "opacity": 0.45}
    palette = style.colours([None] * MOST_COLOURS, dark)
    colour = (hues or {}).get(name) or palette[index % len(palette)]
    # Hues come again after nine: then the symbol tells the classes apart.
    symbols = ("circle", "diamond", "square")
    symbol = symbols[index // len(_MAP_HUES) % len(symbols)]
    return {"color": colour, "symbol": symbol, "size": 6, "opacity": 0.8}
