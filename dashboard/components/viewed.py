"""Pages whose view stands in their address: controls, address and parts in step by one query and one poll.

Controls have ids ``{"type": "<page>-choice", "name": <key of the query>}``. What they hold becomes the query,
the query becomes the parts, and only parts that changed are sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from dashboard.components import regions
from dashboard.components.browser import in_browser
from dashboard.components.notices import skeleton
from dashboard.components.regions import Costly

_POLL_MS = 5_000
Query = Mapping[str, list[str]]


@dataclass(frozen=True)
class Viewed:
    """A page of that kind.

    Attributes:
        page: what its ids begin with.
        path: its address.
        names: its parts.
        contents: ``contents(search, dark)`` gives the parts of a view by name; pictures as :class:`Costly`.
        normal: the query string of a query, without what is as it is by itself.
    """

    page: str
    path: str
    names: tuple[str, ...]
    contents: Callable[[str, bool], Mapping[str, Any]]
    normal: Callable[[Query], str]

    def parts(self, search: str) -> dict[str, html.Div]:
        """Its parts by name, to put where they belong; pictures follow when the browser asks for them."""
        contents = self.contents(search, False)
        return {name: self._part(name, contents[name]) for name in self.names}

    def _part(self, name: str, content: Any) -> html.Div:
        if isinstance(content, Costly):
            return regions.region(self.page, name, skeleton("chart"), className="chart")
        return regions.region(self.page, name, content)

    def holders(self, search: str) -> list[Any]:
        """What remembers the view in the browser, and polls."""
        return [
            dcc.Store(id=f"{self.page}-query", data=self.path + self.normal(parse_qs(search.lstrip("?")))),
            dcc.Store(id=f"{self.page}-kept"),
            dcc.Store(id=f"{self.page}-seen", data={}),
            dcc.Interval(id=f"{self.page}-poll", interval=_POLL_MS),
        ]

    def choice_id(self, name: str) -> dict[str, str]:
        """The id of the control of a key of the query."""
        return {"type": f"{self.page}-choice", "name": name}

    def register(self, app: Dash) -> None:
        """Keep controls, address and parts in step."""
        self._register_query(app)

        @app.callback(
            regions.outputs(self.page, self.names),
            Input(f"{self.page}-query", "data"),
            Input(f"{self.page}-poll", "n_intervals"),
            Input("shell-dark", "data"),
            State(f"{self.page}-seen", "data"),
            running=[(Output(f"{self.page}-poll", "disabled"), True, False)],
        )
        def show(address: str, _: int, dark: bool | None, seen: regions.Digests) -> list[Any]:
            return regions.changes(self.names, self.contents(_search(address), bool(dark)), seen)

    def _register_query(self, app: Dash) -> None:
        chosen = {"type": f"{self.page}-choice", "name": ALL}

        @app.callback(
            Output(f"{self.page}-query", "data"),
            Input(chosen, "value"),
            State(chosen, "id"),
            State(f"{self.page}-query", "data"),
            prevent_initial_call=True,
        )
        def collect(values: list[Any], ids: list[dict[str, str]], before: str) -> Any:
            given = {one["name"]: _texts(value) for one, value in zip(ids, values, strict=True)}
            address = self.path + self.normal({**parse_qs(_search(before).lstrip("?")), **given})
            return no_update if address == before else address

        in_browser(
            app,
            "address.keep",
            Output(f"{self.page}-kept", "data"),
            Input(f"{self.page}-query", "data"),
            prevent_initial_call=True,
        )


def narrowing(
    viewed: Viewed, name: str, title: str, options: list[Any], chosen: Any, **more: Any
) -> html.Label:
    """A field that narrows what a page shows; by itself several values may be chosen."""
    dropdown = dcc.Dropdown(
        id=viewed.choice_id(name),
        options=options,
        value=chosen,
        placeholder=more.pop("placeholder", "All"),
        className="filter-choice",
        **{"multi": True, **more},
    )
    return html.Label([html.Span(title, className="field-label"), dropdown], className="filter")


def _search(address: str) -> str:
    _, mark, query = address.partition("?")
    return mark + query


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one) for one in values if one not in (None, "")]
