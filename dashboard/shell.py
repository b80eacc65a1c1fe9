"""What surrounds every page: navigation, the address, notices about the store."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import links, troubles
from dashboard.components.basics import attributes, icon, link
from dashboard.components.browser import in_browser
from dashboard.components.notices import loading_page, notice
from dashboard.pages import missing
from dashboard.routing import Match, Page, find
from tunescope.errors import UnknownNameError

logger = logging.getLogger("dashboard")
_RETRY_MS = 3_000
_WATCHED: Any = {"shell-page": "children"}


def frame(pages: Sequence[Page], version: str) -> html.Div:
    """The frame that stays while pages come and go."""
    return html.Div(
        [
            html.A("Skip to the content", href="#shell-page", className="skip-link"),
            _navigation(pages, version),
            html.Main(
                [html.Div(id="shell-offline", role="status"), html.Div(id="shell-trouble"), _page()],
                className="shell-main",
            ),
            html.Div(
                [
                    html.Div(id="shell-ends", **attributes(aria_live="polite")),
                    html.Div(id="shell-toasts", className="toasts", **attributes(aria_live="polite")),
                ],
                className="toast-stack",
            ),
            dcc.Location(id="shell-url", refresh="callback-nav"),
            dcc.Store(id="shell-title"),
            dcc.Store(id="shell-dark"),
            dcc.Interval(id="shell-retry", interval=_RETRY_MS, disabled=True),
        ],
        className="shell",
    )


def register(app: Dash, pages: Sequence[Page]) -> None:
    """Show the page of the address."""

    @app.callback(
        Output("shell-page", "children"),
        Output("shell-title", "data"),
        Output("shell-retry", "disabled"),
        Output("shell-trouble", "children"),
        Input("shell-url", "pathname"),
        Input("shell-url", "search"),
        Input("shell-retry", "n_intervals"),
    )
    def show(pathname: str, search: str | None, _: int) -> tuple[Any, ...]:
        match = find(pages, pathname)
        title = match.title if match else "Not found · Tunescope"
        content, is_well = _rendered(match, pathname, search or "")
        if not is_well and ctx.triggered_id == "shell-retry":
            raise PreventUpdate  # what was read before stays in view
        return content, title, is_well, None

    in_browser(
        app,
        "navigation.arrive",
        Output("shell-nav", "className"),
        Input("shell-title", "data"),
        State("shell-url", "pathname"),
    )
    in_browser(
        app,
        "shell.prefersDark",
        Output("shell-dark", "data"),
        Input("shell-url", "pathname"),
        State("shell-dark", "data"),
    )


def on_error(error: Exception) -> None:
    """Say what a callback could not do: above the page for a poll, in a corner for a click."""
    text = troubles.sentence(error)
    logger.info("A callback ended in an error: %s", text)
    if str(ctx.triggered_id).endswith("-poll"):
        set_props("shell-trouble", {"children": notice("warning", "What you see may be out of date", text)})
        set_props("shell-retry", {"disabled": False})
    else:
        set_props("shell-toasts", {"children": _toast(text)})


def _toast(text: str) -> html.Div:
    # The time tells the browser that the same sentence was said again.
    body = notice("danger", "That did not work", text)
    return html.Div(body, className="toast-part", **attributes(data_at=f"{time.time():.3f}"))


def _rendered(match: Match | None, pathname: str, search: str) -> tuple[Component, bool]:
    """The page, and whether it needs no second try."""
    if match is None:
        return missing.unknown_page(pathname), True
    try:
        return match.render(search), True
    except UnknownNameError as error:
        return missing.unknown_name(str(error)), True
    except Exception as error:
        return missing.trouble(troubles.sentence(error)), False


def _page() -> dcc.Loading:
    return dcc.Loading(
        html.Div(loading_page(), id="shell-page", tabIndex="-1"),
        target_components=_WATCHED,
        overlay_style={"visibility": "visible", "opacity": 0.55},
        custom_spinner=html.Div(className="loading-bar"),
        delay_show=350,
        show_initially=False,
    )


def _navigation(pages: Sequence[Page], version: str) -> html.Header:
    menu = html.Button(
        icon("menu"),
        id="shell-menu",
        type="button",
        className="menu-button",
        **attributes(aria_label="Menu", aria_expanded="false", aria_controls="shell-nav"),
    )
    groups = [_group(group, pages) for group in dict.fromkeys(page.group for page in pages if page.label)]
    new = link([icon("new"), html.Span("New run")], links.NEW, "button button-primary nav-new")
    about = html.Div([html.Span(f"Tunescope {version}")], className="nav-foot")
    nav = html.Nav(
        [new, html.Div(groups, className="nav-groups"), about],
        id="shell-nav",
        className="nav",
        **attributes(aria_label="Main"),
    )
    brand = link([html.Span(className="brand-mark"), html.Span("Tunescope")], links.OVERVIEW, "brand")
    return html.Header([brand, menu, nav], className="shell-bar")


def _group(group: str, pages: Sequence[Page]) -> html.Div:
    """The pages of one heading, in the order in which they are registered."""
    items = [_item(page) for page in pages if page.label and page.group == group]
    if not group:
        return html.Div(html.Ul(items), className="nav-group")
    name = f"shell-nav-{group.lower()}"
    heading = html.Div(group, id=name, className="nav-heading")
    return html.Div([heading, html.Ul(items, **attributes(aria_labelledby=name))], className="nav-group")


def _item(page: Page) -> html.Li:
    return html.Li(link([icon(page.icon), html.Span(page.label)], page.path, "nav-link"))
