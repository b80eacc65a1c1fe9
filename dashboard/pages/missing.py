"""What is shown where there is nothing to show: unknown addresses, unknown runs, a store out of reach."""

from dash import html

from dashboard import links
from dashboard.components.basics import button_link
from dashboard.components.notices import empty


def unknown_page(pathname: str) -> html.Div:
    """No page has this address."""
    return _missing(
        "There is no such page", f"Nothing is at `{pathname}`: the address may be mistyped or old."
    )


def unknown_name(sentence: str) -> html.Div:
    """The page exists, but not what it was asked for."""
    return _missing("Not in this store", f"{sentence.rstrip('.')}.")


def trouble(sentence: str) -> html.Div:
    """The page cannot be shown at the moment."""
    return html.Div(
        empty("store", "This page cannot be shown right now", sentence, is_page=True),
        className="page-centred",
    )


def _missing(title: str, sentence: str) -> html.Div:
    actions = [
        button_link("All runs", "runs", links.OVERVIEW, "primary"),
        button_link("All datasets", "images", links.DATASETS),
        button_link("All trials", "trials", links.TRIALS),
    ]
    return html.Div(empty("missing", title, sentence, actions, is_page=True), className="page-centred")
