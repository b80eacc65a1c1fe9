"""`/runs/<id>`: one run, live."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import connection, links, reading
from dashboard.components import regions, run_parts, steering
from dashboard.components.basics import (
    badge,
    button_link,
    card,
    fold,
    page_head,
)
from dashboard.components.charts import chart, chart_card
from dashboard.components.dialog import dialog, register_dialog
from dashboard.components.fields import fault, values_of
from dashboard.components.notices import notice
from dashboard.components.studies import studies_table
from dashboard.launch import resume_run
from dashboard.reading import RunView
from dashboard.routing import Page
from tunescope.analysis.comparison import compare_studies
from tunescope.analysis.pareto import has_several
from tunescope.errors import ParameterError, TunescopeError
from tunescope.figures import CHARTS
from tunescope.search.space import MODEL, Space
from tunescope.search.steering import ask, check_limits, configuration_of, limits_of, space_of, typed
from tunescope.store import Store
from tunescope.store.commands import CommandName

_HEAD = ("state", "about", "actions", "notice")
_TEXTS = (*_HEAD, "tiles", "meters", "stages", "fronts", "studies", "recent", "asked", "files", "log")
_CHARTS = ("history", "learning_curves", "pareto")
_REGIONS = (*_TEXTS, *_CHARTS)
_LIVE_MS, _CALM_MS = 1_000, 4_000
_CHART_EVERY = 3
_POLLED = Output("run-poll", "n_intervals", allow_duplicate=True)
# What a button asks without any argument.
_SIMPLE: Mapping[CommandName, str] = {
    "stop": "run-stop-confirm",
    "pause": "run-pause",
    "resume": "run-continue",
}


def layout(run_id: str, search: str = "") -> html.Div:
    """The page of a run as it stands; charts follow with the first poll."""
    view = reading.run_view(connection.store(), run_id)
    contents = _texts(view)
    at = {name: regions.region("run", name, contents[name]) for name in _TEXTS}
    return html.Div(
        [
            page_head([html.Span(run_id, className="run-title"), at["state"]], at["about"], at["actions"]),
            at["notice"],
            html.Div(_body(run_id, at), id="run-body", className=_body_class(view)),
            fold("Settings of this run", run_parts.settings(view)),
            _stop_dialog(),
            steering.dialog("run-enqueue", "Try a configuration", "Try it"),
            steering.dialog("run-limits", "Budget and workers", "Change"),
            dcc.Store(id="run-id", data=run_id),
            regions.seen("run", contents),
            dcc.Interval(id="run-poll", interval=_pace(view)),
        ]
    )


def register(app: Dash) -> None:
    """Keep the page alive; steer, stop and resume."""
    register_dialog(app, "run-stop")
    _register_poll(app)
    _register_commands(app)
    _register_enqueue(app)
    _register_limits(app)


def _register_poll(app: Dash) -> None:

    @app.callback(
        [*regions.outputs("run", _REGIONS), Output("run-poll", "interval"), Output("run-body", "className")],
        Input("run-poll", "n_intervals"),
        Input("shell-dark", "data"),
        State("run-id", "data"),
        State("run-seen", "data"),
        State("run-poll", "interval"),
        State("run-body", "className"),
        # The next poll waits for this answer, however long it takes.
        running=[(Output("run-poll", "disabled"), True, False)],
    )
    def poll(
        polls: int | None, dark: bool, run_id: str, seen: regions.Digests, pace: int, css: str
    ) -> list[Any]:
        store = connection.store()
        view = reading.run_view(store, run_id)
        # Drawing takes time that a search on the same machine would rather have.
        is_due = not view.is_live or not polls or polls % _CHART_EVERY == 0 or ctx.triggered_id != "run-poll"
        contents = {**_texts(view), **(_charts(store, view, dark) if is_due else {})}
        return [
            *regions.changes(_REGIONS, contents, seen),
            _new(_pace(view), pace),
            _new(_body_class(view), css),
        ]

    @app.callback(
        Output("run-poll", "n_intervals", allow_duplicate=True),
        Input("run-resume", "n_clicks"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        running=[(Output("run-resume", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def resume(clicks: int | None, run_id: str, polls: int | None) -> int:
        if not clicks:
            raise PreventUpdate
        here = connection.current()
        resume_run(here.store(), run_id, here.launcher)
        return (polls or 0) + 1


def _register_commands(app: Dash) -> None:
    for name, clicked in _SIMPLE.items():
        _register_simple(app, name, clicked)

    @app.callback(
        _POLLED,
        Input({"type": "run-prune", "study": ALL, "number": ALL}, "n_clicks"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        prevent_initial_call=True,
    )
    def prune(clicks: list[int | None], run_id: str, polls: int | None) -> int:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        chosen = ctx.triggered_id
        argument = {"study": chosen["study"], "number": chosen["number"]}
        ask(connection.store(), run_id, "prune", argument)
        return (polls or 0) + 1


def _register_simple(app: Dash, name: CommandName, clicked: str) -> None:
    """A button that asks something without any argument."""

    @app.callback(
        _POLLED,
        Input(clicked, "n_clicks"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        running=[(Output(clicked, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def send(clicks: int | None, run_id: str, polls: int | None) -> int:
        if not clicks:
            raise PreventUpdate
        ask(connection.store(), run_id, name)
        return (polls or 0) + 1


def _register_enqueue(app: Dash) -> None:
    field, part = ({"type": f"{steering.VALUES}-{kind}", "key": ALL} for kind in ("field", "part"))

    def content(run_id: str) -> Any:
        return steering.configuration_form(space_of(connection.store(), run_id))

    def send(run_id: str, entered: Mapping[str, Any]) -> None:
        store = connection.store()
        space = space_of(store, run_id)
        configuration = configuration_of(space, _existing(space, entered))
        ask(store, run_id, "enqueue", {"configuration": configuration})

    _register_form(app, "run-enqueue", field, content, send)

    @app.callback(
        Output("run-enqueue-fields", "children"),
        Input({"type": f"{steering.VALUES}-field", "key": MODEL}, "value"),
        State("run-id", "data"),
        prevent_initial_call=True,
    )
    def choose_model(model: str, run_id: str) -> Any:
        return steering.hyperparameter_fields(space_of(connection.store(), run_id), model)

    @app.callback(
        Output(part, "className"),
        Output({"type": f"{steering.VALUES}-fault", "key": ALL}, "children"),
        Input(field, "value"),
        State(field, "id"),
        State(part, "id"),
        State("run-id", "data"),
        prevent_initial_call=True,
    )
    def check(
        entered: list[Any], ids: list[dict[str, str]], parts: list[dict[str, str]], run_id: str
    ) -> tuple[Any, Any]:
        space = space_of(connection.store(), run_id)
        given = _existing(space, values_of(entered, ids))
        shown = [steering.part_class(_exists(space, one["key"], given)) for one in parts]
        return shown, [fault(_fault(space, given, one["key"])) for one in ids]


def _existing(space: Space, entered: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered, typed, without empty fields and those whose conditions do not hold."""
    declared, given = space.to_dict(), dict[str, Any]()
    for one in space.hyperparameters:
        value = entered.get(one.name)
        if value not in (None, "") and one.exists(given):
            given[one.name] = typed(declared[one.name], value)
    return given


def _exists(space: Space, name: str, given: Mapping[str, Any]) -> bool:
    return any(one.exists(given) for one in space.hyperparameters if one.name == name)


def _fault(space: Space, given: Mapping[str, Any], name: str) -> str | None:
    return next((text for text in space.faults(given) if text.startswith(f"`{name}`")), None)


def _register_limits(app: Dash) -> None:
    field = {"type": f"{steering.LIMITS}-field", "key": ALL}

    def content(run_id: str) -> Any:
        return steering.limits_form(limits_of(connection.store(), run_id))

    def send(run_id: str, entered: Mapping[str, Any]) -> None:
        _change_limits(run_id, _changes(run_id, entered))

    _register_form(app, "run-limits", field, content, send)

    @app.callback(
        Output({"type": f"{steering.LIMITS}-fault", "key": ALL}, "children"),
        Input(field, "value"),
        State(field, "id"),
        State("run-id", "data"),
        prevent_initial_call=True,
    )
    def check(entered: list[Any], ids: list[dict[str, str]], run_id: str) -> list[Any]:
        try:
            check_limits(connection.store(), run_id, _changes(run_id, values_of(entered, ids)))
            lines = []
        except ParameterError as error:
            lines = str(error).splitlines()
        told = [next((line for line in lines if line.startswith(f"`{one['key']}`")), None) for one in ids]
        return [fault(line) for line in told]


def _changes(run_id: str, entered: Mapping[str, Any]) -> dict[str, Any]:
    """What of the fields differs from what holds now, by name of the limit."""
    before = limits_of(connection.store(), run_id)
    now = {key.partition(".")[2]: None if value == "" else value for key, value in entered.items()}
    return {name: value for name, value in now.items() if value != before[name]}


def _change_limits(run_id: str, changes: Mapping[str, Any]) -> None:
    store = connection.store()
    check_limits(store, run_id, changes)
    budget = {name: value for name, value in changes.items() if name != "workers"}
    if budget:
        ask(store, run_id, "budget", budget)
    if changes.get("workers"):
        ask(store, run_id, "workers", {"count": changes["workers"]})


def _register_form(
    app: Dash,
    prefix: str,
    field: Mapping[str, Any],
    content: Callable[[str], Any],
    send: Callable[[str, Mapping[str, Any]], None],
) -> None:
    """A dialog that is filled with ``content(run_id)`` and sends what was entered into its fields."""

    @app.callback(
        Output(f"{prefix}-dialog", "is_open"),
        Output(f"{prefix}-body", "children"),
        Output(f"{prefix}-problem", "children"),
        Input(prefix, "n_clicks"),
        State("run-id", "data"),
        prevent_initial_call=True,
    )
    def show(clicks: int | None, run_id: str) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        return True, content(run_id), None

    # The button that opens may be gone while the dialog is open: its answers are a callback of their own.
    @app.callback(
        Output(f"{prefix}-dialog", "is_open", allow_duplicate=True),
        Output(f"{prefix}-problem", "children", allow_duplicate=True),
        _POLLED,
        Input(f"{prefix}-cancel", "n_clicks"),
        Input(f"{prefix}-confirm", "n_clicks"),
        State(field, "value"),
        State(field, "id"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        running=[(Output(f"{prefix}-confirm", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def answer(
        cancelled: int | None,
        confirmed: int | None,
        entered: list[Any],
        ids: list[dict[str, str]],
        run_id: str,
        polls: int | None,
    ) -> tuple[Any, ...]:
        if ctx.triggered_id != f"{prefix}-confirm":
            return False, None, no_update
        try:
            send(run_id, values_of(entered, ids))
        except TunescopeError as error:
            problem = "; ".join(str(error).splitlines())
            return no_update, notice("danger", "Not sent", problem), no_update
        return False, None, (polls or 0) + 1


def _pace(view: RunView) -> int:
    return _LIVE_MS if view.is_live else _CALM_MS


def _new(value: Any, before: Any) -> Any:
    return no_update if value == before else value


def _body(run_id: str, at: Mapping[str, Any]) -> list[Any]:
    return [
        at["tiles"],
        at["meters"],
        html.Div(
            [chart_card("history", "run-history"), card("Steps", at["stages"])],
            className="split-wide run-course",
        ),
        html.Div(
            card(
                CHARTS["pareto"].title,
                [html.Div(id="run-pareto", className="chart"), at["fronts"]],
                note=CHARTS["pareto"].line,
                className="chart-card",
            ),
            className="run-front",
        ),
        chart_card("learning_curves", "run-learning_curves", "run-trained run-curves"),
        card("Studies compared", at["studies"], actions=_charts_link(run_id), className="run-trained"),
        card("Latest trials", at["recent"], actions=_trials_link(run_id), className="run-trained"),
        at["asked"],
        card("Log", at["log"], actions=at["files"], className="run-log"),
    ]


def _body_class(view: RunView) -> str:
    """A run that ended before its first trial has a log to show, and no curves."""
    front = " has-front" if has_several(view.studies) else ""
    if view.is_live:
        return f"run-body is-{view.state}{front}"
    has_curve = view.trials["epochs"].notna() | ~view.trials["state"].isin(reading.ENDED)
    missing = " is-untrained" if view.trials.empty else "" if has_curve.any() else " is-shallow"
    return f"run-body is-{view.state}{missing}{front}"


def _texts(view: RunView) -> dict[str, Any]:
    return {
        "state": badge(view.state),
        "about": run_parts.about(view),
        "actions": run_parts.actions(view),
        "notice": run_parts.verdict(view),
        "tiles": run_parts.tiles(view),
        "meters": run_parts.meters(view),
        "stages": run_parts.steps(view),
        "fronts": run_parts.fronts(view) if has_several(view.studies) else None,
        "studies": studies_table(
            compare_studies(view.trials, view.studies), "still searching" if view.is_live else "has not ended"
        ),
        "recent": run_parts.latest_trials(view),
        "asked": steering.asked(view),
        "files": run_parts.files(view),
        "log": run_parts.log(reading.log_tail(view.folder)),
    }


def _charts(store: Store, view: RunView, dark: bool) -> dict[str, Any]:
    epochs = reading.curve_epochs(store, view.trials)
    frames = {"trials": view.trials, "studies": view.studies, "epochs": epochs}
    # Numbers that change whenever a chart would.
    ended = [
        int(view.trials["state"].isin(reading.ENDED).sum()),
        int(view.trials["trial_id"].sum()),
        bool(dark),
    ]
    made_from = {"history": ended, "learning_curves": [*ended, len(epochs)]}
    if has_several(view.studies):
        made_from["pareto"] = ended
    return {name: _chart(name, frames, dark, numbers) for name, numbers in made_from.items()}


def _chart(name: str, frames: dict[str, pd.DataFrame], dark: bool, made_from: list[Any]) -> regions.Costly:
    return regions.Costly(made_from, lambda: chart(name, frames, dark))


def _stop_dialog() -> html.Div:
    return dialog(
        "run-stop",
        "Stop this run?",
        "Trials in training are thrown away; finished ones stay. You can resume the run later.",
        "Stop the run",
    )


def _charts_link(run_id: str) -> Any:
    return button_link("All charts", "chart", links.trials(run=[run_id]), "quiet")


def _trials_link(run_id: str) -> Any:
    return button_link("All trials", "trials", links.trials(run=[run_id]), "quiet")


PAGE = Page("/runs/<run_id>", "{run_id}", layout, register)
