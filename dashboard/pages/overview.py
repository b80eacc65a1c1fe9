"""`/`: what is at work, what waits to go on, every dataset with its best model, and earlier runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from dash import MATCH, Dash, Input, Output, State, dcc, html, no_update, set_props
from dash.exceptions import PreventUpdate

from dashboard import catalogue, connection, links, reading
from dashboard.components import regions, steering
from dashboard.components.basics import (
    attributes,
    badge,
    button,
    button_link,
    card,
    chips,
    link,
    page_head,
    tile,
)
from dashboard.components.overview_datasets import datasets, welcome
from dashboard.components.progress import budget_meters
from dashboard.components.run_commands import resume_once
from dashboard.components.tables import Column, table
from dashboard.launch import is_preparation
from dashboard.results import best_models
from dashboard.routing import Page
from dashboard.run_view import asked_of
from dashboard.wording import NOTHING, ago, count, duration, is_missing, moment, percent, tied
from tunescope.store import frames

_REGIONS = ("tiles", "active", "waiting", "datasets", "past")
_POLL_MS = 2_000
_SHOWN = 100
_COLUMNS = (
    Column("Run"),
    Column("State"),
    Column("Dataset"),
    Column("Strategies"),
    Column("Trials", is_number=True),
    Column("Validation", is_number=True),
    Column("Test", is_number=True),
    Column("Duration", is_number=True),
    Column("Started", is_number=True),
)


def layout(search: str = "") -> html.Div:
    """The overview as it stands."""
    contents = _contents()
    actions = html.Div(button_link("New run", "new", links.NEW, "primary"), className="only-narrow")
    return html.Div(
        [
            page_head("Overview", "What is at work, and the best models so far.", actions),
            *(regions.region("overview", name, contents[name]) for name in _REGIONS),
            regions.seen("overview", contents),
            dcc.Location(id="overview-goto", refresh="callback-nav"),
            dcc.Interval(id="overview-poll", interval=_POLL_MS),
        ]
    )


def register(app: Dash) -> None:
    """Keep the list fresh, and resume runs."""

    @app.callback(
        regions.outputs("overview", _REGIONS),
        Input("overview-poll", "n_intervals"),
        State("overview-seen", "data"),
        running=[(Output("overview-poll", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def poll(_: int, seen: regions.Digests) -> list[Any]:
        return regions.changes(_REGIONS, _contents(), seen)

    button = {"type": "overview-resume", "run": MATCH}

    @app.callback(
        Output(button, "disabled"),
        Input(button, "n_clicks"),
        State(button, "id"),
        prevent_initial_call=True,
    )
    def resume(clicks: int | None, chosen: Mapping[str, str]) -> Any:
        if not clicks:
            raise PreventUpdate
        resume_once(chosen["run"])
        set_props("overview-goto", {"href": links.run(chosen["run"])})
        return no_update


def _contents() -> dict[str, Any]:
    store = connection.store()
    runs = frames.runs_frame(store)
    if runs.empty:
        return {**dict.fromkeys(_REGIONS), "active": welcome()}
    rows, tallies = reading.records(runs), reading.tallies()
    benchmarks, prepared = frames.benchmarks_frame(store), catalogue.all_prepared(store)
    active = [row for row in rows if row["state"] in reading.LIVE]
    waiting = [row for row in rows if row["state"] == "interrupted"]
    past = [row for row in rows if row not in active and row not in waiting]
    best = best_models(rows, tallies, benchmarks)
    return {
        "tiles": _tiles(rows, tallies, len(prepared)),
        "active": [_active(row, _tally(tallies, row)) for row in active],
        "waiting": [_interrupted(row, _tally(tallies, row)) for row in waiting],
        "datasets": datasets(prepared, best, _reported(rows)),
        "past": _past(past, tallies, _test_accuracies(benchmarks)) if past else None,
    }


def _tally(tallies: Mapping[str, reading.Tally], row: Mapping[str, Any]) -> reading.Tally:
    return tallies.get(row["run_id"], reading.Tally())


def _test_accuracies(benchmarks: pd.DataFrame) -> dict[str, float]:
    return dict(zip(benchmarks["run_id"], benchmarks["test_accuracy"], strict=True))


def _reported(rows: list[dict[str, Any]]) -> frozenset[str]:
    """The runs that have a report to read."""
    return frozenset(row["run_id"] for row in rows if (Path(row["folder"]) / "report.html").is_file())


def _tiles(rows: list[dict[str, Any]], tallies: Mapping[str, reading.Tally], prepared: int) -> html.Div:
    searches = [row for row in rows if not is_preparation(row["run_id"])]
    working = sum(row["state"] in reading.LIVE for row in rows)
    ended = sum(tally.ended for tally in tallies.values())
    running = sum(_tally(tallies, row).running for row in rows if row["state"] in reading.LIVE)
    seconds = sum(row["seconds"] or 0.0 for row in rows)
    return html.Div(
        [
            tile(
                "At work", count(working), f"{count(running, 'trial')} in training" if working else "no run"
            ),
            tile("Runs", count(len(searches)), _outcomes(searches)),
            tile("Trials", count(ended), f"in {duration(seconds)} of work" if seconds else None),
            tile("Datasets", count(prepared), link("all datasets", links.DATASETS)),
        ],
        className="tiles",
    )


def _outcomes(rows: list[dict[str, Any]]) -> str:
    states = [row["state"] for row in rows]
    counts = {name: states.count(name) for name in ("finished", "interrupted", "stopped", "failed")}
    return ", ".join(tied(f"{count(number)} {name}") for name, number in counts.items() if number)


def _active(row: dict[str, Any], tally: reading.Tally) -> html.Section:
    parameters, seconds = reading.parameters_of(row), reading.searched(connection.store(), row["run_id"])
    stage = "waiting for its process" if is_missing(row["stage"]) else reading.stage_name(row["stage"])
    when = f"Last heard of {ago(row['heartbeat'])}: " if reading.is_silent(row) else "Now: "
    parts = [html.Div([html.Span(when, className="muted"), html.Span(stage)])]
    figures = None
    if not is_preparation(row["run_id"]):
        meters = budget_meters(parameters, tally.ended, seconds, row["state"])
        parts.append(html.Div(meters, className="meters"))
        best = tile("Best so far", percent(tally.best))
        trials = tile("Trials", count(tally.ended), f"{count(tally.running)} running")
        figures = html.Div([best, trials], className="active-figures")
    body = html.Div([html.Div(parts, className="active-progress"), figures], className="active-body")
    return card(_title(row, _standing(row)), body, note=_about(row))


def _standing(row: Mapping[str, Any]) -> str:
    """How a run at work stands, as its own page calls it."""
    asked = asked_of(frames.commands_frame(connection.store(), row["run_id"]), row)
    return steering.standing(row, asked)


def _title(row: Mapping[str, Any], state: str) -> list[Any]:
    return [link(row["run_id"], links.run(row["run_id"]), "link run-name"), badge(state)]


def _about(row: Mapping[str, Any]) -> str:
    parts = [_dataset(row), " + ".join(_strategies(row)), tied(f"started {ago(row['created'])}")]
    return " · ".join(part for part in parts if part and part != NOTHING)


def _interrupted(row: dict[str, Any], tally: reading.Tally) -> html.Section:
    resume = button(
        "Resume",
        "resume",
        "primary",
        id={"type": "overview-resume", "run": row["run_id"]},
        **attributes(aria_label=f"Resume run {row['run_id']}"),
    )
    text = (
        f"Its process ended without a word after {duration(row['seconds'])}. "
        f"{count(tally.ended, 'trial')} {'is' if tally.ended == 1 else 'are'} safe in the store; "
        f"the best has {percent(tally.best)}."
        if tally.ended
        else f"Its process ended without a word after {duration(row['seconds'])}{_before_trials(row)}."
    )
    return card(
        _title(row, row["state"]), html.P(text, className="card-line"), note=_about(row), actions=resume
    )


def _before_trials(row: Mapping[str, Any]) -> str:
    return "" if is_preparation(row["run_id"]) else ", before the first trial"


def _past(
    rows: list[dict[str, Any]], tallies: Mapping[str, reading.Tally], tests: Mapping[str, float]
) -> html.Section:
    lines = [_line(row, _tally(tallies, row), tests.get(row["run_id"])) for row in rows[:_SHOWN]]
    note = f"The newest {_SHOWN} of {count(len(rows))}." if len(rows) > _SHOWN else None
    return card("Earlier runs", table("Earlier runs", _COLUMNS, lines, "table-runs"), note=note)


def _line(row: dict[str, Any], tally: reading.Tally, test: float | None) -> list[Any]:
    strategies = _strategies(row)
    return [
        link(row["run_id"], links.run(row["run_id"]), "link run-name"),
        badge(row["state"]),
        _dataset(row),
        chips(strategies) if strategies else NOTHING,
        NOTHING if is_preparation(row["run_id"]) else count(tally.ended),
        percent(tally.best),
        percent(test),
        duration(row["seconds"]) if row["seconds"] else NOTHING,
        html.Span(ago(row["created"]), title=moment(row["created"])),
    ]


def _dataset(row: Mapping[str, Any]) -> str:
    if not is_missing(row["dataset"]):
        return str(row["dataset"])
    given = row["parameters"].get("dataset", {})
    return str(given.get("name") or given.get("source") or NOTHING)


def _strategies(row: Mapping[str, Any]) -> list[str]:
    """None of a run that prepares a dataset, whatever its configuration says."""
    parameters = None if is_preparation(row["run_id"]) else reading.parameters_of(row)
    return list(parameters.search.strategies) if parameters else []


PAGE = Page(links.OVERVIEW, "Overview", layout, register, label="Overview", icon="runs")
