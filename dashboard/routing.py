"""Which page an address leads to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from dash import Dash
from dash.development.base_component import Component


@dataclass(frozen=True)
class Page:
    """One page: where it is, what it shows, and the callbacks that keep it alive.

    Attributes:
        path: its address; ``<name>`` stands for one part, handed to ``layout`` by that name.
        title: title of the browser's tab, with the same names in braces.
        layout: ``layout(search=..., **parts)``; ``search`` is the query string with its question mark.
        register: enters the page's callbacks in an app.
        label: its name in the navigation, ``None`` to stay out of it.
        icon: its icon there.
        group: the heading that it stands under there; none for the pages to begin with.
    """

    path: str
    title: str
    layout: Callable[..., Component]
    register: Callable[[Dash], None] = lambda app: None
    label: str | None = None
    icon: str = ""
    group: str = ""


@dataclass(frozen=True)
class Match:
    """A page and the parts of the address that it asked for."""

    page: Page
    parts: dict[str, str]

    @property
    def title(self) -> str:
        """The title of the browser's tab."""
        return f"{self.page.title.format(**self.parts)} · Tunescope"

    def render(self, search: str) -> Component:
        """The page as it stands now."""
        return self.page.layout(search=search, **self.parts)


def find(pages: Sequence[Page], pathname: str) -> Match | None:
    """The page at a percent-encoded path, ``None`` where there is none."""
    # Split before unquoting: a study's name may hold an encoded slash.
    given = [unquote(part) for part in _split(pathname)]
    for page in pages:
        parts = _parts(_split(page.path), given)
        if parts is not None:
            return Match(page, parts)
    return None


def _split(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _parts(pattern: list[str], given: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(given):
        return None
    parts: dict[str, Any] = {}
    for expected, part in zip(pattern, given, strict=True):
        if expected.startswith("<"):
            parts[expected.strip("<>")] = part
        elif expected != part:
            return None
    return parts
