"""The parts of the page of a run that say what it is, and what can be done with it."""

from typing import Any

from dash import html

from dashboard import links, reading
from dashboard.components import steering
from dashboard.components.basics import button, button_link, chips, facts, file_link
from dashboard.components.notices import blank
from dashboard.run_view import RunView
from dashboard.wording import count, moment, percent, tied
from tunescope.figures.pareto import objective_name


def about(view: RunView) -> str:
    """What was searched, how, and since when, in one line."""
    launches = view.row["launches"]
    strategies = view.parameters.search.strategies if view.parameters and not view.is_preparation else ()
    parts = [
        _dataset(view),
        " + ".join(strategies),
        tied(f"started {moment(view.row['created'])}"),
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
    # One that was stopped has measured its winner, and written a report.
    actions = _results(view) if view.state in ("finished", "stopped") else []
    if view.state in reading.RESUMABLE:
        kind = "secondary" if actions else "primary"
        actions.append(button("Resume", "resume", kind, id="run-resume"))
    return [*actions, _again(view)]


def _again(view: RunView) -> Any:
    source = view.row["parameters"].get("dataset", {}).get("source")
    if view.is_preparation and source:
        again = links.with_query(links.DATASETS, {"prepare": source, "like": view.run_id})
        return button_link("Prepare again", "new", again)
    return button_link("Run again", "new", links.with_query(links.NEW, {"from": view.run_id}))


def _results(view: RunView) -> list[Any]:
    """What a run left that came to its end, where it is there."""
    report, summary = view.folder / "report.html", view.folder / "summary.json"
    actions: list[Any] = []
    if report.is_file():
        actions.append(button_link("Report", "reports", links.report(view.run_id), "primary"))
        actions.append(file_link("HTML", "download", links.file(view.run_id, report.name, download=True)))
    if summary.is_file():
        actions.append(file_link("Summary", "download", links.file(view.run_id, summary.name, download=True)))
    return actions


def files(view: RunView) -> list[Any]:
    """Logs and findings to take away, as far as they are there."""
    names = [("run.log", "Log"), ("launch.log", "Raw output"), ("data_quality.json", "Data quality")]
    return [
        file_link(label, "download", links.file(view.run_id, name, download=True), kind="quiet")
        for name, label in names
        if (view.folder / name).is_file()
    ]


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
    return html.Div(facts(pairs), className="in-columns")
