"""Stars, tags and notes of a trial, and views of the trials under a name."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard import connection, links
from dashboard.components.basics import attributes, button
from dashboard.components.notices import notice
from dashboard.troubles import sentence
from tunescope.errors import AnnotationError
from tunescope.store import Store, annotations
from tunescope.store.annotations import Annotation

_STARRED, _PLAIN = "\N{BLACK STAR}", "\N{WHITE STAR}"
_SECONDS = 0.8


def panel(trial_id: int) -> html.Section:
    """What is kept of a trial, to change."""
    kept = annotations.annotation(connection.store(), trial_id)
    tags = dbc.Input(
        id="note-tags",
        value=", ".join(kept.tags),
        placeholder="Tags, with commas between them",
        debounce=True,
        className="field-input",
    )
    note = dbc.Textarea(
        id="note-text",
        value=kept.note,
        placeholder="A note on this trial, for everybody who opens this store",
        debounce=_SECONDS,
        className="field-input note-text",
    )
    return html.Section(
        [
            html.Button(_star(kept), id="note-star", type="button", className=_star_class(kept)),
            html.Label([html.Span("Tags", className="field-label"), tags], className="note-field"),
            html.Label([html.Span("Note", className="field-label"), note], className="note-field note-wide"),
            html.Div(id="note-state", role="status", className="muted note-state"),
            dcc.Store(id="note-trial", data=trial_id),
        ],
        className="card-part note-panel",
        **attributes(aria_label="Star, tags and note"),
    )


def register(app: Dash) -> None:
    """Keep what is changed."""
    _register_panel(app)
    _register_views(app)


def _register_panel(app: Dash) -> None:
    @app.callback(
        Output("note-star", "children"),
        Output("note-star", "className"),
        Output("note-tags", "value"),
        Output("note-state", "children"),
        Input("note-star", "n_clicks"),
        Input("note-tags", "value"),
        Input("note-text", "value"),
        State("note-trial", "data"),
        prevent_initial_call=True,
    )
    def keep(_: int | None, tags: str | None, note: str | None, trial_id: int) -> tuple[Any, ...]:
        store = connection.store()
        try:
            after = annotations.annotate(store, trial_id, **_changed(store, trial_id, tags, note))
        except AnnotationError as error:
            return no_update, no_update, no_update, f"Not saved: {sentence(error)}"
        return _star(after), _star_class(after), ", ".join(after.tags), "Saved"


def _changed(store: Store, trial_id: int, tags: str | None, note: str | None) -> dict[str, Any]:
    """What was entered just now: what else stands on the page may be older than what others entered."""
    asked = {one["prop_id"].partition(".")[0] for one in ctx.triggered}
    found: dict[str, Any] = {}
    if "note-star" in asked:
        found["is_starred"] = not annotations.annotation(store, trial_id).is_starred
    if "note-tags" in asked:
        found["tags"] = (tags or "").split(",")
    if "note-text" in asked:
        found["note"] = note or ""
    return found


def views_bar() -> html.Div:
    """The views that are kept, and a field to keep this one."""
    return html.Div(
        [
            html.Div(_views(), id="views-list", className="views-list"),
            html.Div(
                [
                    dbc.Input(id="views-name", placeholder="Name of this view", className="field-input"),
                    button("Save view", "new", "secondary", id="views-save"),
                    button("Forget it", "clear", "quiet", id="views-forget"),
                ],
                className="views-new",
            ),
            html.Div(id="views-state", role="status"),
        ],
        className="views-bar",
    )


def _register_views(app: Dash) -> None:
    @app.callback(
        Output("views-list", "children"),
        Output("views-state", "children"),
        Input("views-save", "n_clicks"),
        Input("views-forget", "n_clicks"),
        State("views-name", "value"),
        State("trials-query", "data"),
        prevent_initial_call=True,
    )
    def change(_: int | None, __: int | None, name: str | None, query: str) -> tuple[Any, Any]:
        store = connection.store()
        try:
            if ctx.triggered_id == "views-save":
                annotations.save_view(store, name or "", query or "")
            elif name:
                annotations.forget_view(store, " ".join(name.split()))
        except AnnotationError as error:
            return no_update, notice("danger", "Not saved", sentence(error))
        return _views(), None


def _views() -> list[Any]:
    known = annotations.saved_views(connection.store())
    if not known:
        return [html.Span("No view is saved yet. A view is what the filters, columns and charts are now.")]
    return [html.A(name, href=links.TRIALS + query, className="chip") for name, query in known.items()]


def _star(kept: Annotation) -> list[Any]:
    sign = html.Span(
        _STARRED if kept.is_starred else _PLAIN, className="note-sign", **attributes(aria_hidden="true")
    )
    return [sign, html.Span("Starred" if kept.is_starred else "Star")]


def _star_class(kept: Annotation) -> str:
    return "button button-secondary note-star" + (" note-starred" if kept.is_starred else "")
