"""What a model takes for what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunescope.analysis.confusion import Confusion
from tunescope.figures import style
from tunescope.figures.wording import count, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "There are no predictions"
# Beyond this many classes, numbers and names no longer fit into the picture.
_MOST_NUMBERS, _MOST_NAMES = 15, 50
_CELL, _FRAME, _TALLEST = 40, 80, 760
# Width of the cells on a phone, over that of a digit of one pixel.
_PHONE = 395
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
    inks = [[style.readable_on(style.blend(least, most, share)) for share in row] for row in confusion.shares]
    # The text of a heatmap has one colour, so there is one for each.
    for ink in sorted({ink for row in inks for ink in row}):
        figure.add_heatmap(
            z=_of_ink(confusion.shares, inks, ink, None),
            text=_of_ink(_numbers(matrix), inks, ink, ""),
            texttemplate="%{text}" if size <= _MOST_NUMBERS else None,
            textfont={"color": ink, "size": _text_size(matrix)},
            customdata=_hover(confusion),
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
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


def _of_ink(cells: Sequence[Sequence[Any]], inks: list[list[str]], ink: str, gap: Any) -> list[list[Any]]:
    """The cells whose text is to have a colour, and gaps for all others, which plotly would label too."""
    rows = zip(cells, inks, strict=True)
    return [[cell if one == ink else gap for cell, one in zip(*row, strict=True)] for row in rows]


def _numbers(matrix: tuple[tuple[int, ...], ...]) -> list[list[str]]:
    return [[str(cell) if cell else "" for cell in row] for row in matrix]


def _text_size(matrix: tuple[tuple[int, ...], ...]) -> int:
    """In pixels, for all counts alike, where plotly would fit each heatmap's own."""
    return max(9, min(13, _PHONE // (len(matrix) * len(str(max(map(max, matrix)))))))


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
