"""The log of a run: its end in view, narrowed by words and level."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, dcc, html

from dashboard.components.basics import attributes, card
from dashboard.components.browser import in_browser
from dashboard.components.fields import labelled

# What is sent of a log that the browser does not have yet.
_BYTES = 48_000
_NAMES = ("run.log", "launch.log")
LEVELS = {"all": "All lines", "warning": "Warnings and errors", "error": "Errors"}


def log_card(actions: Any, words: str | None, level: str | None) -> html.Section:
    """The card of the log; its lines are put in by the browser, which keeps them."""
    words_field = dbc.Input(
        id="run-log-words",
        type="search",
        value=words or "",
        placeholder="Filter the log",
        className="field-input",
    )
    level_field = dbc.Select(
        id="run-log-level",
        options=[{"label": label, "value": name} for name, label in LEVELS.items()],
        value=level if level in LEVELS else "all",
        className="field-input",
    )
    fields = [
        labelled("Filter the log", words_field),
        labelled("Level", level_field),
        html.Span(id="run-log-note", className="muted", role="status"),
    ]
    lines = html.Pre(
        id="run-log-lines",
        className="log",
        tabIndex="0",
        role="log",
        **attributes(aria_label="End of the log", aria_live="off"),
    )
    body = [
        html.Div(fields, className="log-fields"),
        lines,
        dcc.Store(id="run-log-news"),
        dcc.Store(id="run-log-at"),
    ]
    return card("Log", body, actions=actions, className="run-log")


def register_log(app: Dash) -> None:
    """Put new lines in, and narrow them, without asking the server."""
    in_browser(
        app,
        "run.log",
        Output("run-log-note", "children"),
        Input("run-log-news", "data"),
        Input("run-log-words", "value"),
        Input("run-log-level", "value"),
    )


@dataclass(frozen=True)
class News:
    """Lines for the browser, and how far the log was read with them."""

    lines: dict[str, Any]
    place: dict[str, Any]


def news(folder: Path, before: dict[str, Any] | None) -> News | None:
    """The whole lines of a run's log that the browser does not have; None without any.

    Of a run that has not written its log yet it is the raw output of its process.

    Args:
        folder: of the run.
        before: the place of what was sent last.
    """
    for name in _NAMES:
        path = folder / name
        try:
            size = path.stat().st_size
        except OSError:
            continue
        if size:
            return _read(path, size, before or {})
    return None


def _read(path: Path, size: int, before: dict[str, Any]) -> News | None:
    is_known = before.get("name") == path.name and before.get("to", 0) <= size
    if is_known and before["to"] == size:
        return None
    start = max(before["to"] if is_known else 0, size - _BYTES)
    with path.open("rb") as file:
        file.seek(start)
        text = file.read(size - start)
    # Of a process that died the only line may have no end.
    whole = text.rfind(b"\n") + 1 or (0 if is_known else len(text))
    if not whole:
        return None
    is_fresh = not is_known or start > before["to"]
    # A tail begins somewhere within a line.
    first = text.find(b"\n") + 1 if is_fresh and start else 0
    shown = text[first:whole].decode("utf-8", errors="replace")
    return News({"start": is_fresh, "text": shown}, {"name": path.name, "to": start + whole})
