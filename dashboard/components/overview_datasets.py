"""Datasets on the overview: what they look like, and the best model that anybody found for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import links
from dashboard.catalogue import Prepared
from dashboard.components.basics import button_link, card, icon, link
from dashboard.components.dataset_bits import strip
from dashboard.components.dataset_cards import ON_BOARD, search_link
from dashboard.results import BestModel
from dashboard.wording import count, interval, percent

_PICTURES, _SIZE, _SHOWN = 6, 56, 12


def datasets(
    prepared: Sequence[Prepared], best: Mapping[str, BestModel], reports: frozenset[str]
) -> html.Section | None:
    """A tile a dataset, the latest used first; ``reports`` are the runs that have one."""
    if not prepared:
        return None
    tiles = [html.Li(_tile(one, best.get(one.fingerprint), reports)) for one in prepared[:_SHOWN]]
    hidden = len(prepared) - _SHOWN
    note = f"The {_SHOWN} used last, of {count(len(prepared))}." if hidden > 0 else None
    everything = link("All datasets", links.DATASETS, "button button-quiet")
    return card(
        "Datasets and their best models",
        html.Ul(tiles, className="overview-datasets"),
        note=note,
        actions=everything,
    )


def welcome() -> html.Div:
    """The way in where there is no run yet: own images, or those on board."""
    return html.Div(
        [
            html.H2("Find the best classifier for your images", className="welcome-title"),
            html.P(
                "Tunescope searches models and hyperparameters for your labelled images, "
                "and shows how it got there.",
                className="welcome-text",
            ),
            html.Ol([_own_images(), _on_board()], className="welcome-ways"),
        ],
        className="welcome",
    )


def _own_images() -> html.Li:
    return _way(
        "upload",
        "Your own images",
        "A folder or archive with one folder for each class. What is wrong with them is looked for first.",
        button_link("Upload images", "upload", links.DATASETS, "primary"),
    )


def _on_board() -> html.Li:
    start = links.with_query(links.NEW, {"source": str(ON_BOARD)})
    return _way(
        "images",
        "600 photos of hand signs",
        "They are on board: the form of a first run opens filled in, and its search takes three minutes.",
        button_link("Start a first run", "new", start),
    )


def _way(symbol: str, title: str, text: str, action: Any) -> html.Li:
    head = html.Div(icon(symbol), className="empty-icon")
    return html.Li([head, html.H3(title), html.P(text), action], className="welcome-way")


def _tile(one: Prepared, best: BestModel | None, reports: frozenset[str]) -> html.Article:
    address = links.dataset(one.name, fingerprint=one.fingerprint)
    about = ", ".join(
        [count(one.images, "image"), f"{count(len(one.classes))} classes", count(len(one.runs), "run")]
    )
    head = html.Div([html.H3(link(one.name, address, "link run-name")), html.Span(about, className="muted")])
    found = _best(best) if best else html.P("No model yet.", className="muted")
    actions = html.Div(_actions(one, best, reports), className="row-actions")
    return html.Article([head, _pictures(one), found, actions], className="overview-dataset")


def _pictures(one: Prepared) -> Any:
    if not one.is_there:
        return html.Div("Its folder is gone: prepare it again.", className="overview-gone")
    return strip(one, _PICTURES, _SIZE)


def _best(best: BestModel) -> html.Div:
    test: Any = "not tested yet"
    if best.test_accuracy is not None:
        bounds = f" ({interval(*best.test_interval)})" if best.test_interval else ""
        test = [html.Strong(percent(best.test_accuracy)), html.Span(f" of the test images right{bounds}")]
    validation = f"validation {percent(best.validation_accuracy)}, from "
    return html.Div(
        [
            html.Div([icon("trophy"), link(best.model, links.trial(best.study, best.number), "link")]),
            html.Div(test, className="overview-test"),
            html.Div([validation, link(best.run_id, links.run(best.run_id))], className="muted"),
        ],
        className="overview-best",
    )


def _actions(one: Prepared, best: BestModel | None, reports: frozenset[str]) -> list[Any]:
    search = button_link("Search", "search", search_link(one), "quiet" if best else "secondary")
    if best is None:
        return [search]
    see = button_link("Model", "trophy", links.trial(best.study, best.number))
    photos = button_link("Predict", "camera", links.predict(best.study, best.number))
    report = button_link("Report", "reports", links.report(best.run_id)) if best.run_id in reports else None
    return [*filter(None, [see, photos, report]), search]
