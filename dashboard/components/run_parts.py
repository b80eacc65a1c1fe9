"""The parts of the page of a run: each shows one side of a :class:`dashboard.reading.RunView`."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import links, reading
from dashboard.components import steering
from dashboard.components.basics import (
    attributes,
    badge,
    button,
    button_link,
    chips,
    facts,
    file_link,
    icon,
    link,
    tile,
)
from dashboard.components.notices import blank, notice
from dashboard.components.progress import budget_meters
from dashboard.components.tables import Column, table
from dashboard.launch import is_preparation
from dashboard.reading import RunView, records
from dashboard.wording import NOTHING, ago, count, duration, interval, is_missing, listing, moment, percent
from tunescope.analysis.pareto import pareto
from tunescope.figures.pareto import objective_name

_RECENT = 12
_TRIAL_COLUMNS = (
    Column("Trial"),
    Column("State"),
    Column("Model"),
    Column("Hyperparameters"),
    Column("Validation", is_number=True),
    Column("Time", is_number=True),
)
_STEERED_COLUMNS = (*_TRIAL_COLUMNS, Column(""))
_STATUS_NOTES = {
    "starting": ("info", "Starting", "The process of this run is on its way; this takes a few seconds."),
    "paused": (
        "info",
        "Paused",
        "No new trial begins until you resume the run; those in training go on to their end.",
    ),
    "interrupted": (
        "warning",
        "Interrupted",
        "Its process ended without a word. Resume goes on where it stopped: finished trials stay.",
    ),
    "stopped": ("info", "Stopped", "Resume goes on where it stopped: finished trials stay."),
}


def about(view: RunView) -> str:
    """What was searched, how, and since when, in one line."""
    launches = view.row["launches"]
    strategies = view.parameters.search.strategies if view.parameters else ()
    parts = [
        _dataset(view),
        " + ".join(strategies),
        f"started {moment(view.row['created'])}",
        f"launch {launches}" if launches > 1 else "",
    ]
    return " · ".join(filter(None, parts))


def _dataset(view: RunView) -> str:
    if view.dataset:
        return f"{view.dataset['name']}, {count(view.dataset['images'], 'image')}"
    given = view.row["parameters"].get("dataset", {})
    return str(given.get("name") or given.get("source") or "")


def actions(view: RunView) -> list[Any]:
    """What can be done with the run as it stands: steer, resume, read, take away, run again."""
    if view.is_live:
        return steering.buttons(view)
    actions = _results(view) if view.state == "finished" else []
    if view.state in reading.RESUMABLE:
        actions.append(button("Resume", "resume", "primary", id="run-resume"))
    return [*actions, _again(view)]


def _again(view: RunView) -> Any:
    source = view.row["parameters"].get("dataset", {}).get("source")
    if is_preparation(view.run_id) and source:
        again = links.with_query(links.DATASETS, {"prepare": source, "like": view.run_id})
        return button_link("Prepare again", "new", again)
    return button_link("Run again", "new", links.with_query(links.NEW, {"from": view.run_id}))


def _results(view: RunView) -> list[Any]:
    """What a finished run left, where it is there."""
    report, summary = view.folder / "report.html", view.folder / "summary.json"
    actions: list[Any] = []
    if report.is_file():
        actions.append(button_link("Report", "reports", links.report(view.run_id), "primary"))
        actions.append(file_link("HTML", "download", links.file(view.run_id, report.name, download=True)))
    if summary.is_file():
        actions.append(file_link("Summary", "download", links.file(view.run_id, summary.name, download=True)))
    return actions


def verdict(view: RunView) -> Any:
    """What must not be missed: why it failed, who won, what became of a stop."""
    if view.state == "failed":
        reason = view.row["reason"] or "Its process ended before the work began; the log below says more."
        return notice("danger", "This run failed", reason)
    if view.is_live and (asked := steering.last_stop(view)):
        return _stop_notice(asked)
    if view.state == "finished":
        return _prepared(view) if is_preparation(view.run_id) else _winner(view)
    if view.state in _STATUS_NOTES:
        kind, title, text = _STATUS_NOTES[view.state]
        return notice(kind, title, text)
    return None


def _prepared(view: RunView) -> Any:
    if view.dataset is None:
        return None
    one = view.dataset
    text = f"{count(one['images'], 'image')} in {count(len(one['classes']))} classes, ready for every run."
    see = button_link("See the dataset", "images", links.dataset(one["name"], fingerprint=one["fingerprint"]))
    return notice("good", f"{one['name']} is prepared", text, see)


def _stop_notice(asked: Mapping[str, Any]) -> Any:
    if is_missing(asked["acknowledged"]):
        return notice("info", "Stop asked for", "The search reads this within a second once it is training.")
    return notice("info", "Stopping", str(asked["outcome"] or ""))


def _winner(view: RunView) -> Any:
    measured = view.benchmark
    if measured is None:
        return notice("warning", "Finished without a winner", "No trial was trained to its end.")
    model = _model(view, measured["trial_id"])
    text = (
        f"{percent(measured['test_accuracy'])} of the sealed test images are right "
        f"(95% interval {interval(measured['test_accuracy_low'], measured['test_accuracy_high'])}), "
        f"{measured['latency_ms']:.1f} ms an image."
    )
    which = measured["study"], int(measured["number"])
    actions = [
        button_link("See the winner", "trophy", links.trial(*which)),
        button_link("Try it on photos", "camera", links.predict(*which)),
    ]
    return notice("good", f"The winner is {model}", text, html.Div(actions, className="row-actions"))


def _model(view: RunView, trial_id: int) -> str:
    found = view.trials[view.trials["trial_id"] == trial_id]["model"]
    return str(found.iloc[0]) if len(found) else "a model"


def tiles(view: RunView) -> html.Div:
    """The four figures: best accuracy, test accuracy, trials, time."""
    tally = view.tally
    return html.Div(
        [
            tile("Best validation accuracy", percent(tally.best), _best_note(view)),
            _test_tile(view),
            tile("Trials", count(tally.ended), _trials_note(view, tally)),
            tile("Time", duration(view.seconds), _time_note(view)),
        ],
        className="tiles",
    )


def _best_note(view: RunView) -> Any:
    complete = view.trials[view.trials["state"] == "COMPLETE"]
    accuracies = complete["validation_accuracy"].astype(float).dropna()
    if accuracies.empty:
        return "no trial has ended yet"
    best = records(complete.loc[[accuracies.idxmax()]])[0]
    return link(
        f"{best['model']}, {best['study']} #{best['number']}", links.trial(best["study"], int(best["number"]))
    )


def _test_tile(view: RunView) -> html.Div:
    measured = view.benchmark
    if measured is None:
        return tile("Test accuracy", NOTHING, "measured once, at the end")
    bounds = interval(measured["test_accuracy_low"], measured["test_accuracy_high"])
    return tile("Test accuracy", percent(measured["test_accuracy"]), f"95% interval {bounds}")


def _trials_note(view: RunView, tally: reading.Tally) -> str:
    states = view.trials["state"].value_counts()
    numbers = {
        "running": tally.running if view.is_live else 0,
        "pruned": int(states.get("PRUNED", 0)),
        "failed": int(states.get("FAIL", 0)),
    }
    return ", ".join(f"{count(number)} {name}" for name, number in numbers.items() if number)


def _time_note(view: RunView) -> str:
    if not is_missing(view.row["finished"]) and not view.is_live:
        return f"ended {ago(view.row['finished'])}"
    return f"started {ago(view.row['created'])}"


def meters(view: RunView) -> Any:
    """Progress against each budget."""
    meters = budget_meters(view.parameters, view.tally.ended, view.searched, view.state)
    return html.Div(meters, className="meters") if meters else None


def steps(view: RunView) -> Any:
    """The steps of the pipeline that the latest launch has come to."""
    latest = view.stages[view.stages["launch"] == view.stages["launch"].max()]
    if latest.empty:
        return blank("No step has begun yet.")
    rows = [row for row in records(latest) if not _is_skipped(view, row["name"])]
    return html.Ol([_stage(view, row, row is rows[-1]) for row in rows], className="steps")


def _is_skipped(view: RunView, stage: str) -> bool:
    """Whether it is the search of a strategy that was not chosen, which returns at once."""
    strategy, dot, _ = stage.partition(".")
    return bool(dot) and view.parameters is not None and strategy not in view.parameters.search.strategies


def _stage(view: RunView, row: Mapping[str, Any], is_last: bool) -> html.Li:
    is_open = is_missing(row["seconds"])
    ended_as = view.state if view.state in reading.RESUMABLE else "failed"
    state = "finished" if not is_open else "running" if view.is_live and is_last else ended_as
    seconds = reading.since(row["started"]) if state == "running" else row["seconds"]
    words = {"finished": "done", "running": "at work"}
    return html.Li(
        [
            html.Span(icon(state), className=f"step-mark state-{state}"),
            html.Span(reading.stage_name(row["name"]), className="step-name"),
            html.Span(words.get(state, "not finished"), className="visually-hidden"),
            html.Span(duration(seconds), className="step-time"),
        ],
        className=f"step step-{state}",
    )


def fronts(view: RunView) -> Any:
    """How far each study came with several objectives, in one sentence."""
    found = pareto(view.trials, view.studies)
    names = listing(map(objective_name, found.objectives))
    front = f"{count(len(found.front), 'trial')} on the front of {names}."
    known = [one for one in found.studies if one.hypervolume is not None]
    if not known:
        return front
    shares = listing(f"{one.label} {percent(one.hypervolume)}" for one in known)
    return f"{front} Of the area between the worst and the best values, the studies' fronts cover: {shares}."


def latest_trials(view: RunView) -> Any:
    """The newest trials, with the latest epoch of those in training."""
    if view.trials.empty:
        return blank("No trial has begun yet.")
    newest = view.trials.sort_values("trial_id", ascending=False).head(_RECENT)
    rows = records(newest)
    lines = [_trial(row, view.latest_epochs.get(row["trial_id"])) for row in rows]
    if not view.is_live:
        return table("Latest trials", _TRIAL_COLUMNS, lines, "table-trials")
    steered = [[*line, steering.prune_button(view, row)] for line, row in zip(lines, rows, strict=True)]
    return table("Latest trials", _STEERED_COLUMNS, steered, "table-trials")


def _trial(row: Mapping[str, Any], latest: Mapping[str, Any] | None) -> list[Any]:
    reason = NOTHING if is_missing(row["reason"]) else str(row["reason"])
    return [
        link(f"{row['study']} #{row['number']}", links.trial(row["study"], row["number"])),
        badge(row["state"]),
        row["model"],
        html.Span(row["settings"], className="settings"),
        _so_far(latest) if latest else html.Span(percent(row["validation_accuracy"]), title=reason),
        duration(row["seconds"]),
    ]


def _so_far(latest: Mapping[str, Any]) -> html.Span:
    accuracy = percent(latest["validation_accuracy"])
    return html.Span([accuracy, html.Span(f" at epoch {latest['epoch']}", className="muted")])


def files(view: RunView) -> list[Any]:
    """Logs and findings to take away, as far as they are there."""
    names = [("run.log", "Log"), ("launch.log", "Raw output"), ("data_quality.json", "Data quality")]
    return [
        file_link(label, "download", links.file(view.run_id, name, download=True), kind="quiet")
        for name, label in names
        if (view.folder / name).is_file()
    ]


def log(text: str) -> Any:
    """The end of the log, which stays in view while lines are added."""
    if not text:
        return blank("Nothing has been written yet.")
    # A column laid out in reverse shows its end, and keeps it in view.
    return html.Div(
        html.Pre(text),
        className="log",
        tabIndex="0",
        role="region",
        **attributes(aria_label="End of the log"),
    )


def settings(view: RunView) -> html.Div:
    """What the run was started with, and where it works."""
    parameters = view.parameters
    if parameters is None:
        return html.Div(blank("These were written by another version of Tunescope."))
    search, dataset = parameters.search, parameters.dataset
    pairs = [
        ("Source", html.Code(dataset.source)),
        ("Models", chips(search.models)),
        ("Strategies", chips(search.strategies)),
        ("Extractors", chips(parameters.features.extractors)),
        ("Objective", " against ".join(map(objective_name, search.objective))),
        ("Scored on", f"{search.folds} folds" if search.folds else "the validation split"),
        ("Pruner", f"{search.pruner}, by {search.fidelity}" if search.pruner != "none" else "none"),
        ("Workers", str(search.workers or "one a core")),
        ("Seed", str(search.seed)),
        ("Target accuracy", percent(search.target_accuracy) if search.target_accuracy else "none"),
        ("Patience", count(search.patience, "trial") if search.patience else "none"),
        ("Learning-rate policies", chips(parameters.learning_rate.policy)),
        ("Process", f"{view.row['pid']} on {view.row['host']}"),
        ("Version", view.row["version"]),
        ("Files", html.Code(str(view.folder))),
    ]
    return html.Div(facts(pairs))
