"""The overview of a dataset: figures, classes by split, charts of what was measured."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard import catalogue
from dashboard.catalogue import Prepared
from dashboard.components.basics import (
    attributes,
    card,
    link,
    tile,
)
from dashboard.components.charts import picture
from dashboard.components.dataset_bits import MODES, text_filter, view_of
from dashboard.components.notices import blank, skeleton
from dashboard.dataset_view import DatasetView
from dashboard.wording import count, extent, percent
from tunescope.datasets.splitting import SPLITS

_SHOWN_CLASSES = 40
_MEASURES = [
    "accepted",
    "width",
    "height",
    "brightness",
    "contrast",
    "sharpness",
    "red",
    "green",
    "blue",
    "mode",
]


def overview(one: Prepared, view: DatasetView) -> html.Div:
    """Figures, classes by split, and charts of what was measured."""
    table_of = class_counts(one)
    charts = html.Div(
        [
            dcc.Store(id="dataset-chart", data="overview"),
            html.Div(skeleton("chart", 2), id="dataset-charts", className="charts"),
        ]
    )
    return html.Div([_tiles(one, table_of), _classes(view, table_of), charts])


def class_counts(one: Prepared) -> pd.DataFrame:
    """Images of each class in each split and in all (``total``), most first."""
    known = catalogue.files(one, ["label", "split", "accepted"])
    used = known[known["accepted"]]
    counts = pd.crosstab(used["label"], used["split"]).reindex(columns=list(SPLITS), fill_value=0)
    counts["total"] = counts.sum(axis=1)
    return counts.sort_values("total", ascending=False, kind="stable")


def _tiles(one: Prepared, counts: pd.DataFrame) -> html.Div:
    splits = [f"{count(one.splits.get(split, 0))} {split}" for split in SPLITS]
    most, least = int(counts["total"].max()), int(counts["total"].min())
    modes = catalogue.files(one, ["mode", "accepted"])
    shares = modes[modes["accepted"]]["mode"].value_counts(normalize=True)
    kinds = ", ".join(
        f"{MODES.get(str(mode), mode)} {percent(share, 0)}" for mode, share in shares.head(4).items()
    )
    height, width, channels = one.image_shape
    return html.Div(
        [
            tile("Images", count(one.images), ", ".join(splits)),
            tile("Rejected", count(one.rejected), link("what was found", view_of(one).tab_href("findings"))),
            tile(
                "Imbalance",
                f"{most / max(1, least):.1f} : 1",
                f"largest class {count(most)}, smallest {count(least)}",
            ),
            tile(
                "Packed as",
                extent(width, height),
                f"{'gray' if channels == 1 else 'colour'}; files were {kinds}",
            ),
        ],
        className="tiles",
    )


def _classes(view: DatasetView, counts: pd.DataFrame) -> html.Section:
    names = counts.index.to_series().astype(str)
    found = (
        counts[names.str.casefold().str.contains(view.text.casefold(), regex=False)] if view.text else counts
    )
    shown = found.head(_SHOWN_CLASSES)
    most = int(counts["total"].max()) or 1
    rows = [_class_row(view, str(label), row, most) for label, row in shown.iterrows()]
    rest = len(found) - len(shown)
    images = count(int(found["total"][_SHOWN_CLASSES:].sum()))
    left = f"and {count(rest)} more with {images} images" if rest else ""
    legend = html.Div(
        [_legend(split) for split in SPLITS], className="legend", **attributes(aria_hidden="true")
    )
    search = text_filter("Find a class", view) if len(counts) > 12 else None
    body = [
        html.Div([legend, search], className="class-head"),
        html.Div(rows, className="class-rows", role="list")
        if rows
        else blank("No class has this in its name."),
        html.P(left, className="muted") if left else None,
    ]
    return card(
        "Classes", body, note=f"{count(len(counts))} classes, the largest first; a name leads to its images."
    )


def _legend(split: str) -> html.Span:
    return html.Span([html.I(className=f"dot split-{split}"), split])


def _class_row(view: DatasetView, label: str, row: "pd.Series[int]", most: int) -> html.Div:
    parts = [
        html.Span(
            className=f"bar-part split-{split}",
            style={"width": f"{100 * int(row[split]) / most:.2f}%"},
            title=f"{split}: {count(int(row[split]))}",
        )
        for split in SPLITS
    ]
    spoken = ", ".join(f"{count(int(row[split]))} {split}" for split in SPLITS)
    return html.Div(
        [
            link(label, view.tab_href("images", label=label), "link class-name", title=label),
            html.Div(parts, className="bar", **attributes(aria_hidden="true")),
            html.Span(count(int(row["total"])), className="class-count", title=spoken),
        ],
        className="class-row",
        role="listitem",
    )


def overview_charts(one: Prepared, view: DatasetView, dark: bool) -> list[Any]:
    """Sizes, brightness, contrast, sharpness and colours of the accepted files."""
    from tunescope.figures import images as figures

    known = catalogue.files(one, _MEASURES)
    used = known[known["accepted"]]
    sizes = used.groupby(["width", "height"]).size().sort_values(ascending=False).head(2_000)
    widths, heights = (
        sizes.index.get_level_values(name).astype(int).tolist() for name in ("width", "height")
    )
    cards = [
        (
            "Sizes of the files",
            f"All are {extent(widths[0], heights[0])} pixels."
            if len(sizes) == 1
            else "Upright, before they were packed.",
            figures.sizes(widths, heights, sizes.astype(int).tolist(), dark),
        )
    ]
    for name, title, line, low, high in (
        ("brightness", "Brightness", "Mean of all pixels, from black to white.", 0.0, 1.0),
        ("contrast", "Contrast", "Standard deviation of the pixels.", 0.0, None),
        ("sharpness", "Sharpness", "Low is blurred.", 0.0, None),
    ):
        part = figures.histogram(name, used[name], low, high)
        cards.append((title, line, figures.histograms([part], title, dark)))
    if one.image_shape[-1] == 3:
        parts = [figures.histogram(name, used[name], 0.0, 1.0) for name in ("red", "green", "blue")]
        cards.append(("Colours", "Mean of each colour in an image.", figures.histograms(parts, "Mean", dark)))
    return [
        card(title, picture(figure, title), note=line, className="chart-card")
        for title, line, figure in cards
    ]
