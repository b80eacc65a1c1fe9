"""Suspected label errors of a dataset, and what people say is right."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard import catalogue, corrections, links, reading
from dashboard.catalogue import Prepared
from dashboard.components.basics import (
    attributes,
    button,
    card,
    file_link,
    icon,
)
from dashboard.components.dataset_bits import pager, places_of, thumb
from dashboard.components.notices import blank
from dashboard.corrections import Correction, Corrections
from dashboard.dataset_view import DatasetView, sliced
from dashboard.wording import count

_SHOWN_SELECT = 60


def labels(one: Prepared, view: DatasetView, made: Corrections) -> html.Section:
    """Images that look wrongly labelled, worst first, each with the choice of what is right."""
    found = catalogue.issues(one)
    if found is None:
        return card(
            "Suspected label errors",
            blank("Nobody has looked for them: prepare this dataset again with `dataset.label_check`."),
        )
    part = sliced(found, view)
    places = places_of(one, part.rows["path"])
    cards = [_suspect(one, view, row, places, made) for row in reading.records(part.rows)]
    grid = (
        html.Ul(cards, className="suspects")
        if cards
        else blank("No label looks wrong. You may still bring a file of corrections.")
    )
    note = (
        "A quick model, trained without them, sees these images in another class. The worst come first; "
        "test images are not looked at."
    )
    return card(
        f"Suspected label errors ({count(part.total)})",
        [_label_bar(one, made), grid, pager(view, part)],
        note=note,
    )


def _label_bar(one: Prepared, made: Corrections) -> html.Div:
    download = file_link(
        "label_issues.csv", "download", links.label_issues(one.fingerprint), kind="secondary"
    )
    take = html.Div(
        [button("Corrected CSV", "upload", id="label-file"), dcc.Store(id="label-csv")],
    )
    again = button("Prepare again with these", "resume", "primary", id="label-again", disabled=not made)
    saved = html.Div(
        saved_text(one, made), id="label-saved", className="label-saved", **attributes(aria_live="polite")
    )
    return html.Div(
        [
            html.Div(
                [saved, html.Div([download, take, again], className="row-actions")], className="label-bar"
            ),
            html.Div(id="label-problem"),
        ]
    )


def saved_text(one: Prepared, made: Corrections) -> Any:
    """How many corrections are kept, and where."""
    if not made:
        return "Choose what is right below, or fill in the CSV and bring it back."
    removed = sum(one_of.remove for one_of in made.values())
    parts = [f"{count(len(made) - removed)} relabelled", f"{count(removed)} removed"]
    return [
        html.Strong(f"{count(len(made), 'correction')} saved"),
        f" ({', '.join(parts)}) in ",
        html.Code(str(corrections.path_of(one))),
    ]


def _suspect(
    one: Prepared, view: DatasetView, row: Mapping[str, Any], places: Mapping[str, Any], made: Corrections
) -> html.Li:
    path, given, suggested = str(row["path"]), str(row["label"]), str(row["suggested"])
    place = places.get(path)
    correction = made.get(path)
    control = dbc.Select(
        options=_choices(one, given, suggested, correction.label if correction else ""),
        value=(correction or Correction()).choice,
        id={"type": "label-choice", "path": path},
        className="field-input",
        **{"name": f"Label of {path}"},
    )
    small = thumb(one, place, path)
    words = html.Div(
        [
            html.Span(
                [html.S(given), " ", icon("next"), " ", html.Strong(suggested)], className="suspect-labels"
            ),
            html.Span(f"score {row['score']:.2f} · {row['split']}", className="muted"),
        ],
        className="suspect-text",
    )
    picture_link = dcc.Link(small, href=view.href(image=path, page=view.page), title=path) if place else small
    label = html.Label([html.Span(f"Right label of {path}", className="visually-hidden"), control])
    return html.Li(
        [picture_link, words, label], className="suspect" + (" suspect-done" if correction else "")
    )


def _choices(one: Prepared, given: str, suggested: str, chosen_label: str) -> list[dict[str, str]]:
    """What can be right: of thousands of classes only the likely ones, the others by the CSV."""
    some = list(one.classes) if len(one.classes) <= _SHOWN_SELECT else []
    names = dict.fromkeys([suggested, *some, chosen_label])
    labels = [name for name in names if name and name != given]
    return [
        {"label": f"Keep {given}", "value": Correction().choice},
        *({"label": f"It is {name}", "value": Correction(name).choice} for name in labels),
        {"label": "Remove this image", "value": Correction(remove=True).choice},
    ]
