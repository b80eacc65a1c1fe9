"""The images of a dataset: a grid of them, and one as large as the screen allows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from dash import dcc, html

from dashboard import catalogue, links, reading
from dashboard.catalogue import Prepared
from dashboard.components.basics import (
    attributes,
    button_link,
    card,
    facts,
    icon,
    sentence,
)
from dashboard.components.dataset_bits import (
    MODES,
    PLACES,
    choice,
    kind_text,
    pager,
    split_of,
    text_filter,
    thumb,
)
from dashboard.components.notices import blank, notice
from dashboard.dataset_view import DatasetView, chosen, sliced
from dashboard.wording import count, extent, is_missing, memory, number
from tunescope.datasets.splitting import SPLITS


def images(one: Prepared, view: DatasetView) -> html.Section:
    """A grid of images, of a class or split where asked."""
    part = sliced(_in_grid(one, view), view)
    items = [_tile_image(one, view, row) for row in reading.records(part.rows)]
    grid = html.Ul(items, className="image-grid") if items else blank("No image passes the filters.")
    filters = html.Div(
        [
            choice("label", "Class", view.label, list(one.classes)),
            choice("split", "Split", view.split, list(SPLITS)),
            text_filter("Part of the path", view),
        ],
        className="dataset-filters",
    )
    return card("Images", [filters, grid, pager(view, part)], note=_counted(part.total, one.images))


def _counted(shown: int, images: int) -> str:
    return f"{count(images, 'image')}." if shown == images else f"{count(shown)} of {count(images, 'image')}."


def _in_grid(one: Prepared, view: DatasetView) -> pd.DataFrame:
    """The images that pass the filters: those of all classes mixed, always in the same way."""
    known = catalogue.files(one, PLACES)
    found = chosen(known[known["accepted"]], view)
    return found if view.label else found.sample(frac=1, random_state=0)


def _tile_image(one: Prepared, view: DatasetView, row: Mapping[str, Any]) -> html.Li:
    path = str(row["path"])
    caption = [
        html.Span(str(row["label"]), className="cell-label"),
        html.Span(split_of(row), className="muted"),
    ]
    return html.Li(
        dcc.Link(
            [thumb(one, row, path), html.Span(caption, className="image-caption")],
            href=view.href(image=path, page=view.page),
            className="image-tile",
            title=path,
        )
    )


def large(one: Prepared, view: DatasetView) -> Any:
    """One image as large as the screen allows, with what is known of it."""
    known = catalogue.files(one, PLACES)
    places = np.flatnonzero((known["path"] == view.image).to_numpy())
    close = view.href(page=view.page)
    if not len(places):
        text = f"`{view.image}` is no image of this dataset that could be decoded."
        return notice("warning", "There is no such image", text, button_link("Close", "close", close))
    row = reading.records(known.iloc[places[:1]])[0]
    source = links.thumbnail(one.fingerprint, int(row["row"]), not row["accepted"])
    before, after = _neighbours(one, view)
    bar = html.Div(
        [
            html.H2(view.image, className="path"),
            _step("Previous", "back", view, before),
            _step("Next", "next", view, after),
            dcc.Link(
                [icon("close"), html.Span("Close")],
                href=close,
                className="button button-secondary large-close",
            ),
        ],
        className="large-bar",
    )
    height = one.image_shape[0]
    # Each pixel of a small image is shown as it is; photos are smoothed.
    css = "large-picture pixelated" if height <= 48 else "large-picture"
    body = html.Div(
        [html.Img(src=source, alt=view.image, className=css), html.Div(_facts(one, row))],
        className="large-body",
    )
    return html.Div(
        html.Div([bar, body], className="large-box"),
        className="large",
        role="dialog",
        id="dataset-large",
        tabIndex="-1",
        **attributes(aria_modal="true", aria_label=view.image),
    )


def _step(text: str, symbol: str, view: DatasetView, path: str | None) -> Any:
    if path is None:
        return None
    return button_link(text, symbol, view.href(image=path, page=view.page), "quiet")


def _neighbours(one: Prepared, view: DatasetView) -> tuple[str | None, str | None]:
    """The images before and after, among those that pass the filters."""
    if view.tab != "images":
        return None, None
    paths = _in_grid(one, view)["path"].to_numpy()
    here = np.flatnonzero(paths == view.image)
    if not len(here):
        return None, None
    at = int(here[0])
    return (str(paths[at - 1]) if at else None), (str(paths[at + 1]) if at + 1 < len(paths) else None)


def _facts(one: Prepared, row: Mapping[str, Any]) -> list[Any]:
    more = ["path", "mode", "width", "height", "bytes", "brightness", "contrast", "sharpness", "group"]
    known = catalogue.files(one, more)
    about = reading.records(known[known["path"] == row["path"]])[0]
    pairs = [
        ("Label", str(row["label"])),
        ("Split", split_of(row)),
        ("Size", f"{extent(about['width'], about['height'])} px"),
        ("Mode", MODES.get(str(about["mode"]), str(about["mode"]))),
        ("File", memory(about["bytes"])),
        ("Brightness", number(float(about["brightness"]), 3)),
        ("Contrast", number(float(about["contrast"]), 3)),
        ("Sharpness", number(float(about["sharpness"]), 3)),
    ]
    if not is_missing(about["group"]):
        pairs.append(("Group", str(about["group"])))
    all_found = catalogue.findings(one)
    found = all_found[all_found["file"] == row["path"]]
    lines = [
        html.Li([*sentence(kind_text(one_of)), f": {one_of['action']}"]) for one_of in reading.records(found)
    ]
    return [
        facts(pairs),
        html.Ul(lines, className="found")
        if lines
        else html.P("Nothing was found about it.", className="muted"),
    ]
