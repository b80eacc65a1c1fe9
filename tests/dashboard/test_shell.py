"""The frame around every page."""

from collections.abc import Iterator
from typing import Any

from dash import dcc, html

from dashboard import shell
from dashboard.app import PAGES


def parts(component: Any, kind: type) -> Iterator[Any]:
    """Every part of a kind, in the order in which it is read."""
    if isinstance(component, kind):
        yield component
    children = getattr(component, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if child is not None and not isinstance(child, str):
            yield from parts(child, kind)


def test_every_page_with_a_label_is_in_the_navigation_once_under_the_heading_of_its_group() -> None:
    navigation = next(parts(shell.frame(PAGES, "0.1.0"), html.Nav))
    found = {}
    for group in parts(navigation, html.Ul):
        heading = getattr(group, "aria-labelledby", "shell-nav-").removeprefix("shell-nav-")
        found |= {link.href: heading for link in parts(group, dcc.Link)}
    assert found == {page.path: page.group.lower() for page in PAGES if page.label}
    assert sum(1 for _ in parts(navigation, dcc.Link)) == len(found) + 1  # and the button to a new run


def test_pages_to_begin_with_stand_first() -> None:
    assert next(page for page in PAGES if page.label).group == ""
