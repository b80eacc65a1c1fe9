"""The small parts: icons, badges, sentences, links, tiles, cards."""

import re
from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.wording import NOTHING

Children = Any

# State of a run or trial -> what to call it, and its icon: colour alone must not tell.
STATES = {
    "starting": ("Starting", "starting"),
    "running": ("Running", "running"),
    "paused": ("Paused", "paused"),
    "stopping": ("Stopping", "stopped"),
    "silent": ("No sign of life", "interrupted"),
    "finished": ("Finished", "finished"),
    "stopped": ("Stopped", "stopped"),
    "failed": ("Failed", "failed"),
    "interrupted": ("Interrupted", "interrupted"),
    "RUNNING": ("Running", "running"),
    "COMPLETE": ("Complete", "finished"),
    "PRUNED": ("Pruned", "pruned"),
    "FAIL": ("Failed", "failed"),
    "INTERRUPTED": ("Interrupted", "interrupted"),
    "WAITING": ("Waiting", "waiting"),
}


def attributes(**names: str) -> dict[str, Any]:
    """Attributes with dashes in their names: ``aria_label`` becomes ``aria-label``."""
    return {name.replace("_", "-"): value for name, value in names.items()}


def icon(name: str) -> html.I:
    """An icon beside a text that says the same."""
    return html.I(className=f"glyph glyph-{name}", **attributes(aria_hidden="true"))


def badge(state: str) -> html.Span:
    """How a run or trial stands, by word, icon and colour."""
    label, symbol = STATES.get(state, (state, "info"))
    return html.Span([icon(symbol), html.Span(label)], className=f"badge-state state-{symbol}")


def sentence(text: str) -> list[Any]:
    """A sentence whose parts in backticks are shown as code."""
    parts = re.split(r"`([^`]*)`", text)
    return [html.Code(part) if index % 2 else part for index, part in enumerate(parts) if part]


def link(text: Children, href: str, className: str = "link", **properties: Any) -> dcc.Link:  # noqa: N803
    """A link inside the app."""
    return dcc.Link(text, href=href, className=className, **properties)


def button_link(text: str, symbol: str, href: str, kind: str = "secondary") -> dcc.Link:
    """A link inside the app that looks like a button."""
    return dcc.Link([icon(symbol), html.Span(text)], href=href, className=f"button button-{kind}")


def file_link(text: str, symbol: str, href: str, new_tab: bool = False, kind: str = "secondary") -> html.A:
    """A link to a file: saved, or opened in a tab of its own."""
    target: dict[str, Any] = {"target": "_blank", "rel": "noopener"} if new_tab else {"download": ""}
    return html.A([icon(symbol), html.Span(text)], href=href, className=f"button button-{kind}", **target)


def button(text: str, symbol: str, kind: str = "secondary", **properties: Any) -> html.Button:
    """A button with an icon and a text."""
    return html.Button(
        [icon(symbol), html.Span(text)], type="button", className=f"button button-{kind}", **properties
    )


def breakable(name: str) -> list[Any]:
    """A name that goes on in the next line where one of its words begins, rather than anywhere."""
    first, *others = re.split(r"(?<=[._])(?=[^._])", name)
    return [first, *(part for word in others for part in (html.Wbr(), word))]


def chips(names: Sequence[str]) -> html.Span:
    """Names as a row of small labels."""
    return html.Span([html.Span(name, className="chip") for name in names], className="chips")


def tile(label: str, value: Children, note: Children = None, className: str = "") -> html.Div:  # noqa: N803
    """One figure with its label and a line below."""
    return html.Div(
        [
            html.Div(label, className="tile-label"),
            html.Div(value if value is not None else NOTHING, className="tile-value"),
            html.Div(note, className="tile-note"),
        ],
        className=f"tile {className}",
    )


def card(
    title: Children, body: Children, note: Children = None, actions: Children = None, **properties: Any
) -> html.Section:
    """A titled part of a page."""
    classes = f"card-part {properties.pop('className', '')}"
    heading = [html.H2(title), html.P(note, className="card-note") if note else None]
    head = html.Div([html.Div(heading), html.Div(actions, className="card-actions")], className="card-head")
    return html.Section([head, html.Div(body, className="card-body")], className=classes, **properties)


def page_head(title: Children, note: Children = None, actions: Children = None) -> html.Header:
    """The top of a page: its one h1, a line below, and what can be done."""
    texts = html.Div([html.H1(title), html.Div(note, className="page-note") if note else None])
    return html.Header([texts, html.Div(actions, className="page-actions")], className="page-head")


def facts(pairs: Sequence[tuple[str, Children]]) -> html.Dl:
    """Names and values, one a line."""
    rows = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs]
    return html.Dl(rows, className="facts")


def fold(title: Children, body: Children, opener: str | None = None, **properties: Any) -> html.Details:
    """A part that is folded away until asked for; ``opener`` is the id of what is clicked to open it."""
    named: dict[str, Any] = {"id": opener, "n_clicks": 0} if opener else {}
    summary = html.Summary([icon("chevron"), html.Span(title)], **named)
    return html.Details([summary, html.Div(body, className="fold-body")], className="fold", **properties)
