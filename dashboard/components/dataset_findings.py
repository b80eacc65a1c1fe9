"""What was found about the files of a dataset, and its duplicates side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard import catalogue, reading
from dashboard.catalogue import Prepared
from dashboard.components.basics import (
    card,
    sentence,
)
from dashboard.components.dataset_bits import (
    choice,
    kind_text,
    pager,
    places_of,
    split_of,
    text_filter,
    thumb,
)
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.dataset_view import DatasetView, sliced
from dashboard.wording import count, is_missing

_FINDING_COLUMNS = (Column("Image"), Column("File"), Column("Finding"), Column("Action"))
# What a kind of finding means, in words; what a policy decides about stands in the parameters.
MEANINGS = {
    "hidden file": "Left behind by an operating system or a program: never an image of yours.",
    "no class folder": "Lies in no folder, so nothing says what it shows.",
    "empty file": "Has no bytes.",
    "not an image": "Its content is no picture, whatever its name says.",
    "unreadable": "Cannot be read or decoded.",
    "truncated": "Ends too early, as a download that broke off.",
    "too large": "Has more bytes than an image may have.",
    "decompression bomb": "Unpacks to more pixels than any camera makes.",
    "too small": "A side is shorter than the smallest allowed.",
    "turned": "A camera noted that it was held sideways: the picture was put upright.",
    "transparent": "See-through parts, which were laid on white.",
    "deep colour": "More than 8 bits a colour, which were scaled.",
    "other colours": "CMYK, LAB or the like, which were turned into RGB.",
    "palette": "Colours from a palette, which were looked up.",
    "black and white": "One bit a pixel, which became 0 and 255.",
    "animated": "Several frames, of which the first was taken.",
    "exact duplicate": "The same content as another file of its class.",
    "near duplicate": "Hardly to be told from another image of its class.",
    "two labels": "The same image in two classes: one of the labels is wrong.",
    "leakage": "Nearly the same image in two splits, which would make scores too good.",
    "label case": "Classes whose names differ only by capital letters.",
    "blurred": "Less sharp than the limit.",
    "dark": "Darker than the limit.",
    "odd aspect": "Much longer than wide, or wider than long.",
    "class without usable images": "Nothing of this class was left, so it was dropped.",
    "link or special file": "Not followed, because it may lead anywhere.",
    "corrected label": "Got another label from the corrections.",
    "removed by hand": "Taken out by the corrections.",
}


def findings(one: Prepared, view: DatasetView) -> html.Div:
    """Kinds of findings with what was done, and the files they are about."""
    found = catalogue.findings(one)
    kinds = Counter(zip(found["kind"], found["action"], strict=True))
    if found.empty:
        return html.Div(card("Findings", blank("Nothing was found: every file is a sound image of its own.")))
    narrowed = found[found["kind"] == view.kind] if view.kind else found
    narrowed = (
        narrowed[narrowed["file"].astype(str).str.casefold().str.contains(view.text.casefold(), regex=False)]
        if view.text
        else narrowed
    )
    part = sliced(narrowed, view)
    places = places_of(one, part.rows["file"])
    rows = [_finding(one, view, row, places) for row in reading.records(part.rows)]
    listed = (
        table("Findings", _FINDING_COLUMNS, rows, "table-findings")
        if rows
        else blank("Nothing passes the filters.")
    )
    filters = html.Div(
        [
            choice("kind", "Finding", view.kind, sorted(set(found["kind"]))),
            text_filter("Part of the path", view),
        ],
        className="dataset-filters",
    )
    note = f"{count(part.total)} of {count(len(found), 'finding')}."
    return html.Div(
        [
            card(
                "What was found",
                _kinds(view, kinds),
                note="A file may have several findings; a rejected one says why.",
            ),
            card("Files", [filters, listed, pager(view, part)], note=note),
        ]
    )


def _kinds(view: DatasetView, kinds: Counter[tuple[str, str]]) -> html.Ul:
    items = [html.Li(_kind(view, *kind, amount)) for kind, amount in kinds.most_common()]
    return html.Ul(items, className="kinds")


def _kind(view: DatasetView, kind: str, action: str, amount: int) -> dcc.Link:
    is_chosen = kind == view.kind
    return dcc.Link(
        [
            html.Span(count(amount), className="kind-count"),
            html.Span([html.Strong(kind), _action(action)], className="kind-name"),
            html.Span(MEANINGS.get(kind, ""), className="kind-meaning"),
        ],
        href=view.href(kind="" if is_chosen else kind),
        className="kind kind-current" if is_chosen else "kind",
    )


def _finding(
    one: Prepared, view: DatasetView, row: Mapping[str, Any], places: Mapping[str, Any]
) -> list[Any]:
    path = str(row["file"])
    place = places.get(path)
    small = thumb(one, place)
    other = "" if is_missing(row["other"]) else str(row["other"])
    name = html.Span(path, className="path")
    return [
        dcc.Link(small, href=view.href(image=path, page=view.page), className="thumb-link", title=path)
        if place
        else small,
        html.Div(
            [name, html.Span(f"like {other}", className="muted path") if other else None],
            className="file-names",
        ),
        html.Span(sentence(kind_text(row)), className="finding-text"),
        _action(row["action"]),
    ]


def _action(action: object) -> html.Span:
    """What was done about a finding, in one colour wherever it stands."""
    return html.Span(str(action), className=f"chip action-{str(action).replace(' ', '-')}")


def duplicates(one: Prepared, view: DatasetView) -> html.Section:
    """The pictures of each group of duplicates side by side."""
    found = catalogue.findings(one)
    clustered = found[found["cluster"].notna()]
    if clustered.empty:
        return card("Duplicates", blank("No image is there twice, nor nearly."))
    order = pd.DataFrame({"cluster": clustered["cluster"].drop_duplicates().sort_values(), "path": ""})
    part = sliced(order, view)
    groups = [_cluster(one, view, number_of, clustered) for number_of in part.rows["cluster"]]
    note = f"{count(part.total, 'group')} of images that are the same, or hardly to be told apart."
    return card("Duplicates", [html.Div(groups, className="clusters"), pager(view, part)], note=note)


def _cluster(one: Prepared, view: DatasetView, number_of: Any, clustered: pd.DataFrame) -> html.Div:
    rows = clustered[clustered["cluster"] == number_of]
    paths = pd.concat([rows["other"], rows["file"]]).dropna().astype(str).drop_duplicates()
    places = places_of(one, paths)
    told: dict[str, list[str]] = {}
    for row in reading.records(rows):
        told.setdefault(str(row["file"]), []).append(f"{row['kind']}: {row['action']}")
    labels = {str(place["label"]) for place in places.values()}
    title = " · ".join(sorted({str(kind).capitalize() for kind in rows["kind"]}))
    items = [_twin(one, view, path, places.get(path), told.get(path, [])) for path in paths]
    mark = html.Span("different labels", className="chip chip-warning") if len(labels) > 1 else None
    return html.Div(
        [html.H3([f"{title}, {count(len(paths), 'file')}", mark]), html.Ul(items, className="twins")],
        className="cluster",
    )


def _twin(
    one: Prepared, view: DatasetView, path: str, place: Mapping[str, Any] | None, told: Sequence[str]
) -> html.Li:
    about = (
        [html.Strong(str(place["label"])), html.Span(split_of(place), className="muted")]
        if place
        else [html.Strong("not decoded")]
    )
    lines = [html.Span(line, className="muted") for line in told] or [html.Span("kept", className="muted")]
    small = thumb(one, place)
    shown = dcc.Link(small, href=view.href(image=path, page=view.page), title=path) if place else small
    return html.Li(
        [shown, html.Div([*about, *lines, html.Span(path, className="path")], className="twin-text")]
    )
