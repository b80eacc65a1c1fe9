"""`/new`: start a run."""

import uuid
from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import beginnings, connection, foresight, form, links, space_form
from dashboard.beginnings import Beginning
from dashboard.components import (
    new_augmentation,
    new_choices,
    new_form,
    new_images,
    new_schedules,
    new_side,
    space_editor,
)
from dashboard.components.basics import page_head
from dashboard.components.browser import in_browser
from dashboard.components.fields import fault, values_of
from dashboard.components.picks import NOTE, PICK
from dashboard.form import Values
from dashboard.launch import command_line, is_preparation, run_file
from dashboard.presets import GOALS, PRESETS
from dashboard.routing import Page
from dashboard.space_form import Edits
from tunescope.errors import TunescopeError
from tunescope.search.estimate import typical_seconds
from tunescope.search.seeding import require_study
from tunescope.store import frames, runs

_FIELD, _FAULT = ({"type": f"new-{kind}", "key": ALL} for kind in ("field", "fault"))
_PICK, _NOTE = ({"type": kind, "key": ALL} for kind in (PICK, NOTE))
_COST = {"type": new_choices.COST, "key": ALL}
_EDIT_FAULT = {"type": space_editor.FAULT, "key": ALL}
_SPACE, _OPTION = ({"type": kind, "key": ALL} for kind in (space_editor.SPACE, space_editor.OPTION))
_REBUILDS = ("search.models", "features.extractors", "learning_rate.policy", "search.training.weights")
_MOST_RUNS = 200
# No id of a run begins with a dash.
_NO_RUN = "-"
Carried = Mapping[str, Any]
"""What the browser keeps of a :class:`Beginning`, beside the values of the fields."""


def layout(search: str = "") -> html.Div:
    """The form of an address: as the project is configured, of a preset, or like an earlier run."""
    begun = beginnings.at(connection.store(), search)
    tree = form.changed(begun.values, _kept(_carried(begun), begun.values, begun.edits))
    return html.Div(
        [
            page_head("New run", "What to search, with what, and for how long.", _earlier(begun)),
            new_choices.presets(new_choices.chosen_preset(begun.origin)),
            html.Div(
                [new_form.fields(begun.values, begun.edits), new_side.side(tree, begun.values)],
                className="form-split",
            ),
            dcc.Store(id="new-carried", data=_carried(begun)),
            dcc.Store(id="new-edits", data=dict(begun.edits)),
            dcc.Store(id="new-query", data=search),
            # One token a form: however often start is clicked, it starts one run.
            dcc.Store(id="new-token", data=uuid.uuid4().hex),
            dcc.Location(id="new-goto", refresh="callback-nav"),
            dcc.Location(id="new-like", refresh="callback-nav"),
        ],
        className="new-page",
    )


def register(app: Dash) -> None:
    """Fill by cards, check as one types, keep the address, show the command, start."""
    _register_picks(app)
    _register_editor(app)
    _register_check(app)
    _register_estimates(app)
    _register_start(app)
    new_schedules.register(app)
    new_augmentation.register(app)


def _register_picks(app: Dash) -> None:
    @app.callback(
        Output(_FIELD, "value"),
        Output("new-carried", "data"),
        Input(_PICK, "n_clicks"),
        State("new-carried", "data"),
        prevent_initial_call=True,
    )
    def pick(clicks: list[int | None], carried: Carried) -> tuple[list[Any], Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        values, changed = _picked(ctx.triggered_id["key"], carried)
        return [values.get(key, no_update) for key in _keys(ctx.outputs_list[0])], changed

    @app.callback(
        Output(_PICK, "aria-pressed"),
        Input(_FIELD, "value"),
        Input("new-carried", "data"),
        State(_FIELD, "id"),
        prevent_initial_call=True,
    )
    def mark(entered: list[Any], carried: Carried, ids: list[dict[str, str]]) -> list[str]:
        values = values_of(entered, ids)
        chosen = {
            f"preset:{new_choices.chosen_preset(carried['origin'])}",
            f"goal:{new_choices.goal_of(values)}",
            f"images:{values.get('dataset.source')}",
        }
        return [str(key in chosen).lower() for key in _keys(ctx.outputs_list)]

    @app.callback(
        Output("new-like", "href"),
        Input("new-earlier", "value"),
        State("new-carried", "data"),
        prevent_initial_call=True,
    )
    def begin_like(run_id: str | None, carried: Carried) -> str:
        if run_id == carried["origin"].get("from", _NO_RUN):
            raise PreventUpdate
        return links.with_query(links.NEW, {} if run_id == _NO_RUN else {"from": run_id})


def _register_editor(app: Dash) -> None:
    @app.callback(
        Output("new-spaces", "children"),
        *(Input({"type": "new-field", "key": key}, "value") for key in _REBUILDS),
        State("new-edits", "data"),
        prevent_initial_call=True,
    )
    def show_spaces(*given: Any) -> Any:
        *chosen, edits = given
        return new_form.spaces(dict(zip(_REBUILDS, chosen, strict=True)), edits or space_form.NO_EDITS)

    @app.callback(
        Output("new-options", "children"),
        Input({"type": "new-field", "key": "search.strategies"}, "value"),
        State("new-edits", "data"),
        prevent_initial_call=True,
    )
    def show_options(strategies: list[str] | None, edits: dict[str, Any] | None) -> Any:
        return space_editor.option_fields(strategies or [], edits or space_form.NO_EDITS)

    @app.callback(
        Output("new-edits", "data"),
        Input(_SPACE, "value"),
        Input(_OPTION, "value"),
        State(_SPACE, "id"),
        State(_OPTION, "id"),
        State(_FIELD, "value"),
        State(_FIELD, "id"),
        State("new-edits", "data"),
        prevent_initial_call=True,
    )
    def collect(
        spaces: list[Any],
        options: list[Any],
        space_ids: list[dict[str, str]],
        option_ids: list[dict[str, str]],
        entered: list[Any],
        ids: list[dict[str, str]],
        before: dict[str, Any] | None,
    ) -> Any:
        edits = space_form.collected(
            values_of(entered, ids),
            values_of(spaces, space_ids),
            values_of(options, option_ids),
            before or space_form.NO_EDITS,
        )
        return no_update if edits == before else edits


def _register_check(app: Dash) -> None:
    @app.callback(
        Output(_FAULT, "children"),
        Output("new-command", "children"),
        Output("new-yaml", "children"),
        Output("new-to-mend", "children"),
        Output("new-query", "data"),
        Output(_EDIT_FAULT, "children"),
        Input(_FIELD, "value"),
        Input("new-edits", "data"),
        Input("new-carried", "data"),
        State(_FIELD, "id"),
    )
    def check(
        entered: list[Any], edits: Edits | None, carried: Carried | None, ids: list[dict[str, str]]
    ) -> tuple[Any, ...]:
        values = values_of(entered, ids)
        kept = _kept(carried, values, edits)
        found, changed = {**_told_by_store(values), **form.faults(values, kept)}, form.changed(values, kept)
        faults, edited = (
            [fault(found.get(key)) for key in _keys(ctx.outputs_list[place])] for place in (0, 5)
        )
        begun = Beginning(
            (carried or {}).get("origin", {}), values, edits=space_form.kept_edits(edits, values)
        )
        query = beginnings.query_of(connection.store(), begun)
        view = new_side.faults_view(found)
        return faults, command_line(changed), run_file(changed), view, query, edited

    in_browser(app, "shell.showProblem", Output("new-problem", "title"), Input("new-problem", "children"))
    # Back, a reload and a link show the form as it was left.
    in_browser(app, "address.keep", Output("new-start", "title"), Input("new-query", "data"))


def _register_estimates(app: Dash) -> None:
    @app.callback(
        Output("new-estimate", "children"),
        Output("new-estimate-basis", "children"),
        Input(_FIELD, "value"),
        Input("new-edits", "data"),
        State(_FIELD, "id"),
        State("new-carried", "data"),
    )
    def foresee(
        entered: list[Any], edits: Edits | None, ids: list[dict[str, str]], carried: Carried
    ) -> tuple[Any, Any]:
        values = values_of(entered, ids)
        tree = form.tree_of(values, _kept(carried, values, edits))
        return new_side.estimate_view(foresight.foresee(connection.store(), tree), values)

    @app.callback(
        Output(_COST, "children"),
        Output(_NOTE, "children"),
        Input({"type": "new-field", "key": "dataset.source"}, "value"),
    )
    def foresee_choices(source: str | None) -> tuple[list[str], list[str]]:
        store, values = connection.store(), {**form.defaults(), "dataset.source": source}
        trials = foresight.measured(store, source)
        seconds, found = typical_seconds(trials), foresight.foresee_presets(store, values, trials)
        told = {
            f"preset:{name}": new_side.preset_note(found[name], one.values()) for name, one in PRESETS.items()
        }
        models, cards = map(_keys, ctx.outputs_list)
        costs = [new_choices.cost(seconds.get(model)) for model in models]
        return costs, [told.get(card, "") for card in cards]


def _register_start(app: Dash) -> None:
    @app.callback(
        Output("new-goto", "href"),
        Output("new-problem", "children"),
        Input("new-start", "n_clicks"),
        State(_FIELD, "value"),
        State(_FIELD, "id"),
        State("new-token", "data"),
        State("new-carried", "data"),
        State("new-edits", "data"),
        running=[
            (Output("new-start", "disabled"), True, False),
            (Output("new-start", "className"), "button button-primary busy", "button button-primary"),
        ],
        prevent_initial_call=True,
    )
    def start(
        clicks: int | None,
        entered: list[Any],
        ids: list[dict[str, str]],
        token: str,
        carried: Carried | None,
        edits: Edits | None,
    ) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        values = values_of(entered, ids)
        kept = _kept(carried, values, edits)
        # That the id is free is seen at the start: a second click must find the run of the first.
        others = {**values, "run.id": None}
        if found := {**_told_by_store(others), **form.faults(values, kept)}:
            return no_update, new_side.not_started(f"{new_side.to_mend(found)} first.")
        try:
            run_id = connection.current().start_once(token, form.tree_of(values, kept))
        except TunescopeError as error:
            return no_update, new_side.not_started(str(error))
        return links.run(run_id), None


def _told_by_store(values: Values) -> dict[str, str]:
    """Faults that the store alone knows of: an id that is taken, a study to begin with that is not there."""
    checks = {"run.id": runs.require_free, "search.seed_study": require_study}
    found = {}
    for key, check in checks.items():
        try:
            if name := form.given(key, values.get(key)):
                check(connection.store(), name)
        except TunescopeError as error:
            found[key] = str(error)
    return found


def _keys(outputs: list[dict[str, Any]]) -> list[str]:
    """Which of repeated parts a callback writes."""
    return [one["id"]["key"] for one in outputs]


def _picked(key: str, carried: Carried) -> tuple[Values, Any]:
    """What a card sets: values of fields, and what is carried over."""
    kind, _, name = key.partition(":")
    if kind == "goal":
        return {"search.objective": GOALS[name][0]}, no_update
    if kind == "preset":
        return PRESETS[name].values(), {**carried, "origin": {**carried["origin"], "preset": name}}
    return _picked_images(name, carried)


def _picked_images(source: str, carried: Carried) -> tuple[Values, Any]:
    """Images come with the choices that they were prepared with last."""
    store = connection.store()
    known = next((one.prepared for one in new_images.sources(store) if one.source == source), None)
    prepared = known.runs[0] if known else ""
    begun = beginnings.beginning(store, {"prepared": prepared})
    values = {key: value for key, value in begun.values.items() if key.startswith("dataset.")}
    tree = {**carried["tree"], "dataset": begun.tree.get("dataset", {})}
    origin = {**carried["origin"], "prepared": prepared}
    return {**values, "dataset.source": source}, {"origin": origin, "tree": tree, "source": source}


def _earlier(begun: Beginning) -> Any:
    """The choice of an earlier run to begin like."""
    found = frames.runs_frame(connection.store()).head(_MOST_RUNS)
    ids = [run_id for run_id in found["run_id"] if not is_preparation(run_id)]
    if not ids:
        return None
    options = [{"value": _NO_RUN, "label": "no earlier run"}, *({"value": one, "label": one} for one in ids)]
    control = dbc.Select(
        id="new-earlier", options=options, value=begun.origin.get("from", _NO_RUN), className="field-input"
    )
    return html.Label(
        [html.Span("Begin like an earlier run", className="field-label"), control], className="new-earlier"
    )


def _carried(begun: Beginning) -> dict[str, Any]:
    return {"origin": dict(begun.origin), "tree": dict(begun.tree), "source": begun.source}


def _kept(carried: Carried | None, values: Values, edits: Edits | None = None) -> dict[str, Any]:
    """What is carried over from an earlier run, and the edits; the name of other images is not."""
    carried = carried or {}
    tree = form.merged(carried.get("tree", {}), {})
    if values.get("dataset.source") != carried.get("source"):
        tree.get("dataset", {}).pop("name", None)
    return form.merged(tree, space_form.edits_tree(space_form.kept_edits(edits, values)))


PAGE = Page(links.NEW, "New run", layout, register)
