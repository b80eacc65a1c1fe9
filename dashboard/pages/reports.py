"""`/reports`: what finished runs have to say, to read here, to compare, or to take away."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import dash_bootstrap_components as dbc
from dash import ALL, Dash, Input, Output, State, dcc, html

from dashboard import connection, links, photo_models, reading
from dashboard.components import regions
from dashboard.components.basics import button_link, card, file_link, link, page_head
from dashboard.components.notices import empty
from dashboard.components.reports_compared import (
    COMPARED,
    REPORT,
    SUMMARY,
    address,
    comparison_page,
    wanted,
)
from dashboard.components.tables import Column, table
from dashboard.photo_models import PhotoModel
from dashboard.routing import Page
from dashboard.run_comparison import MOST
from dashboard.wording import NOTHING, ago, count, interval, is_missing, moment, percent
from tunescope.errors import UnknownNameError
from tunescope.store import Store, frames, runs

_REGIONS = ("list",)
_PICK = {"type": "reports-pick", "run": ALL}
_SHOWN = 200
_COLUMNS = (
    Column("Run"),
    Column("Dataset"),
    Column("Validation", is_number=True),
    Column("Test", is_number=True),
    Column("95% interval", is_number=True),
    Column("Finished", is_number=True),
    Column("Report"),
)


def layout(search: str = "") -> html.Div:
    """The list of reports, the one that ``?run=`` names, or the runs that ``?compare=`` names."""
    if (run := parse_qs(search.lstrip("?")).get("run")) is not None:
        return _viewer(run[0])
    chosen = wanted(search)
    return comparison_page(search) if len(chosen) > 1 else _list_page(chosen)


def register(app: Dash) -> None:
    """Add reports to the list as they are written, and offer to compare those that are picked."""
    COMPARED.register(app)

    @app.callback(
        regions.outputs("reports", _REGIONS),
        Input("reports-poll", "n_intervals"),
        State("reports-seen", "data"),
        State(_PICK, "value"),
        State(_PICK, "id"),
        prevent_initial_call=True,
    )
    def poll(_: int, seen: regions.Digests, values: list[bool], ids: list[dict[str, str]]) -> list[Any]:
        shown = _contents(())
        # What is picked is no reason to send the list again.
        return regions.changes(
            _REGIONS,
            {"list": regions.Costly(shown["list"], lambda: _contents(_picked(values, ids))["list"])},
            seen,
        )

    @app.callback(
        Output("reports-compare", "children"),
        Input(_PICK, "value"),
        State(_PICK, "id"),
        prevent_initial_call=True,
    )
    def offer(values: list[bool], ids: list[dict[str, str]]) -> Any:
        return _offer(_picked(values, ids))


def _picked(values: list[bool], ids: list[dict[str, str]]) -> list[str]:
    return [one["run"] for one, is_picked in zip(ids, values, strict=True) if is_picked]


def _list_page(picked: Collection[str]) -> html.Div:
    contents = _contents(picked)
    offer = _offer(list(picked)) if _rows(connection.store()) else None
    note = "One page a run, complete in itself: it opens without Tunescope and without a network."
    return html.Div(
        [
            page_head("Reports", note, html.Div(offer, id="reports-compare", role="status")),
            regions.region("reports", "list", contents["list"]),
            regions.seen("reports", _contents(())),
            dcc.Interval(id="reports-poll", interval=5_000),
        ]
    )


def _offer(picked: list[str]) -> Any:
    if 2 <= len(picked) <= MOST:
        return button_link(f"Compare {len(picked)} runs", "compare", address(picked), "primary")
    if len(picked) > MOST:
        return html.Span(f"Compare at most {MOST} at a time", className="muted")
    return html.Span(f"Tick 2 to {MOST} runs to compare them", className="muted")


def _viewer(run_id: str) -> html.Div:
    row = runs.get(connection.store(), run_id)
    folder = Path(row["folder"])
    if not (folder / REPORT).is_file():
        raise UnknownNameError(_no_report(run_id, folder, str(row["status"])))
    actions = [
        button_link("All reports", "back", links.REPORTS),
        file_link("New tab", "open", links.file(run_id, REPORT), new_tab=True),
        *_downloads(run_id, folder, _models(connection.store())),
    ]
    frame = html.Iframe(
        src=links.file(run_id, REPORT),
        title=f"Report of {run_id}",
        className="report-frame",
        sandbox="allow-scripts allow-popups",
    )
    note = ["Report of run ", link(run_id, links.run(run_id))]
    return html.Div([page_head(run_id, note, actions), frame], className="report-page")


def _no_report(run_id: str, folder: Path, status: str) -> str:
    if status == "finished":
        return (
            f"The report of run `{run_id}` is gone from `{folder}`: launch the run again under its id, "
            "and it is written anew without any training."
        )
    return f"Run `{run_id}` has no report yet: one is written when it finishes."


def _models(store: Store) -> dict[str, PhotoModel]:
    """The winner of each run that has one whose files are there."""
    return {model.run["run_id"]: model for model in photo_models.winners(store) if not model.problem}


def _downloads(run_id: str, folder: Path, models: Mapping[str, PhotoModel]) -> list[Any]:
    actions = [
        file_link("HTML", "download", links.file(run_id, REPORT, download=True)),
    ]
    if (folder / SUMMARY).is_file():
        actions.append(file_link("Summary", "download", links.file(run_id, SUMMARY, download=True)))
    if (winner := models.get(run_id)) is not None:
        actions.append(file_link("Model", "download", links.model(int(winner.row["trial_id"]))))
    return actions


def _contents(picked: Collection[str]) -> dict[str, Any]:
    rows = _rows(connection.store())
    if rows:
        return {"list": _list(rows, picked)}
    text = "Each run that finishes writes one: what was searched, what won, what it gets wrong, what it cost."
    return {
        "list": empty("reports", "No report yet", text, button_link("New run", "new", links.NEW, "primary"))
    }


def _list(rows: list[dict[str, Any]], picked: Collection[str]) -> html.Section:
    store = connection.store()
    measured = {row["run_id"]: row for row in reading.records(frames.benchmarks_frame(store))}
    tallies, models, shown = reading.tallies(), _models(store), rows[:_SHOWN]
    lines = [
        _row(
            row,
            measured.get(row["run_id"], {}),
            tallies.get(row["run_id"], reading.Tally()),
            models,
            row["run_id"] in picked,
        )
        for row in shown
    ]
    hidden = f" The newest {_SHOWN} of {count(len(rows))} are listed." if len(rows) > _SHOWN else ""
    note = (
        "HTML is the whole report in one file, the summary is for programs; the model predicts where "
        f"Tunescope is installed.{hidden}"
    )
    return card("Finished runs", table("Reports", _COLUMNS, lines, "table-runs table-reports"), note=note)


def _rows(store: Store) -> list[dict[str, Any]]:
    """The runs that have a report, newest first."""
    rows = reading.records(frames.runs_frame(store))
    return [row for row in rows if (Path(row["folder"]) / REPORT).is_file()]


def _row(
    row: Mapping[str, Any],
    measured: Mapping[str, Any],
    tally: reading.Tally,
    models: Mapping[str, PhotoModel],
    is_picked: bool,
) -> list[Any]:
    run_id = row["run_id"]
    view = button_link("View", "reports", links.report(run_id), "primary")
    return [
        html.Div(
            [_pick(run_id, is_picked), link(run_id, links.run(run_id), "link run-name")],
            className="reports-pick",
        ),
        NOTHING if is_missing(row["dataset"]) else row["dataset"],
        percent(tally.best),
        percent(measured.get("test_accuracy")),
        interval(measured.get("test_accuracy_low"), measured.get("test_accuracy_high")),
        html.Span(ago(row["finished"]), title=moment(row["finished"])),
        html.Div([view, *_downloads(run_id, Path(row["folder"]), models)], className="row-actions"),
    ]


def _pick(run_id: str, is_picked: bool) -> Any:
    name = html.Span(f"Compare {run_id}", className="visually-hidden")
    return dbc.Checkbox(id={"type": "reports-pick", "run": run_id}, value=is_picked, label=name)


PAGE = Page(links.REPORTS, "Reports", layout, register, label="Reports", icon="reports", group="Results")
