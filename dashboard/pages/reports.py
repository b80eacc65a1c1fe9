"""`/reports`: what finished runs have to say, to read here or to take away."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from dash import Dash, Input, State, dcc, html

from dashboard import connection, links, reading
from dashboard.components import regions
from dashboard.components.basics import button_link, card, file_link, link, page_head
from dashboard.components.notices import empty
from dashboard.components.tables import Column, table
from dashboard.routing import Page
from dashboard.wording import NOTHING, ago, interval, is_missing, moment, percent
from tunescope.errors import UnknownNameError
from tunescope.store import Store, frames, runs

_REGIONS = ("list",)
_COLUMNS = (
    Column("Run"),
    Column("Dataset"),
    Column("Validation", is_number=True),
    Column("Test", is_number=True),
    Column("95% interval", is_number=True),
    Column("Finished", is_number=True),
    Column("Report"),
)
_REPORT, _SUMMARY = "report.html", "summary.json"


def layout(search: str = "") -> html.Div:
    """The list of reports, or the one that the address names."""
    wanted = parse_qs(search.lstrip("?")).get("run")
    return _viewer(wanted[0]) if wanted else _list_page()


def register(app: Dash) -> None:
    """Add reports to the list as they are written."""

    @app.callback(
        regions.outputs("reports", _REGIONS),
        Input("reports-poll", "n_intervals"),
        State("reports-seen", "data"),
        prevent_initial_call=True,
    )
    def poll(_: int, seen: regions.Digests) -> list[Any]:
        return regions.changes(_REGIONS, _contents(), seen)


def _list_page() -> html.Div:
    contents = _contents()
    note = "One page a run, complete in itself: it opens without Tunescope and without a network."
    return html.Div(
        [
            page_head("Reports", note),
            regions.region("reports", "list", contents["list"]),
            regions.seen("reports", contents),
            dcc.Interval(id="reports-poll", interval=5_000),
        ]
    )


def _viewer(run_id: str) -> html.Div:
    folder = Path(runs.get(connection.store(), run_id)["folder"])
    if not (folder / _REPORT).is_file():
        raise UnknownNameError(f"Run `{run_id}` has no report yet: one is written when it finishes.")
    actions = [
        button_link("All reports", "back", links.REPORTS),
        *_files(run_id, folder),
    ]
    frame = html.Iframe(
        src=links.file(run_id, _REPORT),
        title=f"Report of {run_id}",
        className="report-frame",
        sandbox="allow-scripts allow-popups",
    )
    note = ["Report of run ", link(run_id, links.run(run_id))]
    return html.Div([page_head(run_id, note, actions), frame], className="report-page")


def _files(run_id: str, folder: Path) -> list[Any]:
    address = links.file(run_id, _REPORT)
    actions = [
        file_link("New tab", "open", address, new_tab=True),
        file_link("HTML", "download", links.file(run_id, _REPORT, download=True)),
    ]
    if (folder / _SUMMARY).is_file():
        actions.append(file_link("Summary", "download", links.file(run_id, _SUMMARY, download=True)))
    return actions


def _contents() -> dict[str, Any]:
    rows = _rows(connection.store())
    if rows:
        return {"list": card("Finished runs", table("Reports", _COLUMNS, rows, "table-runs"))}
    text = "Each run that finishes writes one: what was searched, what won, what it gets wrong, what it cost."
    return {
        "list": empty(
            "reports", "No report yet", text, button_link("Start a run", "new", links.NEW, "primary")
        )
    }


def _rows(store: Store) -> list[list[Any]]:
    measured = {row["run_id"]: row for row in reading.records(frames.benchmarks_frame(store))}
    tallies = reading.tallies()
    rows = [
        row for row in reading.records(frames.runs_frame(store)) if (Path(row["folder"]) / _REPORT).is_file()
    ]
    return [
        _row(row, measured.get(row["run_id"], {}), tallies.get(row["run_id"], reading.Tally()))
        for row in rows
    ]


def _row(row: dict[str, Any], measured: dict[str, Any], tally: reading.Tally) -> list[Any]:
    run_id = row["run_id"]
    view = button_link("View", "reports", links.report(run_id), "primary")
    return [
        link(run_id, links.run(run_id), "link run-name"),
        NOTHING if is_missing(row["dataset"]) else row["dataset"],
        percent(tally.best),
        percent(measured.get("test_accuracy")),
        interval(measured.get("test_accuracy_low"), measured.get("test_accuracy_high")),
        html.Span(ago(row["finished"]), title=moment(row["finished"])),
        html.Div([view, *_files(run_id, Path(row["folder"]))], className="row-actions"),
    ]


PAGE = Page(links.REPORTS, "Reports", layout, register, label="Reports", icon="reports", group="Results")
