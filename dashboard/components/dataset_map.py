"""The features of a dataset in a plane: a point shows its image."""

from typing import Any

import numpy as np
from dash import dcc, html

from dashboard import catalogue
from dashboard.catalogue import Prepared
from dashboard.components.basics import (
    attributes,
    card,
    link,
)
from dashboard.components.dataset_bits import PLACES
from dashboard.components.notices import blank, skeleton
from dashboard.dataset_view import DatasetView
from dashboard.wording import count
from tunescope.datasets.splitting import SPLITS


def map_card(one: Prepared, view: DatasetView) -> html.Section:
    """The features in a plane; a point shows its image."""
    drawn = catalogue.map_of(one)
    if drawn is None:
        return card("Map", blank("No map was drawn: prepare this dataset again, with feature extraction."))
    known = catalogue.files(one, PLACES)
    used = known[known["accepted"]].set_index("row")
    shown = used.loc[drawn.rows[np.isin(drawn.rows, used.index.to_numpy())]]
    points = dict(
        zip(
            map(str, shown.index),
            shown[["path", "label", "split"]].astype(str).to_numpy().tolist(),
            strict=True,
        )
    )
    colouring = html.Div(
        [
            link(
                f"by {colour}",
                view.href(colour=colour),
                "tab-link tab-current" if colour == view.colour else "tab-link",
            )
            for colour in ("class", "split")
        ],
        className="tabs tabs-small",
    )
    side = html.Div(
        [
            html.Img(id="map-image", alt="", className="map-image hidden"),
            html.Div("Point at an image to see it; click to keep it.", id="map-text", className="muted"),
        ],
        id="map-picture",
        className="map-side",
        title="",
        **attributes(aria_live="polite", data_fingerprint=one.fingerprint),
    )
    method = {"pca": "principal components", "umap": "UMAP"}.get(drawn.method, drawn.method)
    images = count(len(drawn.rows), "image")
    note = f"{images} by their features ({method}): what lies close together looks alike to a model."
    body = html.Div(
        [html.Div(skeleton("chart"), id="dataset-charts", className="map-chart"), side], className="map-body"
    )
    return card(
        "Map",
        [
            dcc.Store(id="dataset-chart", data=f"map {view.colour}"),
            dcc.Store(id="map-points", data=points),
            body,
        ],
        note=note,
        actions=colouring,
    )


def map_chart(one: Prepared, view: DatasetView, dark: bool) -> Any:
    """The WebGL figure of the map."""
    from tunescope.figures import images as figures
    from tunescope.figures import style

    drawn = catalogue.map_of(one)
    if drawn is None:
        return blank("No map was drawn.")
    known = catalogue.files(one, PLACES)
    used = known[known["accepted"]].set_index("row")
    places = drawn.rows[np.isin(drawn.rows, used.index.to_numpy())]
    xy = drawn.xy[np.isin(drawn.rows, used.index.to_numpy())]
    column = "split" if view.colour == "split" else "label"
    groups = used.loc[places, column].astype(str).tolist()
    hues = {split: style.colour(split, dark) for split in SPLITS} if column == "split" else None
    figure = figures.feature_map(xy, groups, places.tolist(), dark, hues)
    figure.update_layout(
        uirevision="kept", autosize=True, font_family="Inter Variable, system-ui, sans-serif"
    )
    config: Any = {"displaylogo": False, "responsive": True, "scrollZoom": True, "displayModeBar": False}
    graph = dcc.Graph(figure=figure, config=config, id="map-graph", clear_on_unhover=False)
    return html.Div(graph, role="group", **attributes(aria_label="Map of the features"))
