"""`/datasets/<name>`: one prepared dataset."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import catalogue, connection, corrections, form, links, reading
from dashboard.catalogue import Prepared
from dashboard.components import (
    dataset_findings,
    dataset_history,
    dataset_images,
    dataset_labels,
    dataset_map,
    dataset_overview,
)
from dashboard.components.basics import attributes, button_link, card, link, page_head, sentence
from dashboard.components.browser import in_browser
from dashboard.components.dataset_cards import search_link
from dashboard.components.notices import notice
from dashboard.corrections import Correction, Corrections
from dashboard.dataset_view import TABS, DatasetView
from dashboard.launch import start_preparation
from dashboard.routing import Page
from dashboard.wording import ago, count, tied
from tunescope.errors import SourceError, TunescopeError
from tunescope.store import frames

_CHOICE = {"type": "label-choice", "path": ALL}


def layout(name: str, search: str = "") -> html.Div:
    """The dataset as the address asks for it."""
    view = DatasetView.from_query(name, search)
    one = catalogue.find(connection.store(), name, view.fingerprint or None)
    return html.Div(
        [
            page_head(one.name, _about(one), _actions(one)),
            _versions(one, view),
            _tabs(view),
            _body(one, view),
            dcc.Store(id="dataset-view", data=[name, search]),
            dcc.Store(id="dataset-token", data=uuid.uuid4().hex),
            dcc.Location(id="dataset-goto", refresh="callback-nav"),
        ],
        className="dataset-page",
    )


def register(app: Dash) -> None:
    """Filters, charts, corrections."""
    _register_filters(app)
    _register_charts(app)
    _register_corrections(app)
    in_browser(
        app,
        "dataset.showPoint",
        Output("map-picture", "title"),
        Input("map-graph", "hoverData"),
        Input("map-graph", "clickData"),
        State("dataset-view", "data"),
        State("map-points", "data"),
        prevent_initial_call=True,
    )


def _register_filters(app: Dash) -> None:
    @app.callback(
        Output("dataset-goto", "href"),
        Input({"type": "dataset-filter", "name": ALL}, "value"),
        State({"type": "dataset-filter", "name": ALL}, "id"),
        State("dataset-view", "data"),
        prevent_initial_call=True,
    )
    def narrow(values: list[Any], ids: list[dict[str, str]], at: list[str]) -> Any:
        view = DatasetView.from_query(*at)
        given = {one["name"]: value or "" for one, value in zip(ids, values, strict=True)}
        if all(getattr(view, name) == value for name, value in given.items()):
            raise PreventUpdate
        return view.href(**given)


def _register_charts(app: Dash) -> None:
    @app.callback(
        Output("dataset-charts", "children"),
        Input("dataset-chart", "data"),
        Input("shell-dark", "data"),
        State("dataset-view", "data"),
    )
    def draw(chart: str | None, dark: bool | None, at: list[str]) -> Any:
        if not chart or not at:
            raise PreventUpdate
        view = DatasetView.from_query(*at)
        one = catalogue.find(connection.store(), view.name, view.fingerprint or None)
        make = dataset_map.map_chart if view.tab == "map" else dataset_overview.overview_charts
        return _guarded(lambda: make(one, view, bool(dark)))


def _register_corrections(app: Dash) -> None:
    @app.callback(
        Output("label-saved", "children"),
        Output("label-again", "disabled"),
        Input(_CHOICE, "value"),
        State(_CHOICE, "id"),
        State("dataset-view", "data"),
        prevent_initial_call=True,
    )
    def choose(values: list[str], ids: list[dict[str, str]], at: list[str]) -> tuple[Any, bool]:
        if not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        one, made = _corrections(at)
        for entry, value in zip(ids, values, strict=True):
            made[entry["path"]] = Correction.of_choice(value)
        made = {path: correction for path, correction in made.items() if not correction.is_nothing}
        corrections.save(_project(), one, made)
        return dataset_labels.saved_text(one, made), not made

    @app.callback(
        Output("dataset-goto", "href", allow_duplicate=True),
        Output("label-problem", "children"),
        Input("label-csv", "data"),
        State("dataset-view", "data"),
        prevent_initial_call=True,
    )
    def take_file(given_text: str | None, at: list[str]) -> tuple[Any, Any]:
        if given_text is None:
            raise PreventUpdate
        one, made = _corrections(at)
        try:
            given = corrections.parsed(given_text)
            corrections.check(one, given)
        except SourceError as error:
            return no_update, notice("danger", "These corrections were not taken", str(error))
        corrections.save(_project(), one, {**made, **given})
        # The page is made anew for another address only.
        address = DatasetView.from_query(*at).href()
        return f"{address}&taken={uuid.uuid4().hex[:6]}", None

    @app.callback(
        Output("dataset-goto", "href", allow_duplicate=True),
        Output("label-problem", "children", allow_duplicate=True),
        Input("label-again", "n_clicks"),
        State("dataset-view", "data"),
        State("dataset-token", "data"),
        running=[(Output("label-again", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def prepare_again(clicks: int | None, at: list[str], token: str) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        one, made = _corrections(at)
        path = corrections.save(_project(), one, made)
        tree = form.dataset_tree(_parameters(one), source=one.source, corrections=path.as_posix())
        try:
            run_id = connection.current().start_once(token, tree, start_preparation)
        except TunescopeError as error:
            return no_update, notice("danger", "Not started", str(error))
        return links.with_query(links.DATASETS, {"run": run_id}), None


def _project() -> Any:
    return connection.current().launcher.project


def _parameters(one: Prepared) -> dict[str, Any]:
    """The parameters of the latest run that used the dataset."""
    known = frames.runs_frame(connection.store())
    rows = reading.records(known[known["run_id"].isin(one.runs)])
    return dict(rows[0]["parameters"]) if rows else {}


def _corrections(at: list[str]) -> tuple[Prepared, Corrections]:
    view = DatasetView.from_query(*at)
    one = catalogue.find(connection.store(), view.name, view.fingerprint or None)
    return one, _made(one)


def _made(one: Prepared) -> Corrections:
    used = _parameters(one).get("dataset", {}).get("corrections")
    return corrections.kept(_project(), one, used)


def _about(one: Prepared) -> str:
    parts = [
        count(one.images, "image"),
        f"{count(len(one.classes))} classes",
        f"{count(one.rejected)} rejected" if one.rejected else "none rejected",
        tied(f"prepared {ago(one.created)}"),
    ]
    return f"{tied(' ·')} ".join(parts)  # no line begins with a point


def _actions(one: Prepared) -> list[Any]:
    parameters = _parameters(one).get("dataset", {})
    query = {key: parameters.get(key) for key in ("corrections", "group")}
    again = {"prepare": one.source, "like": one.runs[0] if one.runs else None}
    return [
        button_link("Search models on this", "search", search_link(one, **query), "primary"),
        button_link("Prepare again", "resume", links.with_query(links.DATASETS, again)),
    ]


def _versions(one: Prepared, view: DatasetView) -> Any:
    """A word where this is not the latest of its name."""
    known = catalogue.versions(connection.store(), one.name)
    if len(known) < 2 or known[0].fingerprint == one.fingerprint:
        return None
    latest = replace(view, name=one.name, fingerprint=known[0].fingerprint).href()
    text = f"`{one.fingerprint}` was prepared {ago(one.created)}."
    return notice(
        "info", "There is a later dataset of this name", text, button_link("See it", "next", latest)
    )


def _tabs(view: DatasetView) -> html.Nav:
    items = [
        link(title, view.tab_href(tab), "tab-link tab-current" if tab == view.tab else "tab-link")
        for tab, title in TABS.items()
    ]
    return html.Nav(items, className="tabs", **attributes(aria_label="Parts of this dataset"))


def _body(one: Prepared, view: DatasetView) -> Any:
    make: dict[str, Callable[[], Any]] = {
        "overview": lambda: dataset_overview.overview(one, view),
        "images": lambda: dataset_images.images(one, view),
        "findings": lambda: dataset_findings.findings(one, view),
        "duplicates": lambda: dataset_findings.duplicates(one, view),
        "labels": lambda: dataset_labels.labels(one, view, _made(one)),
        "map": lambda: dataset_map.map_card(one, view),
        "preparation": lambda: dataset_history.preparation(one, _parameters(one)),
    }
    return html.Div(
        [_guarded(make[view.tab]), _guarded(lambda: dataset_images.large(one, view)) if view.image else None]
    )


def _guarded(make: Callable[[], Any]) -> Any:
    """A part of the page, or the sentence that says why it cannot be shown."""
    try:
        return make()
    except SourceError as error:
        return card("This part cannot be shown", html.P(sentence(str(error)), className="card-line"))


PAGE = Page(f"{links.DATASETS}/<name>", "{name}", layout, register)
