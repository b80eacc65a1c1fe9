"""What a model takes for what: its confusion, its classes, and whether its confidence can be believed."""

from typing import Any

import dash_ag_grid as dag
from dash import html

from dashboard.components.basics import facts, icon
from dashboard.components.charts import picture
from dashboard.components.model_view import ModelView, go
from dashboard.components.notices import blank
from dashboard.predictions import Validation
from dashboard.wording import NOTHING, count, number, percent
from tunescope.analysis import calibration as calibrations
from tunescope.analysis.calibration import Calibration
from tunescope.analysis.confusion import ClassScores, Confusion, confusion

MATRIX, CLASSES = "trial-matrix", "trial-classes"
# In half the width of a page, more names cannot be read.
_MOST_CLASSES = 30
_MIX_UPS = 8
# Less than this is noise in most validation splits.
_WELL = 0.02
_SHARE = {"function": f"params.value == null ? '{NOTHING}' : d3.format('.1%')(params.value)"}
_ROW, _TALLEST, _FEW = 36, 460, 12


def matrix(of: Validation, view: ModelView, dark: bool) -> html.Div:
    """The confusion matrix, with the chosen cell framed, and the pairs that are mixed up most."""
    from tunescope.figures.confusion import draw

    found = confused(of)
    figure = draw(found, dark=dark, marked=view.cell)
    return html.Div(
        [html.Div(picture(figure, "Confusion matrix", id=MATRIX), className="chart"), _mix_ups(found, view)]
    )


def calibration(of: Validation, dark: bool) -> html.Div:
    """The reliability diagram and what it comes to."""
    from tunescope.figures.calibration import draw

    found = of.calibration
    pairs = [
        ("Mean confidence", percent(found.confidence)),
        ("Accuracy", percent(found.accuracy)),
        (f"Expected calibration error, {calibrations.BINS} bins", percent(found.expected_error)),
        ("Largest calibration error", percent(found.largest_error)),
        ("Brier score (0 is perfect, 2 the worst)", number(found.brier, 3)),
    ]
    told = [html.P(verdict(found), className="card-line", id="model-verdict"), facts(pairs)]
    chart = html.Div(picture(draw(found, dark=dark), "Accuracy by confidence"), className="chart")
    return html.Div([chart, html.Div(told)], className="model-calibration")


def classes(of: Validation) -> Any:
    """The scores of each class, to sort and to search, the worst first."""
    found = confused(of)
    rows = class_rows(found)
    height = min(_TALLEST, _ROW * len(rows) + 2 + (_ROW if len(rows) <= _FEW else 2 * _ROW))
    return dag.AgGrid(
        id=CLASSES,
        columnDefs=_columns(is_long=len(rows) > _FEW),
        rowData=rows,
        getRowId="params.data.index",
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True},
        dashGridOptions={
            "theme": {"function": "tunescopeGridTheme(themeQuartz)"},
            "rowHeight": _ROW,
            "headerHeight": _ROW,
            "floatingFiltersHeight": _ROW,
            "animateRows": False,
            "suppressFieldDotNotation": True,
        },
        className="trials-grid model-classes",
        style={"height": f"{height}px"},
    )


def confused(of: Validation) -> Confusion:
    """The confusion of the predictions, its matrix small enough for half a page."""
    return confusion(of.found.labels, of.found.predicted, of.classes, _MOST_CLASSES)


def class_rows(found: Confusion) -> list[dict[str, Any]]:
    """A row a class, the worst F1 first, classes that never occur last."""
    places = {name: index for index, name in enumerate(found.classes)}
    mistaken: dict[str, Any] = {}
    for one in found.mix_ups:
        mistaken.setdefault(one.true, one)
    rows = [_class_row(one, places, mistaken.get(one.name)) for one in found.scores]
    return sorted(rows, key=lambda row: (row["f1"] is None, row["f1"]))


def _class_row(one: ClassScores, places: dict[str, int], mixed: Any) -> dict[str, Any]:
    return {
        "index": str(places[one.name]),
        "name": one.name,
        "images": one.images,
        "recall": one.recall,
        "precision": one.precision,
        "f1": one.f1,
        "taken": f"{mixed.predicted} ({mixed.count})" if mixed else "",
        "cell": f"{places[one.name]}:{places[mixed.predicted]}" if mixed else "",
    }


def _columns(is_long: bool) -> list[dict[str, Any]]:
    name = {"field": "name", "headerName": "Class", "minWidth": 150, "flex": 2, "tooltipField": "name"}
    if is_long:
        name |= {"filter": "agTextColumnFilter", "floatingFilter": True}
    shares = {"recall": "Recall", "precision": "Precision", "f1": "F1"}
    right = {"type": "rightAligned", "width": 110, "minWidth": 76}
    return [
        name,
        {"field": "images", "headerName": "Images", **right},
        *(
            {"field": key, "headerName": title, "valueFormatter": _SHARE, **right}
            for key, title in shares.items()
        ),
        {
            "field": "taken",
            "headerName": "Most often taken for",
            "cellClass": "model-taken",
            "minWidth": 124,
            "flex": 2,
            "tooltipField": "taken",
        },
    ]


def _mix_ups(found: Confusion, view: ModelView) -> Any:
    """The most frequent pairs as buttons: the way to a cell for the keyboard, and for classes not shown."""
    if not found.mix_ups:
        return blank("No image was mistaken.")
    places = {name: index for index, name in enumerate(found.classes)}
    items = [
        html.Li(
            go(
                [html.Span([one.true, icon("next"), one.predicted]), html.Strong(count(one.count))],
                "pair",
                view.to_query(cell=(places[one.true], places[one.predicted])),
                "chip model-pair",
                title=f"{count(one.count, 'image')} of {one.true} taken for {one.predicted}",
            )
        )
        for one in found.mix_ups[:_MIX_UPS]
    ]
    return html.Div(
        [html.H3("Most often mixed up", className="model-head"), html.Ul(items, className="model-pairs")]
    )


def verdict(found: Calibration) -> str:
    """What the gap between confidence and accuracy means, in a sentence."""
    points = f"{100 * abs(found.gap):.1f} points"
    if abs(found.gap) < _WELL:
        return "On average the model is as sure as it is right."
    word = "too sure of itself" if found.gap > 0 else "too unsure of itself"
    return f"The model is {word}: its confidence and its accuracy are {points} apart."
