"""A question before something that cannot be undone."""

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, html

from dashboard.components.basics import button, sentence
from dashboard.components.browser import in_browser


def dialog(prefix: str, title: str, text: str, confirm: str) -> html.Div:
    """Opened by the button ``<prefix>``; its answer is a click on ``<prefix>-confirm``."""
    parts = [
        dbc.ModalHeader(html.H2(title, className="dialog-title")),
        dbc.ModalBody(sentence(text)),
        dbc.ModalFooter(
            [
                button("Cancel", "close", id=f"{prefix}-cancel"),
                button(confirm, "stop", "danger", id=f"{prefix}-confirm"),
            ]
        ),
    ]
    return html.Div(dbc.Modal(parts, id=f"{prefix}-dialog", centered=True, is_open=False))


def register_dialog(app: Dash, prefix: str, *others: str) -> None:
    """Open and close the dialog in the browser, without asking the server; ``others`` close it too."""
    in_browser(
        app,
        "shell.toggleDialog",
        Output(f"{prefix}-dialog", "is_open"),
        Input(prefix, "n_clicks"),
        Input(f"{prefix}-cancel", "n_clicks"),
        Input(f"{prefix}-confirm", "n_clicks"),
        *(Input(other, "n_clicks") for other in others),
        State(prefix, "id"),
        prevent_initial_call=True,
    )
