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
# Letters of names, of few and of many classes.
_LETTERS = (20, 15)
_CELL, _FRAME, _TALLEST = 40, 80, 760
# Pixels that the name of a column needs, and those of the rows.
_COLUMN, _ROW_NAMES = 14, 140
# Width of the cells on a phone, over that of a digit of one pixel.
_PHONE = 395
# From one image to all of a class, on light and on dark pages.
_SHADES = (("#d9eaf6", "#0072b2"), ("#1d3a52", "#2f86c1"))
_BARE = {"showgrid": False, "ticks": "", "showline": False}


def draw(confusion: Confusion, dark: bool = False, marked: tuple[int, int] | None = None) -> "Figure":
    """Images by true class (rows) and predicted class (columns); the shade is the share of the true class.

    Each axis stands for classes by their indices, as text, so that a cell that is clicked tells its pair.

    Args:
        confusion: what to draw.
        dark: for dark pages.
        marked: indices of the true and the predicted class of a cell to frame.
    """
    matrix = confusion.matrix
    if not any(map(any, matrix)):
        return style.sentence(EMPTY, dark)
    size, names = len(matrix), [str(index) for index in confusion.shown]
    gap = 2 if size <= _MOST_NAMES else 0.5
    figure = style.blank(dark, min(_TALLEST, _FRAME + max(180, _CELL * size)), margin_t=12)
    least, most = _SHADES[dark]
    colours = [[0, style.faded(style.theme(dark).quiet, 0.1)], [1e-9, least], [1, most]]
    if size <= _MOST_NAMES:
        figure.update_layout(meta={"min_width": _ROW_NAMES + _COLUMN * size})
    for layer in _layers(confusion, least, most):
        figure.add_heatmap(
            **layer,
            x=names,
            y=names,
            customdata=_hover(confusion),
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorscale=colours,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=gap,
            ygap=gap,
        )
    left_out = "" if size == len(confusion.classes) else f"<br>({_excerpt(confusion)})"
    figure.update_xaxes(title_text=f"Predicted class{left_out}", **_ticks(confusion))
    figure.update_yaxes(title_text="True class", autorange="reversed", **_ticks(confusion))
    if marked and set(marked) <= set(confusion.shown):
        _frame(figure, confusion.shown.index(marked[1]), confusion.shown.index(marked[0]), dark)
    return figure


def _excerpt(confusion: Confusion) -> str:
    return f"the {len(confusion.shown)} most mixed up of {len(confusion.classes):,}"


def _ticks(confusion: Confusion) -> dict[str, Any]:
    shown = confusion.shown if len(confusion.shown) <= _MOST_NAMES else ()
    names = [plain(confusion.classes[index], _LETTERS[len(shown) > _MOST_NUMBERS]) for index in shown]
    return {"type": "category", "tickvals": list(map(str, shown)), "ticktext": names} | _BARE


def _frame(figure: "Figure", column: int, row: int, dark: bool) -> None:
    line = {"color": style.theme(dark).ink, "width": 2.5}
    figure.add_shape(type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5, line=line)


def _layers(confusion: Confusion, least: str, most: str) -> list[dict[str, Any]]:
    """The heatmaps to lay over one another: the text of each has one colour, so there is one for each."""
    shares, matrix = confusion.shares, confusion.matrix
    if len(matrix) > _MOST_NUMBERS:
        return [{"z": shares}]
    inks = [[style.readable_on(style.blend(least, most, share)) for share in row] for row in shares]
    return [
        {
            "z": _of_ink(shares, inks, ink, None),
            "text": _of_ink(_numbers(matrix), inks, ink, ""),
            "texttemplate": "%{text}",
            "textfont": {"color": ink, "size": _text_size(matrix)},
        }
        for ink in sorted({ink for row in inks for ink in row})
    ]


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
    names = [plain(confusion.classes[index]) for index in confusion.shown]
    # Most cells of a large matrix are empty, and what they would say is the largest part of the figure.
    is_brief = len(names) > _MOST_NAMES
    return [
        [
            "No image"
            if is_brief and not cell
            else f"<b>{true}</b> taken for <b>{predicted}</b><br>{count(cell, 'image')}, {percent(share)}"
            for cell, share, predicted in zip(cells, shares, names, strict=True)
        ]
        for cells, shares, true in zip(confusion.matrix, confusion.shares, names, strict=True)
    ]
