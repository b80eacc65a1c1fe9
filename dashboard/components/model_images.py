"""The validation images behind a model's scores: its mistakes, its doubts, those of a confusion's cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from dash import html

from dashboard import links, predictions
from dashboard.components.basics import attributes, facts, icon, link
from dashboard.components.model_view import PAGE_SIZE, ModelView, go
from dashboard.components.notices import blank, notice
from dashboard.dataset_view import DatasetView
from dashboard.predictions import Validation
from dashboard.wording import count, percent
from tunescope.analysis.mistakes import ORDERS, Places, of_cell
from tunescope.datasets import SPLITS, PackedDataset
from tunescope.errors import SourceError

_TITLES = {"mistakes": "Surest mistakes", "uncertain": "Least certain"}
_THUMB, _TOP = 104, 5
# Each pixel of a small image is shown as it is; photos are smoothed.
_SMALL = 48


@dataclass(frozen=True)
class Pictures:
    """The pictures of the predicted images; ``packed`` is None where ``why`` says that none can be shown."""

    packed: PackedDataset | None
    why: str = ""

    def source(self, row: int, size: int = 0) -> str | None:
        """The address of a picture."""
        return None if self.packed is None else links.thumbnail(self.packed.fingerprint, row, size=size)

    def path(self, row: int) -> str:
        """The path of an image in its source; empty where that is not known."""
        return "" if self.packed is None else self.packed.paths[row]


def pictures(dataset: Mapping[str, Any], of: Validation) -> Pictures:
    """The pictures of a dataset, unless they are gone, or the predictions are of other images."""
    name, rows = dataset["name"], of.found.rows
    try:
        packed = PackedDataset.open(dataset["folder"])
        splits = packed.splits
    except (SourceError, OSError, ValueError):
        return Pictures(
            None, f"The prepared images of `{name}` are gone: prepare the dataset again to see pictures."
        )
    if not 0 <= rows.min() <= rows.max() < len(splits):
        return Pictures(
            None, f"The predictions are of images that `{name}` does not have, so no picture is shown."
        )
    if (splits[rows] != SPLITS.index("validation")).any():
        return Pictures(
            None, "The predictions are not of the validation split alone, so no picture is shown."
        )
    return Pictures(packed)


def images(of: Validation, dataset: Mapping[str, Any], view: ModelView) -> html.Div:
    """The images that a view asks for, a page of them."""
    places = _places(of, view)
    shown, pages = pictures(dataset, of), max(1, -(-len(places) // PAGE_SIZE))
    page = min(view.page, pages)
    part = places[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    items = [_tile(of, shown, view, int(place)) for place in part]
    grid = html.Ul(items, className="image-grid") if items else blank(_nothing(view))
    gone = notice("warning", "No pictures", shown.why) if shown.why else None
    return html.Div([_choice(view), _note(of, view, len(places)), gone, grid, _pager(view, page, pages)])


def large(of: Validation, dataset: Mapping[str, Any], view: ModelView) -> Any:
    """One image as large as the screen allows, with what the model thinks of it; else nothing."""
    if view.image is None:
        return None
    found, close = np.flatnonzero(of.found.rows == view.image), view.to_query(page=view.page)
    if not len(found):
        text = f"Row `{view.image}` is no validation image that this model was asked about."
        return notice(
            "warning", "There is no such image", text, _button("Close", "close", "close", close, "secondary")
        )
    place, shown = int(found[0]), pictures(dataset, of)
    title = shown.path(view.image) or f"Image {view.image}"
    bar = [html.H2(title, className="path"), *_steps(of, view, place), _close(close)]
    body = [_picture(shown, view.image, title), html.Div(_about(of, shown, dataset, place))]
    box = html.Div(
        [html.Div(bar, className="large-bar"), html.Div(body, className="large-body")], className="large-box"
    )
    return html.Div(
        box,
        className="large",
        role="dialog",
        id="dataset-large",
        tabIndex="-1",
        **attributes(aria_modal="true", aria_label=title),
    )


def _places(of: Validation, view: ModelView) -> Places:
    return of_cell(of.found, *view.cell) if view.cell else ORDERS[view.order](of.found)


def _choice(view: ModelView) -> html.Div:
    """The ways to order the images, and the cell that is chosen."""
    buttons = [
        go(
            title,
            "order",
            view.to_query(cell=None, order=key),
            _tab_class(key == view.order and not view.cell),
        )
        for key, title in _TITLES.items()
    ]
    return html.Div(buttons, className="tabs tabs-small model-orders")


def _tab_class(is_current: bool) -> str:
    return "tab-link tab-current" if is_current else "tab-link"


def _note(of: Validation, view: ModelView, total: int) -> html.P:
    """What is shown, in a sentence."""
    whole = count(len(of.found.rows), "validation image")
    if not view.cell:
        order = "the model was surest of them" if view.order == "mistakes" else "it could hardly decide"
        what = f"{total:,} of {whole} are wrong" if view.order == "mistakes" else f"All {whole}"
        return html.P(f"{what}: first those where {order}.", className="card-note model-note")
    if max(view.cell) >= len(of.classes):
        return html.P("There is no such cell.", className="card-note model-note")
    true, predicted = (html.Strong(of.classes[index]) for index in view.cell)
    is_right = view.cell[0] == view.cell[1]
    told: list[Any] = (
        [count(total, "image"), " of ", true, " recognized, the least sure first. "]
        if is_right
        else [count(total, "image"), " of ", true, " taken for ", predicted, ", the surest first. "]
    )
    clear = go([icon("clear"), html.Span("Clear")], "clear", view.to_query(cell=None), "link model-clear")
    return html.P([*told, clear], className="card-note model-note", id="model-cell")


def _nothing(view: ModelView) -> str:
    return "No image is in this cell." if view.cell else "No validation image was mistaken."


def _tile(of: Validation, shown: Pictures, view: ModelView, place: int) -> html.Li:
    row, true, says = int(of.found.rows[place]), of.classes[of.found.labels[place]], _says(of, place)
    caption = [html.Span(true, className="cell-label"), html.Span(_short(of, place), className="muted")]
    body = [_thumb(shown, row), html.Span(caption, className="image-caption")]
    query = view.to_query(image=row, page=view.page)
    return html.Li(go(body, "image", query, "image-tile", title=says))


def _says(of: Validation, place: int) -> str:
    """What the model answered, as a sentence."""
    true, predicted = (of.classes[index[place]] for index in (of.found.labels, of.found.predicted))
    word = "recognized" if true == predicted else f"taken for {predicted}"
    return f"{true}, {word} with a confidence of {percent(of.found.confidences[place], 0)}"


def _short(of: Validation, place: int) -> list[Any]:
    sure, predicted = percent(of.found.confidences[place], 0), of.found.predicted[place]
    if predicted == of.found.labels[place]:
        return [icon("finished"), f" {sure}"]
    return [icon("next"), f" {of.classes[predicted]}, {sure}"]


def _thumb(shown: Pictures, row: int) -> Any:
    source = shown.source(row, _THUMB * 2)
    if source is None:
        return html.Span(icon("missing"), className="thumb thumb-none")
    # The caption beside it says what it is.
    return html.Img(src=source, alt="", width=_THUMB, height=_THUMB, className="thumb")


def _pager(view: ModelView, page: int, pages: int) -> Any:
    if pages == 1:
        return None
    before, after = (
        _button(text, symbol, "page", view.to_query(page=number), "secondary")
        if 1 <= number <= pages
        else None
        for text, symbol, number in (("Previous", "back", page - 1), ("Next", "next", page + 1))
    )
    here = html.Span(f"Page {count(page)} of {count(pages)}", className="muted")
    return html.Nav([before, here, after], className="pager", **attributes(aria_label="Pages of images"))


def _button(text: str, symbol: str, part: str, query: str, kind: str = "quiet") -> html.Button:
    return go([icon(symbol), html.Span(text)], part, query, f"button button-{kind}")


def _close(query: str) -> html.Button:
    css = "button button-secondary large-close"
    return go([icon("close"), html.Span("Close")], "close", query, css)


def _steps(of: Validation, view: ModelView, place: int) -> list[Any]:
    """The way to the images before and after, in the order of the view."""
    places = _places(of, view)
    here = np.flatnonzero(places == place)
    if not len(here):
        return []
    at = int(here[0])
    steps = (("Previous", "back", at - 1), ("Next", "next", at + 1))
    return [
        _button(text, symbol, "step", _step_query(of, view, int(places[to]), to))
        for text, symbol, to in steps
        if 0 <= to < len(places)
    ]


def _step_query(of: Validation, view: ModelView, place: int, at: int) -> str:
    return view.to_query(image=int(of.found.rows[place]), page=at // PAGE_SIZE + 1)


def _picture(shown: Pictures, row: int, title: str) -> Any:
    source = shown.source(row)
    if shown.packed is None or source is None:
        return html.Div([icon("missing"), html.P(shown.why)], className="thumb-none model-missing")
    is_small = shown.packed.image_shape[0] <= _SMALL
    css = "large-picture pixelated" if is_small else "large-picture"
    return html.Img(src=source, alt=title, className=css)


def _about(of: Validation, shown: Pictures, dataset: Mapping[str, Any], place: int) -> list[Any]:
    true, predicted = int(of.found.labels[place]), int(of.found.predicted[place])
    pairs = [("True class", of.classes[true]), ("The model says", of.classes[predicted])]
    path = shown.path(int(of.found.rows[place]))
    view = DatasetView(dataset["name"], dataset["fingerprint"], "images")
    there = link("This image in its dataset", view.href(image=path, page=1)) if path else None
    return [facts(pairs), html.H3("Probabilities", className="model-head"), _ranking(of, place, true), there]


def _ranking(of: Validation, place: int, true: int) -> html.Ol:
    """The likeliest classes, and the true one where it is not among them."""
    given = predictions.probabilities(of, place)
    best = np.argsort(-given, kind="stable")[:_TOP].tolist()
    shown = best if true in best else [*best, true]
    items = [_rank(of.classes[index], float(given[index]), index == true) for index in shown]
    return html.Ol(items, className="model-ranking")


def _rank(name: str, share: float, is_true: bool) -> html.Li:
    label = [icon("finished") if is_true else None, html.Span(name), " (true)" if is_true else ""]
    fill = html.Div(className="share-fill", style={"width": f"{100 * min(1.0, share):.1f}%"})
    bar = html.Div(fill, className="share-bar", **attributes(aria_hidden="true"))
    css = "model-rank model-rank-true" if is_true else "model-rank"
    return html.Li(
        [html.Span(label, className="model-rank-name"), bar, html.Span(percent(share))], className=css
    )
