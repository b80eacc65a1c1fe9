"""What a page says when there is nothing to show, or when something went wrong."""

from typing import Any

from dash import html

from dashboard.components.basics import attributes, icon, sentence

_ICONS = {"info": "info", "warning": "warning", "danger": "failed", "good": "finished"}


def notice(kind: str, title: str, text: str = "", actions: Any = None) -> html.Div:
    """A sentence that must not be missed; ``kind`` is info, warning, danger or good."""
    body = [html.Strong(title), html.Span(sentence(text), className="notice-text") if text else None]
    return html.Div(
        [
            icon(_ICONS[kind]),
            html.Div(body),
            html.Div(actions, className="notice-actions") if actions else None,
        ],
        className=f"notice notice-{kind}",
        role="alert" if kind == "danger" else "status",
    )


def empty(symbol: str, title: str, text: str, actions: Any = None, is_page: bool = False) -> html.Div:
    """A page or part of one without content: why, and what to do."""
    heading = html.H1 if is_page else html.H2
    return html.Div(
        [
            html.Div(icon(symbol), className="empty-icon"),
            heading(title, className="empty-title"),
            html.P(sentence(text)),
            html.Div(actions, className="empty-actions") if actions else None,
        ],
        className="empty",
    )


def blank(text: str) -> html.P:
    """A card without content yet."""
    return html.P(sentence(text), className="blank")


def skeleton(kind: str, amount: int = 1) -> html.Div:
    """A grey shape of the size of what is on its way: line, tile, chart or row."""
    shapes = [html.Div(className=f"skeleton skeleton-{kind}") for _ in range(amount)]
    return html.Div(shapes, className=f"skeletons skeletons-{kind}", **attributes(aria_hidden="true"))


def loading_page() -> html.Div:
    """The shape of a page that is on its way."""
    waiting = html.Span("Loading", className="visually-hidden", role="status")
    return html.Div([waiting, skeleton("title"), skeleton("tile", 4), skeleton("chart")])
