"""How a dataset was prepared, and the runs that used it."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import catalogue, connection, links, reading
from dashboard.catalogue import Prepared
from dashboard.components.basics import badge, card, facts, link
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.wording import NOTHING, count, extent, number, percent
from tunescope.store import frames


def preparation(one: Prepared, parameters: Mapping[str, Any]) -> html.Div:
    """How it was prepared, and the runs that used it."""
    about = {**parameters.get("dataset", {}), **catalogue.preparation(one)}
    policy = about.get("cleaning") or {}
    pairs = [
        ("Source", html.Code(one.source)),
        ("Fingerprint", html.Code(one.fingerprint)),
        ("Folder", html.Code(str(one.folder))),
        ("Packed as", f"{extent(one.image_shape[1], one.image_shape[0])} px, {about.get('fit', NOTHING)}"),
        ("Split", f"{about.get('split', 'stratified')}, seed {about.get('seed', NOTHING)}"),
        ("Group", html.Code(about["group"]) if about.get("group") else "none"),
        ("Shares", f"{percent(about.get('validation'), 0)} validation, {percent(about.get('test'), 0)} test"),
        ("Corrections", html.Code(about["corrections"]) if about.get("corrections") else "none"),
    ]
    rules = [(str(name).replace("_", " "), number(value)) for name, value in policy.items()]
    return html.Div(
        [
            card("How it was prepared", facts(pairs), className="in-columns"),
            card("Policy", facts(rules) if rules else blank("The usual one."), className="in-columns"),
            card("Runs that used it", _runs(one)),
        ]
    )


def _runs(one: Prepared) -> html.Div:
    known = frames.runs_frame(connection.store())
    rows = reading.records(known[known["run_id"].isin(one.runs)])
    tallies = reading.tallies()
    lines = [
        [
            link(row["run_id"], links.run(row["run_id"]), "link run-name"),
            badge(str(row["state"])),
            count(tallies.get(row["run_id"], reading.Tally()).ended),
            percent(tallies.get(row["run_id"], reading.Tally()).best),
        ]
        for row in rows[:100]
    ]
    columns = (
        Column("Run"),
        Column("State"),
        Column("Trials", is_number=True),
        Column("Validation", is_number=True),
    )
    return table("Runs that used this dataset", columns, lines, "table-runs")
