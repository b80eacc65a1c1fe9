"""How sure a model is, against how often it is right."""

from typing import TYPE_CHECKING

from tunescope.analysis.calibration import Calibration
from tunescope.figures import style
from tunescope.figures.wording import count, interval, percent

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT = 380


def draw(calibration: Calibration, dark: bool = False) -> "Figure":
    """A reliability diagram: accuracy by confidence with 95% intervals, and how many images each bin has.

    Dots on the dashed line are right as often as they say; below it, the model is too sure.
    """
    rows = {"row_heights": [0.76, 0.24], "vertical_spacing": 0.05}
    figure = style.blank(dark, _HEIGHT, {"rows": 2, "cols": 1, "shared_xaxes": True, **rows}, margin_t=12)
    look, bins = style.theme(dark), calibration.bins
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": look.quiet, "dash": "dash", "width": 1.3},
        hoverinfo="skip", showlegend=False, row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=[one.confidence for one in bins],
        y=[one.accuracy for one in bins],
        error_y={
            "array": [one.accuracy_high - one.accuracy for one in bins],
            "arrayminus": [one.accuracy - one.accuracy_low for one in bins],
            "thickness": 1.2,
            "width": 3,
            "color": style.faded(look.accent, 0.55),
        },
        mode="lines+markers",
        line={"color": look.accent, "width": 2},
        marker={"size": 8},
        text=_hover(calibration),
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )
    figure.add_bar(
        x=[(one.low + one.high) / 2 for one in bins],
        y=[one.images for one in bins],
        width=[0.92 * (one.high - one.low) for one in bins],
        marker={"color": style.faded(look.accent, 0.5), "line": {"width": 0}},
        text=_hover(calibration),
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )
    figure.update_xaxes(tickformat=".0%", range=[-0.02, 1.02])
    figure.update_xaxes(title_text="Confidence", row=2)
    figure.update_yaxes(title_text="Accuracy", tickformat=".0%", range=[-0.03, 1.05], row=1)
    figure.update_yaxes(title_text="Images", rangemode="tozero", nticks=3, row=2)
    return figure


def _hover(calibration: Calibration) -> list[str]:
    return [
        f"<b>{percent(one.accuracy)} right</b> ({interval(one.accuracy_low, one.accuracy_high)})<br>"
        f"{percent(one.confidence)} sure on average<br>{count(one.images, 'image')}"
        for one in calibration.bins
    ]
