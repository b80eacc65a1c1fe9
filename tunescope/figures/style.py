"""The look that all figures share: colours, symbols, fonts, axes.

Hues are those of Okabe and Ito (2008, https://jfly.uni-koeln.de/color/) and a few more that stay apart for
colour-blind eyes, each in a shade for light and one for dark pages. Backgrounds are transparent, so that a
figure takes on the page it stands on.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# For `Plotly.newPlot`: no toolbar over the data, no logo, and no resizing by hand.
CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "responsive": True}
HEIGHT = 340

# Shades for light and for dark pages.
_HUES = {
    "blue": ("#0072b2", "#52aee8"),
    "vermillion": ("#d55e00", "#ff8b45"),
    "green": ("#009e73", "#34c99d"),
    "violet": ("#6f4fc9", "#ab95f5"),
    "amber": ("#d99100", "#f2b84b"),
    "sky": ("#3da5dd", "#8fd0f7"),
    "pink": ("#c2649a", "#eb9fcb"),
    "brown": ("#8a5a2b", "#cfa273"),
    "olive": ("#7d8617", "#bcc653"),
    "grey": ("#7b8494", "#98a2b3"),
    "silver": ("#b6bdc9", "#5d6778"),
    "mist": ("#dde1e7", "#343d4a"),
}
# What a name means keeps its hue wherever it appears. Those that a run shows by default stay apart.
_HUE_OF = {
    "grid": "blue",
    "evolutionary": "vermillion",
    "tpe": "green",
    "random": "grey",
    "quasirandom": "sky",
    "nevergrad": "brown",
    "gp": "pink",
    "cmaes": "amber",
    "portfolio": "silver",
    "cnn": "violet",
    "svm": "amber",
    "decision_tree": "brown",
    "gaussian_nb": "pink",
    "random_forest": "green",
    "rnn": "sky",
    "model": "grey",
    "load": "silver",
    "augment": "amber",
    "forward": "sky",
    "backward": "blue",
    "optimizer": "grey",
    "fit": "brown",
    "evaluate": "green",
    "other": "mist",
    "COMPLETE": "green",
    "PRUNED": "amber",
    "FAIL": "vermillion",
    "RUNNING": "blue",
    "WAITING": "grey",
    "train": "grey",
    "validation": "blue",
    "test": "vermillion",
}
_SPARE = ("blue", "vermillion", "green", "violet", "amber", "sky", "pink", "brown", "olive")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "pentagon", "star", "hexagon", "x")
_SYMBOL_OF = {
    "svm": "square",
    "cnn": "circle",
    "decision_tree": "triangle-up",
    "gaussian_nb": "pentagon",
    "random_forest": "diamond",
    "rnn": "cross",
}


@dataclass(frozen=True)
class Theme:
    """Colours that depend on the page: text, quieter text, lines of the grid, the page itself, emphasis."""

    ink: str
    quiet: str
    grid: str
    paper: str
    accent: str


LIGHT = Theme(ink="#1b2230", quiet="#5c6675", grid="#e6e9ee", paper="#ffffff", accent="#0072b2")
DARK = Theme(ink="#e8ebf0", quiet="#9aa4b2", grid="#2b3340", paper="#161b24", accent="#52aee8")


def theme(dark: bool = False) -> Theme:
    """The colours of light or dark pages."""
    return DARK if dark else LIGHT


def colour(name: str | None, dark: bool = False) -> str:
    """The colour (``#rrggbb``) of a strategy, model, phase, split or state: the same wherever it appears.

    An unknown name gets a colour of its own, the same in every process.
    """
    hue = _HUE_OF.get(str(name)) or _SPARE[zlib.crc32(str(name).encode()) % len(_SPARE)]
    return _HUES[hue][dark]


def colours(strategies: Sequence[str | None], dark: bool = False) -> list[str]:
    """Colours of several studies: those of their strategies, or all different where strategies repeat."""
    if len(set(strategies)) == len(strategies) and None not in strategies:
        return [colour(strategy, dark) for strategy in strategies]
    return [_HUES[_SPARE[index % len(_SPARE)]][dark] for index in range(len(strategies))]


def symbol(name: str) -> str:
    """The marker of a model, beside its colour, so that colours need not be told apart."""
    return _SYMBOL_OF.get(name) or _SYMBOLS[zlib.crc32(name.encode()) % len(_SYMBOLS)]


def faded(hex_colour: str, opacity: float) -> str:
    """The same colour, partly transparent."""
    red, green, blue = (int(hex_colour[index : index + 2], 16) for index in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def blank(
    dark: bool = False, height: int = HEIGHT, grid: dict[str, Any] | None = None, **layout: Any
) -> "Figure":
    """A figure without traces in our look.

    Args:
        dark: for dark pages.
        height: in pixels.
        grid: for plotly's ``make_subplots``, where there is to be more than one plot.
        layout: for plotly's ``update_layout``.
    """
    from plotly.subplots import make_subplots

    look = theme(dark)
    figure = make_subplots(**grid or {})
    figure.update_annotations(font={"size": 14, "color": look.ink})
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 12, "r": 20, "t": 36, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": look.quiet},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"color": look.ink},
            "title": {"text": ""},
            "itemsizing": "constant",
        },
        hoverlabel={
            "bgcolor": look.paper,
            "bordercolor": look.grid,
            "font": {"family": FONT, "size": 13, "color": look.ink},
            "align": "left",
        },
        hovermode="closest",
        dragmode=False,
    )
    figure.update_xaxes(**_axis(look), showgrid=False, ticks="outside", tickcolor=look.grid)
    figure.update_xaxes(ticklabeloverflow="allow")
    figure.update_yaxes(**_axis(look))
    figure.update_layout(**layout)
    return figure


def _axis(look: Theme) -> dict[str, Any]:
    return {
        "gridcolor": look.grid,
        "linecolor": look.grid,
        "zeroline": False,
        "automargin": True,
        "title": {"font": {"size": 13, "color": look.quiet}, "standoff": 10},
        "tickfont": {"size": 12, "color": look.quiet},
    }


def sentence(text: str, dark: bool = False, height: int = 200) -> "Figure":
    """A figure that has nothing to show, and says why."""
    figure = blank(dark, height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"size": 15}
    )
    return figure


def percent_axis(title: str) -> dict[str, Any]:
    """An axis of shares, as percentages with no more digits than they need."""
    return {"title.text": title, "tickformat": ",.1~%", "hoverformat": ".1%"}


def time_unit(longest: float) -> tuple[float, str]:
    """Seconds in the unit that suits the longest of some times, and the name of that unit."""
    if longest < 300:
        return 1.0, "seconds"
    return (60.0, "minutes") if longest < 3 * 3600 else (3600.0, "hours")
