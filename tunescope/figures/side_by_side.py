"""A few trials beside each other: their courses, confusion matrices and recalls.

A trial is known by its letter, its colour and its symbol, which all follow from its position.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunescope.analysis.side_by_side import Courses
from tunescope.analysis.side_by_side_answers import ClassRecall, Matrices
from tunescope.figures import style
from tunescope.figures.wording import count, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LETTERS = "ABCDEF"
EMPTY = "None of them learnt in epochs or reported a value on its way"
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
# Beyond this many classes the numbers no longer fit into the cells of a small matrix.
_MOST_NUMBERS = 10
_CELL, _FRAME, _LEAST = 26, 100, 240
_ROW, _ROWS_FRAME = 30, 96
# Of the height of a row, over which the trials of a class are spread.
_DODGE = 0.7
# From one image to all of a class, on light and on dark pages.
_SHADES = (("#d9eaf6", "#0072b2"), ("#1d3a52", "#2f86c1"))
# Worse, the same, better.
_DIVERGING = (("#d55e00", "#f1f3f6", "#0072b2"), ("#fb9045", "#232933", "#52aee8"))


def draw_courses(courses: Courses, names: Sequence[str], dark: bool = False) -> "Figure":
    """A line a trial; ``names`` has one name a position."""
    if not courses.courses:
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark)
    colours = trial_colours(len(names), dark)
    for one in courses.courses:
        figure.add_scatter(
            x=one.steps,
            y=one.values,
            mode="lines+markers" if len(one.steps) < 40 else "lines",
            line={"color": colours[one.position], "dash": _DASHES[one.position], "width": 2},
            marker={"symbol": _SYMBOLS[one.position], "size": 7},
            name=_label(one.position, names),
            showlegend=True,
            hovertemplate=f"<b>{_label(one.position, names)}</b><br>{courses.step.lower()} %{{x}}: %{{y}}"
            "<extra></extra>",
        )
    last = max(one.steps[-1] for one in courses.courses)
    figure.update_xaxes(style.whole_axis(courses.step, last))
    values = [value for one in courses.courses for value in one.values]
    axis = style.accuracy_axis(courses.title, values) if courses.is_share else {"title.text": courses.title}
    figure.update_yaxes(axis)
    return figure


def draw_matrix(matrices: Matrices, position: int, classes: Sequence[str], dark: bool = False) -> "Figure":
    """The confusion matrix of one model; the shade is the share of the true class."""
    counts, shares = matrices.counts[position], _shares(matrices, matrices.counts[position])
    least, most = _SHADES[dark]
    colours = [[0, style.faded(style.theme(dark).quiet, 0.1)], [1e-9, least], [1, most]]
    inks = [[style.readable_on(style.blend(least, most, share)) for share in row] for row in shares]
    text = [[str(cell) if cell else "" for cell in row] for row in counts]
    return _matrix(matrices, classes, shares, text, inks, {"colorscale": colours, "zmin": 0, "zmax": 1}, dark)


def draw_change(matrices: Matrices, position: int, classes: Sequence[str], dark: bool = False) -> "Figure":
    """What one model answers otherwise than the first: blue is better, orange worse, the text more or fewer.

    More images are better on the diagonal and worse beside it. The scale is the same for all models.
    """
    worse, same, better = _DIVERGING[dark]
    changes = matrices.changes[position]
    gains = [
        [share if row == column else -share for column, share in enumerate(line)]
        for row, line in enumerate(_shares(matrices, changes))
    ]
    limit = max(abs(share) for one in matrices.changes for line in _shares(matrices, one) for share in line)
    scale = {"colorscale": [[0, worse], [0.5, same], [1, better]], "zmin": -(limit or 1), "zmax": limit or 1}
    inks = [
        [
            style.readable_on(style.blend(same, better if gain > 0 else worse, abs(gain) / (limit or 1)))
            for gain in line
        ]
        for line in gains
    ]
    text = [[f"{cell:+d}".replace("-", "\N{MINUS SIGN}") if cell else "" for cell in row] for row in changes]
    return _matrix(matrices, classes, gains, text, inks, scale, dark)


def draw_recalls(
    recalls: Sequence[ClassRecall],
    classes: Sequence[str],
    names: Sequence[str],
    positions: Sequence[int],
    dark: bool = False,
) -> "Figure":
    """A row a class: the share of its images that each trial recognizes; the line is the spread.

    Args:
        recalls: one recall a trial in each.
        classes: names of all classes.
        names: one name a position.
        positions: of the trials that the recalls are of.
        dark: for dark pages.
    """
    figure = style.blank(dark, _ROWS_FRAME + _ROW * max(2, len(recalls)))
    look, rows = style.theme(dark), list(range(len(recalls)))
    ends = [(min(one.recalls), max(one.recalls), None) for one in recalls]
    figure.add_scatter(
        x=[x for pair in ends for x in pair],
        y=[row for row in rows for _ in range(3)],
        mode="lines",
        line={"color": look.grid, "width": 6},
        hoverinfo="skip",
        showlegend=False,
    )
    colours = trial_colours(len(names), dark)
    for place, position in enumerate(positions):
        figure.add_scatter(
            x=[one.recalls[place] for one in recalls],
            # A little apart, so that equal ones do not hide each other.
            y=[row + _DODGE * ((place + 0.5) / len(positions) - 0.5) for row in rows],
            mode="markers",
            marker={"symbol": _SYMBOLS[position], "color": colours[position], "size": 10}
            | {"line": {"color": look.paper, "width": 1}},
            name=_label(position, names),
            showlegend=True,
            text=[_recall_text(one, place, classes) for one in recalls],
            hovertemplate=f"<b>{_label(position, names)}</b><br>%{{text}}<extra></extra>",
        )
    figure.update_xaxes(style.percent_axis("Recognized images of the class"), range=[-0.03, 1.03])
    labels = [plain(classes[one.label], 20) for one in recalls]
    figure.update_yaxes(tickvals=rows, ticktext=labels, range=[len(rows) - 0.4, -0.6], showgrid=False)
    return figure


def trial_colours(amount: int, dark: bool = False) -> list[str]:
    """Colours (``#rrggbb``) of the trials by position."""
    hues = style.colours([None] * 7, dark)
    # The sixth is a blue too, as the first.
    return [*hues[:5], hues[6]][:amount]


def _label(position: int, names: Sequence[str]) -> str:
    return f"{LETTERS[position]}  {plain(names[position], 24)}"


def _recall_text(one: ClassRecall, place: int, classes: Sequence[str]) -> str:
    share = one.recalls[place]
    hits = f"{round(share * one.images):,} of {count(one.images, 'image')}"
    return f"{plain(classes[one.label])}: {percent(share)}, {hits}"


def _shares(matrices: Matrices, cells: Sequence[Sequence[int]]) -> list[list[float]]:
    """Cells as shares of the images of their true class."""
    pairs = zip(cells, matrices.images, strict=True)
    return [[cell / max(1, images) for cell in row] for row, images in pairs]


def _matrix(
    matrices: Matrices,
    classes: Sequence[str],
    values: list[list[float]],
    text: list[list[str]],
    inks: list[list[str]],
    scale: dict[str, Any],
    dark: bool,
) -> "Figure":
    size = len(matrices.classes)
    figure = style.blank(dark, max(_LEAST, _FRAME + _CELL * size), margin={"l": 4, "r": 4, "t": 8, "b": 4})
    # The text of a heatmap has one colour, so there is one for each.
    for ink in sorted({ink for row in inks for ink in row}):
        figure.add_heatmap(
            z=_of_ink(values, inks, ink, None),
            text=_of_ink(text, inks, ink, ""),
            texttemplate="%{text}" if size <= _MOST_NUMBERS else None,
            textfont={"color": ink, "size": 11},
            hovertemplate="<b>%{y}</b> taken for <b>%{x}</b><br>%{text}<extra></extra>",
            hoverongaps=False,
            showscale=False,
            xgap=1,
            ygap=1,
            **scale,
        )
    names = [plain(classes[label], 12) for label in matrices.classes]
    ticks = {
        "tickvals": list(range(size)),
        "ticktext": names,
        "showgrid": False,
        "ticks": "",
        "showline": False,
    }
    figure.update_xaxes(ticks, tickfont_size=11, tickangle=-90, range=[-0.5, size - 0.5])
    figure.update_yaxes(ticks, tickfont_size=11, range=[size - 0.5, -0.5])
    return figure


def _of_ink(cells: list[list[Any]], inks: list[list[str]], ink: str, gap: Any) -> list[list[Any]]:
    """The cells whose text is to have a colour, and gaps for all others, which plotly would label too."""
    rows = zip(cells, inks, strict=True)
    return [[cell if one == ink else gap for cell, one in zip(*row, strict=True)] for row in rows]
