"""Cards to click that fill fields of a form: presets, goals, images."""

from typing import Any

from dash import html

from dashboard.components.basics import attributes, icon

PICK, NOTE = "new-pick", "new-pick-note"


def picks(label: str, buttons: list[Any], className: str = "") -> html.Div:  # noqa: N803
    """A row of them, one of which at most is chosen."""
    return html.Div(buttons, role="group", className=f"picks {className}", **attributes(aria_label=label))


def pick(key: str, title: str, line: Any, symbol: str, is_chosen: bool, extra: Any = None) -> html.Button:
    """A card whose id is ``{"type": PICK, "key": key}``; ``extra`` stands above its title."""
    head = html.Span([icon(symbol), html.Strong(title)], className="pick-title")
    return html.Button(
        [extra, head, html.Span(line, className="pick-line"), _note(key)],
        id={"type": PICK, "key": key},
        type="button",
        className="pick-card",
        **attributes(aria_pressed=str(is_chosen).lower()),
    )


def _note(key: str) -> html.Span:
    """Where a figure comes that takes a moment to know."""
    return html.Span(id={"type": NOTE, "key": key}, className="pick-note")
