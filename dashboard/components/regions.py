"""Parts of a live page, of which only those that changed are sent."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dash import Output, dcc, html, no_update
from plotly.utils import PlotlyJSONEncoder

Digests = dict[str, str]


@dataclass(frozen=True)
class Costly:
    """A content that is only made when what it is made from has changed."""

    made_from: Any
    make: Callable[[], Any]


@dataclass(frozen=True)
class Made:
    """A content as plain data with its fingerprint, made once for all pages that show it."""

    digest: str
    content: Any


def made(content: Any) -> Made:
    """A content in the form that is sent."""
    text = _text(content)
    return Made(_fingerprint(text), json.loads(text))


def digest(content: Any) -> str:
    """A short fingerprint of what a region shows, or of what a costly content is made from."""
    if isinstance(content, Made):
        return content.digest
    return _fingerprint(_text(content.made_from if isinstance(content, Costly) else content))


def _text(content: Any) -> str:
    return json.dumps(content, cls=PlotlyJSONEncoder)


def _fingerprint(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def region(page: str, name: str, content: Any = None, **properties: Any) -> html.Div:
    """A part of a page that a poll fills."""
    return html.Div(_made(content), id=f"{page}-{name}", **properties)


def seen(page: str, contents: Mapping[str, Any]) -> dcc.Store:
    """Remembers in the browser what the regions of a page show."""
    return dcc.Store(id=f"{page}-seen", data={name: digest(content) for name, content in contents.items()})


def outputs(page: str, names: tuple[str, ...]) -> list[Output]:
    """What a poll of these regions writes: each of them, and what is seen."""
    return [*(Output(f"{page}-{name}", "children") for name in names), Output(f"{page}-seen", "data")]


def changes(names: tuple[str, ...], contents: Mapping[str, Any], before: Digests | None) -> list[Any]:
    """The answer of a poll: the regions that differ from what the browser shows, nothing for the others.

    Regions without a content stay as they are.
    """
    before = before or {}
    now = {**before, **{name: digest(content) for name, content in contents.items()}}
    answers = [_made(contents[name]) if now.get(name) != before.get(name) else no_update for name in names]
    return [*answers, now if now != before else no_update]


def _made(content: Any) -> Any:
    if isinstance(content, Made):
        return content.content
    return content.make() if isinstance(content, Costly) else content
