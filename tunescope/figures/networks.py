"""Accuracies of networks against their size, their work, or their training time."""

from typing import TYPE_CHECKING

from tunescope.analysis.networks import NETWORK_COSTS, Networks
from tunescope.figures.trade_off import draw_cost
from tunescope.figures.wording import duration, quantity

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No network has been trained to its end yet"


def draw(networks: Networks, dark: bool = False) -> "Figure":
    """A dot a network; the dotted line joins those that no other one beats in both."""
    title = NETWORK_COSTS[networks.by][1]
    figure = draw_cost(networks.trade_off, title, lambda value: said(networks.by, value), EMPTY, dark)
    if networks.by != "seconds" and networks.trade_off.points:
        figure.update_xaxes(tickformat="~s")
    return figure


def said(by: str, value: float | None) -> str:
    """A cost of a network as people write it: ``184 k``, ``41.3 MFLOP``, ``3.2 s``."""
    if by == "seconds":
        return duration(value)
    return quantity(value, "FLOP" if by == "flops_per_image" else "").strip()
