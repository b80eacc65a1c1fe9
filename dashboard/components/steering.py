"""What steers a run that is at work: its buttons, its dialogs, and what was asked of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.components.basics import attributes, button, card, icon, sentence
from dashboard.components.fields import entry, warning_place
from dashboard.components.tables import Column, table
from dashboard.form import field
from dashboard.form_fields import Field, Kind
from dashboard.reading import LIVE, is_silent, records, settings_text, since
from dashboard.run_view import RunView
from dashboard.wording import ago, count, duration, is_missing, percent
from tunescope.search.foresight import Ending
from tunescope.search.space import MODEL, Configuration, Hyperparameter, Space

VALUES, LIMITS = "run-value", "run-limit"
_SHOWN = 6
_NEWS_SECONDS = 20.0
_COLUMNS = (Column("Asked"), Column("When"), Column("Answer"))
LIMIT_KEYS = tuple(
    f"search.{name}" for name in ("max_trials", "max_seconds", "target_accuracy", "patience", "workers")
)


def buttons(view: RunView) -> list[Any]:
    """What can be asked of a run at work."""
    stop = last_stop(view)
    # A process that has not begun yet reads no commands; one that ends obeys no other than to end at once.
    is_deaf = view.state == "starting" or stop is not None
    may_stop = view.state != "starting" and (stop is None or is_patient(stop))
    button_stop = button("Stop", "stop", "danger", id="run-stop", disabled=not may_stop)
    if view.is_preparation:
        return [button_stop]
    is_idle = is_deaf or view.studies.empty
    return [
        _pause(view, is_idle),
        button("Try a configuration", "new", id="run-enqueue", disabled=is_idle),
        button("Limits", "clock", id="run-limits", disabled=is_idle),
        button_stop,
    ]


def _pause(view: RunView, is_deaf: bool) -> html.Button:
    is_asked = any(one["name"] in ("pause", "resume") for one in view.pending)
    # Each takes the other's place, and with it the keyboard.
    rest = {"disabled": is_deaf or is_asked, **attributes(data_focus_as="pausing")}
    if view.state == "paused":
        return button("Resume", "resume", "primary", id="run-continue", **rest)
    return button("Pause", "paused", id="run-pause", **rest)


def last_stop(view: RunView) -> dict[str, Any] | None:
    """The stop that was asked of the launch at work."""
    return _last_stop(view.asked)


def _last_stop(asked: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    stops = [one for one in asked if one["name"] == "stop" and not is_refused(one)]
    return stops[-1] if stops else None


def is_stopping(view: RunView) -> bool:
    """Whether a run at work has read that it shall stop."""
    return view.is_live and _has_read_stop(view.asked)


def _has_read_stop(asked: Sequence[dict[str, Any]]) -> bool:
    stop = _last_stop(asked)
    return stop is not None and not is_missing(stop["acknowledged"])


def standing(run: Mapping[str, Any], asked: Sequence[dict[str, Any]]) -> str:
    """How a run stands for people: one at work may be silent, or stop because it has read that it shall.

    Args:
        run: its columns and ``state``.
        asked: the commands to its latest launch.
    """
    if is_silent(run):
        return "silent"
    return "stopping" if run["state"] in LIVE and _has_read_stop(asked) else str(run["state"])


def is_patient(stop: Mapping[str, Any]) -> bool:
    """Whether a stop lets the trials in training end first."""
    return bool(isinstance(stop["argument"], dict) and stop["argument"].get("finish_trials"))


def prune_button(view: RunView, trial: Mapping[str, Any]) -> Any:
    """Ends a trial in training; nothing for any other."""
    if trial["state"] != "RUNNING" or not view.is_live:
        return None
    argument = {"study": trial["study"], "number": int(trial["number"])}
    is_asked = any(
        one["name"] == "prune" and one["argument"] == argument and not is_refused(one) for one in view.asked
    )
    made = button(
        "Ending" if is_asked else "Prune",
        "pruned",
        "quiet",
        id={"type": "run-prune", **argument},
        disabled=is_asked,
        **attributes(aria_label=f"Prune trial {view.name_of(trial)}"),
    )
    return html.Div(made, className="row-actions")


def is_refused(command: Mapping[str, Any]) -> bool:
    """Whether the search said that it did not do what was asked."""
    return not is_missing(command["outcome"]) and str(command["outcome"]).startswith("Not done")


def stop_dialog() -> html.Div:
    """Whether a run stops at once, or after the trials in training."""
    title = html.H2("Stop this run?", className="dialog-title")
    text = (
        "Stopped now, trials in training are thrown away. Otherwise they go on to their end, and no other "
        "begins. What has ended stays either way, and you can resume the run later."
    )
    answers = [
        button("Cancel", "close", id="run-stop-cancel"),
        button("After the trials in training", "finished", id="run-stop-later"),
        button("Stop now", "stop", "danger", id="run-stop-confirm"),
    ]
    parts = [dbc.ModalHeader(title), dbc.ModalBody(text), dbc.ModalFooter(answers)]
    return html.Div(dbc.Modal(parts, id="run-stop-dialog", centered=True, is_open=False))


# ---- what was asked ----


def answers(view: RunView) -> Any:
    """The latest command with what became of it, while it is news."""
    news = [one for one in view.asked if since(one["created"]) < _NEWS_SECONDS]
    if not news or not view.is_live or _is_told(view, news[-1]):
        return None
    latest = news[-1]
    is_waiting = is_missing(latest["acknowledged"])
    symbol = "waiting" if is_waiting else "failed" if is_refused(latest) else "finished"
    parts = [icon(symbol), html.Strong(_request(view, latest)), html.Span(_answer(view, latest))]
    return html.Div(parts, className=f"answer state-{symbol}", role="status")


def _is_told(view: RunView, latest: Mapping[str, Any]) -> bool:
    """Whether the notice of the run's state says the same: of a stop and of a pause, as long as they last."""
    if is_refused(latest):
        return False
    return latest["name"] == "stop" or (latest["name"] == "pause" and view.state == "paused")


def asked(view: RunView) -> Any:
    """The latest commands with their outcome; nothing where nobody has asked for anything."""
    if view.commands.empty:
        return None
    lines = [_line(view, one) for one in reversed(records(view.commands.tail(_SHOWN)))]
    more = len(view.commands) - len(lines)
    note = f"The latest {len(lines)} of {count(len(view.commands))}." if more else None
    return card("Asked of this run", table("Asked of this run", _COLUMNS, lines, "table-asked"), note=note)


def _line(view: RunView, command: Mapping[str, Any]) -> list[Any]:
    return [_request(view, command), ago(command["created"]), _answer(view, command)]


def _answer(view: RunView, command: Mapping[str, Any]) -> Any:
    if not is_missing(command["acknowledged"]):
        return sentence(str(command["outcome"] or "done"))
    words = "waits for the search to read it" if view.is_live else "the run ended before it read this"
    return html.Span(words, className="muted")


def _request(view: RunView, command: Mapping[str, Any]) -> str:
    name, argument = command["name"], command["argument"]
    argument = argument if isinstance(argument, dict) else {}
    if name == "prune":
        return f"Prune {view.name_of(argument)}"
    if name == "enqueue":
        params = argument.get("configuration", {})
        return f"Try {' with '.join(filter(None, [params.get(MODEL, ''), settings_text(params)]))}"
    if name == "budget":
        return f"Budget: {', '.join(_limit(*one) for one in argument.items())}"
    if name == "stop" and argument.get("finish_trials"):
        return "Stop after the trials in training"
    return f"Workers: {argument.get('count')}" if name == "workers" else str(name).capitalize()


def _limit(name: str, value: Any) -> str:
    words = {
        "max_trials": lambda: count(int(value), "trial"),
        "max_seconds": lambda: duration(value),
        "target_accuracy": lambda: f"target accuracy {percent(value)}",
        "patience": lambda: f"patience {value}",
    }
    none = {"max_trials": "any number of trials", "max_seconds": "no time limit"}
    if value is None:
        return none.get(name, f"no {name.replace('_', ' ')}")
    return words.get(name, lambda: f"{name} {value}")()


# ---- dialogs ----


def dialog(prefix: str, title: str, confirm: str) -> html.Div:
    """A dialog whose fields come into ``<prefix>-body`` when it is opened by ``<prefix>``."""
    parts = [
        dbc.ModalHeader(html.H2(title, className="dialog-title")),
        dbc.ModalBody([html.Div(id=f"{prefix}-body"), html.Div(id=f"{prefix}-problem")]),
        dbc.ModalFooter(
            [
                button("Cancel", "close", id=f"{prefix}-cancel"),
                button(confirm, "finished", "primary", id=f"{prefix}-confirm"),
            ]
        ),
    ]
    return html.Div(
        dbc.Modal(parts, id=f"{prefix}-dialog", centered=True, scrollable=True, size="lg", is_open=False)
    )


def configuration_form(space: Space) -> html.Div:
    """A choice of the model, and its hyperparameters."""
    models = next(one for one in space.hyperparameters if one.name == MODEL)
    names = {str(name): str(name).replace("_", " ") for name in models.choices}
    hint = "It is tried as soon as a worker is free. What you leave empty is left to the strategy."
    first = next(iter(names))
    return html.Div(
        [
            entry(VALUES, Field(MODEL, "Model", "choice", hint, options=lambda: names), first),
            html.Div(hyperparameter_fields(space, first), id="run-enqueue-fields"),
        ],
        className="dialog-fields",
    )


def hyperparameter_fields(space: Space, model: str) -> html.Div:
    """A field for each hyperparameter of a model, filled with its default."""
    known = defaults_of(space, model)
    own = [one for one in space.hyperparameters if one.name.startswith(f"{model}.")]
    return html.Div([_part(one, known) for one in own], className="field-grid")


def defaults_of(space: Space, model: str) -> Configuration:
    """The default configuration of a model."""
    return next((one for one in space.defaults() if one.get(MODEL) == model), {MODEL: model})


def part_class(is_there: bool) -> str:
    """The class of a hyperparameter's field; one whose conditions do not hold is not shown."""
    return "" if is_there else "hidden"


def _part(one: Hyperparameter, known: Configuration) -> html.Div:
    made = entry(VALUES, value_field(one), _written(known.get(one.name, one.default)))
    return html.Div(
        made, id={"type": f"{VALUES}-part", "key": one.name}, className=part_class(one.exists(known))
    )


def _written(value: Any) -> Any:
    """A value as its control holds it."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def value_field(one: Hyperparameter) -> Field:
    """The field that takes one value of a hyperparameter."""
    label = one.name.partition(".")[2].replace("_", " ")
    if one.type == "categorical":
        choices = {str(choice): str(choice) for choice in one.choices}
        return Field(one.name, label, "choice", options=lambda: choices)
    scale = ", logarithmic" if one.log else ""
    kind: Kind = "whole" if one.type == "int" else "number"
    return Field(one.name, label, kind, f"{one.range_in_words()}{scale}", "left to the strategy")


def limits_form(limits: Mapping[str, Any]) -> html.Div:
    """The fields of all that limits a run, filled with what holds now."""
    entries = [_limit_entry(field(key), limits[key.partition(".")[2]]) for key in LIMIT_KEYS]
    note = html.P(
        "For the whole run, over all its launches. An empty field is no limit.", className="card-note"
    )
    return html.Div([note, html.Div(entries, className="field-grid")], className="dialog-fields")


def _limit_entry(one: Field, value: Any) -> html.Div:
    return html.Div([entry(LIMITS, one, value), warning_place(LIMITS, one)])


def ending_text(ending: Ending) -> str:
    """What a limit that is reached already would end, beside the reason."""
    of = f" of {ending.strategy}" if ending.strategy else ""
    used, number = ending.used, int(ending.used)
    reasons = {
        "max_trials": f"{count(number, 'trial')}{of} {'is' if number == 1 else 'are'} done",
        "max_seconds": f"The search{of} has taken {duration(used)}",
        "target_accuracy": f"{percent(used)} is reached",
        "patience": f"The last {count(number, 'trial')}{of} brought nothing better",
    }
    end = "its share of this limit ends its study" if ending.strategy else "this limit ends the run"
    return f"{reasons[ending.limit]}: {end} at once."
