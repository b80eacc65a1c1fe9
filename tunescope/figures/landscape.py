"""Two hyperparameters together, as a map of scores and as trials coloured by rank."""

from typing import TYPE_CHECKING, Any

from tunescope.analysis.landscape import Landscape, landscape
from tunescope.analysis.parallel import Axis
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.parallel import place
from tunescope.figures.wording import count, number, plain, scored

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FEW = "Two hyperparameters must have varied"
_DOTS, _RANKED = 300, 1500
_SCALE = "Viridis"


def draw_contour(landscape: Landscape, dark: bool = False) -> "Figure":
    """Rectangles of the plane by their mean score; where no trial was there is nothing."""
    if landscape.x is None or landscape.y is None:
        return style.sentence(EMPTY if landscape.model is None else FEW, dark)
    figure = _plane(landscape, landscape.x, landscape.y, dark)
    columns, rows = (sorted(set(values)) for values in _centres(landscape))
    cells = {(cell.x, cell.y): cell for cell in landscape.cells}
    grid = [[cells.get((across, up)) for across in columns] for up in rows]
    figure.add_heatmap(
        x=columns,
        y=rows,
        z=[[None if cell is None else round(cell.mean, 5) for cell in row] for row in grid],
        text=[["" if cell is None else _said(landscape, cell) for cell in row] for row in grid],
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        xgap=1,
        ygap=1,
        **_colours(landscape),
    )
    if len(landscape.scores) <= _DOTS:
        _add_dots(figure, landscape, {"size": 5, "color": style.theme(dark).ink, "opacity": 0.55})
    return figure


def draw_rank(landscape: Landscape, dark: bool = False) -> "Figure":
    """Each trial by two hyperparameters, coloured by its rank among all."""
    if landscape.x is None or landscape.y is None:
        return style.sentence(EMPTY if landscape.model is None else FEW, dark)
    figure = _plane(landscape, landscape.x, landscape.y, dark)
    total = max(1, len(landscape.scores) - 1)
    ranks = [round(index / total, 4) for index in range(len(landscape.scores))]
    marker = {
        "size": 8,
        "color": ranks,
        "colorscale": _SCALE,
        "showscale": True,
        "colorbar": {
            "title": {"text": "rank"},
            "tickvals": [0, 1],
            "ticktext": ["worst", "best"],
            "thickness": 12,
            "outlinewidth": 0,
        },
    }
    _add_dots(figure, landscape, marker)
    return figure


def _plane(landscape: Landscape, x: Axis, y: Axis, dark: bool) -> "Figure":
    figure = style.blank(dark, 380, showlegend=False)
    for update, axis in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        update(
            title_text=plain(axis.name),
            tickvals=[at for at, _ in axis.ticks],
            ticktext=[plain(text, 14) for _, text in axis.ticks],
            range=[-0.06, 1.06],
            showgrid=False,
        )
    figure.update_layout(meta={"brush": {"x": place(x), "y": place(y)}})
    return figure


def _centres(landscape: Landscape) -> tuple[list[float], list[float]]:
    return [cell.x for cell in landscape.cells], [cell.y for cell in landscape.cells]


def _colours(landscape: Landscape) -> dict[str, Any]:
    bar: dict[str, Any] = {"title": {"text": "mean"}, "thickness": 12, "outlinewidth": 0}
    if landscape.measure.is_share:
        bar["tickformat"] = ".0%"
    return {"colorscale": _SCALE, "reversescale": not landscape.measure.maximize, "colorbar": bar}


def _said(landscape: Landscape, cell: Any) -> str:
    mean, best = (scored(landscape.measure, value) for value in (cell.mean, cell.best))
    return f"<b>{count(cell.trials, 'trial')}</b><br>mean {mean}, best {best}"


def _add_dots(figure: "Figure", landscape: Landscape, marker: dict[str, Any]) -> None:
    assert landscape.x is not None  # for mypy: a plane has both
    assert landscape.y is not None
    step = max(1, len(landscape.scores) // _RANKED)
    places = range(0, len(landscape.scores), step)
    if isinstance(marker["color"], list):
        marker = {**marker, "color": [marker["color"][index] for index in places]}
    figure.add_scatter(
        x=[landscape.x.positions[index] for index in places],
        y=[landscape.y.positions[index] for index in places],
        mode="markers",
        marker=marker,
        text=[_dot(landscape, index) for index in places],
        hovertemplate="%{text}<extra></extra>",
    )


def _dot(landscape: Landscape, index: int) -> str:
    assert landscape.x is not None  # for mypy: a plane has both
    assert landscape.y is not None
    head = f"<b>{plain(landscape.studies[index])} #{landscape.numbers[index]}</b>, "
    values = [
        f"{plain(axis.name)} {plain(number(axis.values[index]))}" for axis in (landscape.x, landscape.y)
    ]
    return head + scored(landscape.measure, landscape.scores[index]) + "<br>" + "<br>".join(values)


CONTOUR = Chart(
    "contour",
    "The two that matter most, together",
    "Each rectangle is the mean score of the trials in it; where nothing was tried there is nothing.",
    ("trials",),
    landscape,
    draw_contour,
    is_measured=True,
    needs_params=True,
)
RANK = Chart(
    "rank",
    "Ranks over two hyperparameters",
    "Each dot is one trial, coloured from the worst to the best.",
    ("trials",),
    landscape,
    draw_rank,
    is_measured=True,
    needs_params=True,
)
