"""The small parts that all sides of a dataset's page share: thumbnails, filters, pages."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import dcc, html

from dashboard import catalogue, links, reading
from dashboard.catalogue import Prepared
from dashboard.components.basics import (
    attributes,
    button_link,
    icon,
)
from dashboard.dataset_view import DatasetView, Slice
from dashboard.wording import NOTHING, count, is_missing

PLACES = ["path", "label", "split", "accepted", "row"]
# Pillow's names of modes that say nothing to people.
MODES = {"1": "1-bit", "L": "gray", "P": "palette", "I": "32-bit", "F": "floating-point"}
THUMB = 96


def view_of(one: Prepared) -> DatasetView:
    """The plain view of a dataset."""
    return DatasetView(one.name, one.fingerprint)


def thumb(one: Prepared, row: Mapping[str, Any] | None, alt: str = "") -> Any:
    """The small picture of a file; an icon where it could not be decoded."""
    if row is None or is_missing(row.get("row")):
        return html.Span(icon("missing"), className="thumb thumb-none", title="could not be decoded")
    source = links.thumbnail(one.fingerprint, int(row["row"]), not row["accepted"], THUMB * 2)
    return html.Img(src=source, alt=alt, width=THUMB, height=THUMB, className="thumb")


def strip(one: Prepared, most: int, size: int, css: str = "strip") -> html.Span:
    """Some of the images, evenly picked; ``size`` in pixels."""
    rows = dict.fromkeys(one.images * (2 * index + 1) // (2 * most) for index in range(most))
    pictures = [
        html.Img(
            src=links.thumbnail(one.fingerprint, row, size=2 * size),
            alt="",
            width=size,
            height=size,
            className="thumb",
        )
        for row in rows
    ]
    return html.Span(pictures, className=css, **attributes(aria_hidden="true"))


def split_of(row: Mapping[str, Any]) -> str:
    """The split of a file, or that it was rejected."""
    return "rejected" if not row["accepted"] else NOTHING if is_missing(row["split"]) else str(row["split"])


def places_of(one: Prepared, paths: "pd.Series[str]") -> dict[str, dict[str, Any]]:
    """Where the pictures of some paths are."""
    known = catalogue.files(one, PLACES)
    return {row["path"]: row for row in reading.records(known[known["path"].isin(set(paths.dropna()))])}


def kind_text(row: Mapping[str, Any]) -> str:
    """A finding and its details, with names in backticks."""
    detail = "" if is_missing(row["detail"]) or not row["detail"] else f" ({row['detail']})"
    return f"{row['kind']}{detail}"


def choice(name: str, title: str, value: str, options: Sequence[str]) -> html.Div:
    """A filter that takes one of some options; its id names the field of the view."""
    return html.Div(
        html.Label(
            [
                html.Span(title, className="field-label"),
                dcc.Dropdown(
                    id={"type": "dataset-filter", "name": name},
                    options=[{"label": one, "value": one} for one in options],
                    value=value or None,
                    placeholder="All",
                ),
            ]
        ),
        className="filter",
    )


def text_filter(title: str, view: DatasetView) -> html.Div:
    """A filter that takes a text."""
    entry = dbc.Input(
        id={"type": "dataset-filter", "name": "text"},
        type="search",
        value=view.text,
        debounce=0.5,
        className="field-input",
    )
    return html.Div(html.Label([html.Span(title, className="field-label"), entry]), className="filter")


def pager(view: DatasetView, part: Slice) -> Any:
    """The way to the pages before and after, where there are any."""
    if part.pages == 1:
        return None
    before = button_link("Previous", "back", view.href(page=part.page - 1)) if part.page > 1 else None
    after = button_link("Next", "next", view.href(page=part.page + 1)) if part.page < part.pages else None
    here = html.Span(f"Page {count(part.page)} of {count(part.pages)}", className="muted")
    return html.Nav([before, here, after], className="pager", **attributes(aria_label="Pages"))
