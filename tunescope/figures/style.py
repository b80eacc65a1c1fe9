"""The look that all figures share: colours, symbols, fonts, axes.

Hues are those of Okabe and Ito (2008, https://jfly.uni-koeln.de/color/) and a few more that stay apart for
colour-blind eyes, each in a shade for light and one for dark pages. Backgrounds are transparent, so that a
figure takes on the page it stands on.
"""

import math
import re
import textwrap
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunescope.analysis.measures import Measure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# For `Plotly.newPlot`: no toolbar over the data, no logo, and no resizing by hand.
CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "responsive": True}
HEIGHT = 340
# An accuracy axis never spans less: of a few dozen images one alone is two points.
_LEAST_SPAN, _PADDING = 0.05, 0.06
# Whole numbers are labelled at most so often, which a phone has room for.
_MOST_STEPS = 8
# Characters of a line in place of a picture: what a phone has room for.
_SENTENCE = 38
# Pixels of a letter of 13, and of both margins.
_LETTER, _SIDES = 7, 32

# Shades for light and for dark pages.
_HUES = {
    "blue": ("#0072b2", "#52aee8"),
    "vermillion": ("#d55e00", "#fb9045"),
    "green": ("#009e73", "#34c99d"),
    "violet": ("#6f4fc9", "#ab95f5"),
    "amber": ("#d99100", "#ffd270"),
    "sky": ("#3da5dd", "#97dcff"),
    "pink": ("#a7377d", "#fba6d6"),
    "brown": ("#8a5a2b", "#a08c58"),
    "slate": ("#2f3a4d", "#e6ebf4"),
    "olive": ("#7d8617", "#bcc653"),
    "grey": ("#7b8494", "#98a2b3"),
    "silver": ("#b6bdc9", "#667286"),
    "mist": ("#dde1e7", "#343d4a"),
}
# What a name means keeps its hue wherever it appears. Those of one kind stay apart for all eyes.
_HUE_OF = {
    "grid": "blue",
    "evolutionary": "vermillion",
    "tpe": "green",
    "random": "grey",
    "quasirandom": "sky",
    "nevergrad": "brown",
    "gp": "pink",
    "cmaes": "amber",
    "portfolio": "slate",
    "cnn": "violet",
    "svm": "amber",
    "decision_tree": "brown",
    "gaussian_nb": "pink",
    "random_forest": "green",
    "rnn": "sky",
    "model": "grey",
    "prepare": "pink",
    "warm_up": "vermillion",
    "compile": "brown",
    "load": "silver",
    "augment": "amber",
    "forward": "sky",
    "backward": "blue",
    "optimizer": "grey",
    "fit": "brown",
    "evaluate": "green",
    "rungs": "violet",
    "checkpoint": "olive",
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
_SPARE = ("blue", "vermillion", "green", "slate", "amber", "sky", "pink", "brown", "olive")
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
    red, green, blue = _parts(hex_colour)
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
            # From the margin on, though hardly: plotly then lets it use the margin's width too, which on a
            # phone makes two columns of one.
            "x": -1e-6,
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
        text="<br>".join(textwrap.wrap(text, _SENTENCE)),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 15},
    )
    return figure


def least_width(lines: Iterable[str]) -> int:
    """Pixels that the longest of some lines within a plot takes, for ``meta.min_width``."""
    return _LETTER * max(len(re.sub("<[^>]+>", "", line)) for line in lines) + _SIDES


def percent_axis(title: str) -> dict[str, Any]:
    """An axis of shares, as percentages with no more digits than they need."""
    return {"title.text": title, "tickformat": ",.1~%", "hoverformat": ".1%"}


def accuracy_axis(title: str, values: Iterable[float]) -> dict[str, Any]:
    """An axis of accuracies that zooms to those shown, and goes no further than 0 and 100 %.

    Args:
        title: of the axis.
        values: every accuracy on it; NaN where none was measured.
    """
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    span = max(high - low, _LEAST_SPAN)
    low = min(max(0.0, (low + high - span) / 2), 1.0 - span)
    # So that a dot at either end is whole; less than a tick, so no label stands beyond 100 %.
    padding = _PADDING * span
    return {**percent_axis(title), "range": [low - padding, low + span + padding]}


def measure_axis(measure: Measure, values: Iterable[float]) -> dict[str, Any]:
    """An axis of a measure: percentages where it is a share, else as plotly finds best."""
    return accuracy_axis(measure.title, values) if measure.is_share else {"title.text": measure.title}


def whole_axis(title: str, last: int) -> dict[str, Any]:
    """An axis that counts from 0 to ``last``, with a tick at whole numbers only, however far it is zoomed."""
    rough = max(1.0, last / _MOST_STEPS)
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return {"title.text": title, "tick0": 0, "dtick": step, "tickformat": ",d"}


def readable_on(rgb: Sequence[float]) -> str:
    """Black or white, whichever stands out more from a colour (three parts, 0 to 255).

    By the contrast of WCAG 2.2, which is at least 4.58:1 for the better of both.
    """
    parts = [part / 255 for part in rgb]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


def blend(start: str, end: str, share: float) -> tuple[float, ...]:
    """The colour (three parts, 0 to 255) at a share of the way from one colour to another."""
    pairs = zip(_parts(start), _parts(end), strict=True)
    return tuple(low + share * (high - low) for low, high in pairs)


def _parts(hex_colour: str) -> tuple[int, ...]:
    return tuple(int(hex_colour[index : index + 2], 16) for index in (1, 3, 5))


def time_unit(longest: float) -> tuple[float, str]:
    """Seconds in the unit that suits the longest of some times, and the name of that unit."""
    if longest < 300:
        return 1.0, "seconds"
    return (60.0, "minutes") if longest < 3 * 3600 else (3600.0, "hours")
