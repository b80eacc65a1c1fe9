"""What clicks on the page of a run ask of it."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from dash import ALL, MATCH, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

from dashboard import connection
from dashboard.components import steering
from dashboard.components.dialog import register_dialog
from dashboard.components.fields import fault, values_of
from dashboard.components.notices import notice
from dashboard.launch import resume_run
from dashboard.reading import LIVE, records, since
from dashboard.watching import expire
from dashboard.wording import is_missing
from tunescope.errors import ParameterError, TunescopeError
from tunescope.search.foresight import endings
from tunescope.search.space import MODEL, Space
from tunescope.search.steering import ask, check_limits, configuration_of, limits_of, space_of, typed
from tunescope.store import Store, frames, runs
from tunescope.store.commands import CommandName

# The same asked again within this time is the second half of a double click.
_DOUBLE_SECONDS = 2.0
_asking = threading.Lock()
# Button -> what it asks.
_SIMPLE: Mapping[str, tuple[CommandName, Mapping[str, Any] | None]] = {
    "run-stop-confirm": ("stop", None),
    "run-stop-later": ("stop", {"finish_trials": True}),
    "run-pause": ("pause", None),
    "run-continue": ("resume", None),
}


def ask_once(store: Store, run_id: str, name: CommandName, argument: Mapping[str, Any] | None = None) -> None:
    """Ask something of a run, unless the very same was asked a moment ago or waits for its answer.

    Raises:
        UnknownNameError: when there is no such run.
        RunError: when no process works on it.
        ParameterError: when the argument lacks something, or holds what the command does not take.
    """
    with _asking:
        asked = records(frames.commands_frame(store, run_id))
        # What takes no argument may be asked again as soon as its opposite was.
        asked = asked if argument else asked[-1:]
        if not any(_is_same(one, name, argument) for one in asked):
            ask(store, run_id, name, argument)
            expire(connection.current(), run_id)


def _is_same(command: Mapping[str, Any], name: str, argument: Mapping[str, Any] | None) -> bool:
    is_news = is_missing(command["acknowledged"]) or since(command["created"]) < _DOUBLE_SECONDS
    return is_news and command["name"] == name and (command["argument"] or None) == (argument or None)


def resume_once(run_id: str) -> None:
    """Go on with a run, unless a click before this one has done so.

    Raises:
        RunError: when no process can be started.
        UnknownNameError: when there is no such run.
    """
    here = connection.current()
    with _asking:
        if runs.get(here.store(), run_id)["state"] not in LIVE:
            resume_run(here.store(), run_id, here.launcher)
            expire(here, run_id)


def register_commands(app: Dash) -> None:
    """Steer, stop and resume."""
    register_dialog(app, "run-stop", "run-stop-later")
    for clicked, (name, argument) in _SIMPLE.items():
        _register_simple(app, clicked, name, argument)
    _register_prune(app)
    _register_resume(app)
    _register_enqueue(app)
    _register_limits(app)


def _register_simple(app: Dash, clicked: str, name: CommandName, argument: Mapping[str, Any] | None) -> None:

    @app.callback(
        Output(clicked, "disabled"),
        Input(clicked, "n_clicks"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        prevent_initial_call=True,
    )
    def send(clicks: int | None, run_id: str, polls: int | None) -> Any:
        if not clicks:
            raise PreventUpdate
        ask_once(connection.store(), run_id, name, argument)
        return _look_again(polls)


def _register_prune(app: Dash) -> None:
    trial = {"type": "run-prune", "study": MATCH, "number": MATCH}

    @app.callback(
        Output(trial, "disabled"),
        Input(trial, "n_clicks"),
        State(trial, "id"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        prevent_initial_call=True,
    )
    def prune(clicks: int | None, chosen: Mapping[str, Any], run_id: str, polls: int | None) -> Any:
        if not clicks:
            raise PreventUpdate
        argument = {"study": chosen["study"], "number": chosen["number"]}
        ask_once(connection.store(), run_id, "prune", argument)
        return _look_again(polls)


def _register_resume(app: Dash) -> None:

    @app.callback(
        Output("run-resume", "disabled"),
        Input("run-resume", "n_clicks"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        prevent_initial_call=True,
    )
    def resume(clicks: int | None, run_id: str, polls: int | None) -> Any:
        if not clicks:
            raise PreventUpdate
        resume_once(run_id)
        return _look_again(polls)


def _look_again(polls: int | None) -> Any:
    """Have the page polled at once, which draws the clicked button anew.

    A button that a poll draws is the output of its own callback. So it shows that its click is on its way,
    and Dash does not take its being drawn for a click, as it does where the output was there before.
    """
    set_props("run-poll", {"n_intervals": (polls or 0) + 1})
    return no_update


def _register_enqueue(app: Dash) -> None:
    field, part = ({"type": f"{steering.VALUES}-{kind}", "key": ALL} for kind in ("field", "part"))

    def content(run_id: str) -> Any:
        return steering.configuration_form(space_of(connection.store(), run_id))

    def send(run_id: str, entered: Mapping[str, Any]) -> None:
        store = connection.store()
        space = space_of(store, run_id)
        configuration = configuration_of(space, _existing(space, entered))
        ask_once(store, run_id, "enqueue", {"configuration": configuration})

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
        Output({"type": f"{steering.LIMITS}-warning", "key": ALL}, "children"),
        Input(field, "value"),
        State(field, "id"),
        State("run-id", "data"),
        prevent_initial_call=True,
    )
    def check(entered: list[Any], ids: list[dict[str, str]], run_id: str) -> tuple[list[Any], list[Any]]:
        store, changes = connection.store(), _changes(run_id, values_of(entered, ids))
        lines, ending = list[str](), dict[str, str]()
        try:
            check_limits(store, run_id, changes)
            ending = {
                f"search.{one.limit}": steering.ending_text(one) for one in endings(store, run_id, changes)
            }
        except ParameterError as error:
            lines = str(error).splitlines()
        told = [next((line for line in lines if line.startswith(f"`{one['key']}`")), None) for one in ids]
        return [fault(line) for line in told], [fault(ending.get(one["key"])) for one in ids]


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
        ask_once(store, run_id, "budget", budget)
    if changes.get("workers"):
        ask_once(store, run_id, "workers", {"count": changes["workers"]})


def _register_form(
    app: Dash,
    prefix: str,
    field: dict[str, Any],
    content: Callable[[str], Any],
    send: Callable[[str, Mapping[str, Any]], None],
) -> None:
    """A dialog that is filled with ``content(run_id)`` and sends what was entered into its fields."""

    @app.callback(
        Output(prefix, "disabled"),
        Input(prefix, "n_clicks"),
        State("run-id", "data"),
        prevent_initial_call=True,
    )
    def show(clicks: int | None, run_id: str) -> Any:
        if not clicks:
            raise PreventUpdate
        set_props(f"{prefix}-body", {"children": content(run_id)})
        set_props(f"{prefix}-problem", {"children": None})
        set_props(f"{prefix}-dialog", {"is_open": True})
        return no_update

    # The button that opens may be gone while the dialog is open: its answers are a callback of their own.
    @app.callback(
        Output(f"{prefix}-dialog", "is_open"),
        Output(f"{prefix}-problem", "children"),
        Output("run-poll", "n_intervals", allow_duplicate=True),
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
