"""What a model takes for what."""

from typing import TYPE_CHECKING

from tunescope.analysis.confusion import Confusion
from tunescope.figures import style
from tunescope.figures.wording import count, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "There are no predictions"
# Beyond this many classes, numbers and names no longer fit into the picture.
_MOST_NUMBERS, _MOST_NAMES = 15, 50
_CELL, _FRAME, _TALLEST = 40, 80, 760
# From one image to all of a class, on light and on dark pages.
_SHADES = (("#d9eaf6", "#0072b2"), ("#1d3a52", "#2f86c1"))


def draw(confusion: Confusion, dark: bool = False) -> "Figure":
    """Images by true class (rows) and predicted class (columns); the shade is the share of the true class."""
    classes, matrix = confusion.classes, confusion.matrix
    if not any(map(any, matrix)):
        return style.sentence(EMPTY, dark)
    look, size = style.theme(dark), len(classes)
    least, most = _SHADES[dark]
    gap = 2 if size <= _MOST_NAMES else 0.5
    figure = style.blank(dark, min(_TALLEST, _FRAME + max(180, _CELL * size)), margin_t=12)
    figure.add_heatmap(
        z=confusion.shares,
        text=[[str(cell) if cell else "" for cell in row] for row in matrix],
        texttemplate="%{text}" if size <= _MOST_NUMBERS else None,
        customdata=_hover(confusion),
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=[[0, style.faded(look.quiet, 0.1)], [1e-9, least], [1, most]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=gap,
        ygap=gap,
    )
    names = [plain(name, 20) for name in classes] if size <= _MOST_NAMES else []
    ticks = {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False, "ticks": ""}
    figure.update_xaxes(title_text="Predicted class", showline=False, **ticks)
    figure.update_yaxes(title_text="True class", autorange="reversed", showline=False, **ticks)
    return figure


def _hover(confusion: Confusion) -> list[list[str]]:
    names = [plain(name) for name in confusion.classes]
    return [
        [
            f"<b>{true}</b> taken for <b>{predicted}</b><br>"
            f"{count(confusion.matrix[row][column], 'image')}, {percent(confusion.shares[row][column])}"
            for column, predicted in enumerate(names)
        ]
        for row, true in enumerate(names)
    ]
