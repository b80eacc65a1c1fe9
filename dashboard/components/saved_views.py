"""Views of the trials under a name: saved, opened, forgotten, and brought back."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard import connection, links
from dashboard.components.basics import attributes, button, icon
from dashboard.components.notices import notice
from dashboard.troubles import sentence
from tunescope.errors import AnnotationError
from tunescope.store import Store, annotations


def views_bar() -> html.Div:
    """The views that are saved, and a field to save this one."""
    return html.Div(
        [
            html.Div(_views(), id="views-list", className="views-list"),
            html.Div(
                [
                    dbc.Input(id="views-name", placeholder="Name of this view", className="field-input"),
                    button("Save view", "new", "secondary", id="views-save"),
                ],
                className="views-new",
            ),
            html.Div(id="views-state", role="status"),
            # The view that was forgotten or replaced last.
            dcc.Store(id="views-lost"),
        ],
        className="views-bar",
    )


def register(app: Dash) -> None:
    """Keep what is changed."""

    @app.callback(
        Output("views-list", "children"),
        Output("views-state", "children"),
        Output("views-lost", "data"),
        Input("views-save", "n_clicks"),
        Input(_id("forget", ALL), "n_clicks"),
        Input(_id("undo", ALL), "n_clicks"),
        State("views-name", "value"),
        State("trials-query", "data"),
        State("views-lost", "data"),
        prevent_initial_call=True,
    )
    def change(
        _: int | None, __: Any, ___: Any, name: str | None, query: str, lost: dict[str, str] | None
    ) -> tuple[Any, Any, Any]:
        # Buttons that come with the list are no clicks.
        if not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        try:
            note, lost = _changed(name, query, lost)
        except AnnotationError as error:
            return no_update, notice("danger", "Not saved", sentence(error)), no_update
        return _views(), note, lost


def _id(part: str, name: Any) -> dict[str, Any]:
    return {"type": f"views-{part}", "name": name}


def _changed(name: str | None, query: str | None, lost: dict[str, str] | None) -> tuple[Any, Any]:
    """Do what was clicked; what is to be said of it, and the view that is lost by it."""
    store, asked = connection.store(), ctx.triggered_id
    if asked == "views-save":
        return _save(store, " ".join((name or "").split()), query or "")
    if asked["type"] == _id("undo", "")["type"]:
        return _save(store, **lost) if lost else (None, None)
    gone = _known(store, asked["name"])
    annotations.forget_view(store, asked["name"])
    return _undoable(asked["name"], "forgotten"), gone


def _save(store: Store, name: str, query: str) -> tuple[Any, dict[str, str] | None]:
    gone = _known(store, name)
    annotations.save_view(store, name, query)
    return (_undoable(name, "replaced") if gone else None), gone


def _known(store: Store, name: str) -> dict[str, str] | None:
    query = annotations.saved_views(store).get(name)
    return None if query is None else {"name": name, "query": query}


def _undoable(name: str, what: str) -> html.Div:
    return notice("info", f"{name} was {what}", actions=button("Undo", "back", id=_id("undo", name)))


def _views() -> list[Any]:
    known = annotations.saved_views(connection.store())
    if not known:
        return [html.Span("No view is saved yet. A view is what the filters, columns and charts are now.")]
    return [_view(name, query) for name, query in known.items()]


def _view(name: str, query: str) -> html.Span:
    forget = html.Button(
        icon("clear"),
        id=_id("forget", name),
        type="button",
        className="view-forget",
        title=f"Forget {name}",
        **attributes(aria_label=f"Forget {name}"),
    )
    return html.Span([html.A(name, href=links.TRIALS + query), forget], className="chip view-chip")
