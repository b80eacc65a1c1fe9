"""How a click, a brush or two bounds narrow the trials."""

from collections.abc import Mapping
from typing import Any

from dash import ALL, Dash, Input, Output, Patch, State, ctx, no_update

from dashboard import connection
from dashboard.components import trial_filters
from dashboard.selection import MOST_RANGES, TrialsView, filter_model
from tunescope.store.selection import TrialFilter

# The filters by name, each a choice of values.
CHOICE = {"type": "trials-choice", "name": ALL}


def register(app: Dash) -> None:
    """What a click, a brush or two bounds add to the filters, or take away."""

    @app.callback(
        Output("trials-grid", "filterModel"),
        Output("trials-more", "children"),
        Output(CHOICE, "value"),
        Input("trials-apply", "n_clicks"),
        Input("trials-brushed", "data"),
        Input({"type": "trials-drop", "name": ALL}, "n_clicks"),
        Input("trials-add", "value"),
        State("trials-low", "value"),
        State("trials-high", "value"),
        State("trials-query", "data"),
        State(CHOICE, "id"),
        prevent_initial_call=True,
    )
    def narrow(
        _: int | None,
        brushed: list[dict[str, Any]] | None,
        dropped: list[int | None],
        added: str | None,
        low: float | None,
        high: float | None,
        query: str,
        ids: list[dict[str, str]],
    ) -> tuple[Any, ...]:
        chosen = TrialsView.from_query(query).chosen
        asked = ctx.triggered_id
        kept = [no_update] * len(ids)
        if isinstance(asked, dict) and any(dropped):
            return filter_model(chosen.with_bounds(asked["name"], ())), no_update, kept
        if asked == "trials-apply" and added and (low, high) != (None, None):
            return filter_model(chosen.with_bounds(added, [_in_order(low, high)])), no_update, kept
        if asked == "trials-brushed" and brushed:
            return _brushed(chosen, brushed, [one["name"] for one in ids])
        if asked == "trials-add" and added and _is_chosen_by_name(added):
            known = [one["name"] for one in ids]
            return no_update, _more({added: ()}, known), kept
        return no_update, no_update, kept

    @app.callback(
        Output("trials-bounds", "className"),
        Output("trials-low", "placeholder"),
        Output("trials-high", "placeholder"),
        Input("trials-add", "value"),
        prevent_initial_call=True,
    )
    def offer(added: str | None) -> tuple[str, str, str]:
        if not added or _is_chosen_by_name(added):
            return "filter-bounds hidden", "", ""
        low, high = connection.table().refresh().extent(added) or (None, None)
        return "filter-bounds", _as_hint(low), _as_hint(high)


def _is_chosen_by_name(key: str) -> bool:
    known = connection.table().fields.get(key)
    return known is not None and known.text is not None


def _as_hint(bound: float | None) -> str:
    return "" if bound is None else format(bound, ".4g")


def _in_order(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    return (high, low) if low is not None and high is not None and high < low else (low, high)


def _brushed(chosen: TrialFilter, brushed: list[dict[str, Any]], known: list[str]) -> tuple[Any, ...]:
    """A brush narrows numbers to ranges and names to those under it."""
    named = {one["field"]: tuple(map(str, one["values"])) for one in brushed if "values" in one}
    for one in brushed:
        if "ranges" in one:
            bounds = [(float(low), float(high)) for low, high in one["ranges"][:MOST_RANGES]]
            chosen = chosen.with_bounds(one["field"], bounds)
    values = [list(named[key]) if key in named else no_update for key in known]
    return filter_model(chosen), _more(named, known), values


def _more(named: Mapping[str, tuple[str, ...]], known: list[str]) -> Any:
    """The filters that are new, added to those that are there."""
    new = {key: values for key, values in named.items() if key not in known}
    if not new:
        return no_update
    children = Patch()
    children.extend([trial_filters.choice(key, values, connection.table()) for key, values in new.items()])
    return children
