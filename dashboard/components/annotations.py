"""Stars, tags and notes of a trial."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard import connection
from dashboard.components.basics import attributes
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


def _star(kept: Annotation) -> list[Any]:
    sign = html.Span(
        _STARRED if kept.is_starred else _PLAIN, className="note-sign", **attributes(aria_hidden="true")
    )
    return [sign, html.Span("Starred" if kept.is_starred else "Star")]


def _star_class(kept: Annotation) -> str:
    return "button button-secondary note-star" + (" note-starred" if kept.is_starred else "")
