"""The trials of a run: what each worker does now, and those that began last."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import links
from dashboard.components import steering
from dashboard.components.basics import attributes, badge, icon, link
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.reading import SEARCH, since
from dashboard.run_view import RunView
from dashboard.wording import NOTHING, duration, is_missing, percent
from tunescope.execution import workers_of

_COLUMNS = (
    Column("Trial"),
    Column("State"),
    Column("Model"),
    Column("Hyperparameters"),
    Column("Validation", is_number=True),
    Column("Time", is_number=True),
)


def workers(view: RunView) -> Any:
    """What each worker does now."""
    if not view.is_live:
        return None
    busy = {int(one["worker"]): one for one in view.running if not is_missing(one["worker"])}
    count = max([_wanted(view), *(number + 1 for number in busy)])
    if not count or not (busy or _is_searching(view)):
        return blank("The search has ended." if _has_searched(view) else "No worker trains yet.")
    lines = [_worker(view, number, busy.get(number)) for number in range(count)]
    return html.Ul(lines, className="workers")


def _is_searching(view: RunView) -> bool:
    """Whether there are workers; a launch on its way still shows the stage of the one before."""
    stage = view.row["stage"]
    return view.state != "starting" and not is_missing(stage) and str(stage).endswith(SEARCH)


def _has_searched(view: RunView) -> bool:
    strategies = view.parameters.search.strategies if view.parameters else ()
    return int(view.studies["stopped_because"].notna().sum()) >= max(1, len(strategies))


def _wanted(view: RunView) -> int:
    """How many trials may be trained at a time, as far as anybody can tell from here."""
    if view.parameters is None:
        return 0
    search = view.parameters.search
    return search.workers or workers_of(view.machine, search.training.device)


def _worker(view: RunView, number: int, trial: Mapping[str, Any] | None) -> html.Li:
    name = html.Span(f"Worker {number}", className="worker-name")
    if trial is None:
        idle = html.Span(_rest(view), className="worker-what muted")
        return html.Li([html.Span(icon("waiting"), className="worker-mark"), name, idle], className="worker")
    epoch = view.epochs.get(int(trial["trial_id"]))
    what = [
        link(view.name_of(trial), links.trial(trial["study"], int(trial["number"]))),
        html.Span(f" {trial['model']}" if trial["params"] else "", className="worker-model"),
    ]
    return html.Li(
        [
            html.Span(icon("running"), className="worker-mark state-running"),
            name,
            html.Span(what, className="worker-what"),
            html.Span(_progress(trial, epoch), className="worker-epoch"),
            html.Span(duration(round(since(trial["start"]))), className="worker-since"),
            steering.prune_button(view, trial),
        ],
        className="worker is-busy",
    )


def _rest(view: RunView) -> str:
    """Why a worker trains nothing."""
    if steering.is_stopping(view):
        return "is done"
    return "pauses" if view.state == "paused" else "waits for a trial"


def _progress(trial: Mapping[str, Any], latest: Mapping[str, Any] | None) -> Any:
    """Epoch k of n with its accuracy, and a bar; a shallow model has no epochs to count."""
    if not trial["params"]:  # its strategy has not chosen them yet
        return html.Span("begins", className="muted")
    epochs = trial["params"].get(f"{trial['model']}.epochs")
    if epochs is None:
        return html.Span("fits", className="muted")
    done = latest["epoch"] if latest else 0
    text = f"epoch {done} of {epochs}" if done else f"first of {epochs} epochs"
    accuracy = f", {percent(latest['validation_accuracy'])}" if latest else ""
    fill = html.Span(className="step-fill", style={"width": f"{100 * min(1.0, done / max(1, epochs)):.0f}%"})
    return [text + accuracy, html.Span(fill, className="step-bar", **attributes(aria_hidden="true"))]


def latest_trials(view: RunView) -> Any:
    """The newest trials, with the latest epoch of those in training."""
    if not view.trials:
        return blank("No trial has begun yet.")
    lines = [_trial(view, one, view.epochs.get(int(one["trial_id"]))) for one in view.trials]
    return table("Latest trials", _COLUMNS, lines, "table-trials")


def _trial(view: RunView, row: Mapping[str, Any], latest: Mapping[str, Any] | None) -> list[Any]:
    reason = NOTHING if is_missing(row["reason"]) else str(row["reason"])
    settings = [html.Span(row["settings"], className="settings", title=row["settings"])]
    if row["state"] == "FAIL" and not is_missing(row["reason"]):
        settings.append(html.Span(reason, className="settings trial-reason", title=reason))
    return [
        link(view.name_of(row), links.trial(row["study"], int(row["number"]))),
        badge(row["state"]),
        row["model"],
        settings,
        _so_far(latest) if latest else html.Span(percent(row["validation_accuracy"]), title=reason),
        duration(row["seconds"]),
    ]


def _so_far(latest: Mapping[str, Any]) -> html.Span:
    accuracy = percent(latest["validation_accuracy"])
    return html.Span([accuracy, html.Span(f" at epoch {latest['epoch']}", className="muted")])
