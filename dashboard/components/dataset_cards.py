"""What the page of all datasets shows: cards of prepared ones, of those at work, of uploads, of failures."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dash import html

from dashboard import catalogue, connection, links, reading
from dashboard.catalogue import Prepared
from dashboard.components import run_stages
from dashboard.components.basics import (
    attributes,
    badge,
    button,
    button_link,
    card,
    chips,
    facts,
    file_link,
    fold,
    link,
)
from dashboard.components.dataset_bits import strip
from dashboard.components.notices import empty, notice
from dashboard.components.tables import Column, table
from dashboard.launch import is_preparation
from dashboard.outline import Outline
from dashboard.run_view import run_view
from dashboard.uploading import Draft, Uploaded
from dashboard.wording import NOTHING, ago, count, extent, is_missing, memory, moment, percent, tied

ON_BOARD = Path("data/01_raw/hand_signs.zip")
_STRIP, _STRIP_SIZE, _SHOWN_DIGITS = 8, 64, 8
_SHOWN_CLASSES, _SHOWN_FINDINGS, _SHOWN_FAILURES = 12, 100, 5
_FINDING_COLUMNS = (Column("File"), Column("Finding"), Column("Action"))


def prepared(all_of: Sequence[Prepared]) -> html.Section:
    """A card a dataset."""
    note = f"{count(len(all_of), 'dataset')}, the latest used first."
    items = html.Ul([html.Li(_prepared(one)) for one in all_of], className="dataset-list")
    return card("Prepared datasets", items, note=note)


def _prepared(one: Prepared) -> html.Article:
    address = links.dataset(one.name, fingerprint=one.fingerprint)
    splits = ", ".join(f"{count(number)} {split}" for split, number in one.splits.items())
    pairs = [
        ("Images", count(one.images)),
        ("Rejected", count(one.rejected)),
        ("Classes", count(len(one.classes))),
        ("Size", size_text(one)),
        ("Splits", splits),
        # The same source prepared in another way has the same name.
        ("Fingerprint", html.Code(one.fingerprint[:_SHOWN_DIGITS])),
    ]
    head = html.Div(
        [
            html.H3(link(one.name, address, "link run-name")),
            html.Span(
                [
                    html.Span("from "),
                    html.Code(one.source),
                    html.Span(f", {tied(f'prepared {ago(one.created)}')}"),
                ],
                className="muted",
                title=moment(one.created),
            ),
        ],
        className="dataset-head",
    )
    gone = notice("warning", "Its folder is gone", f"Prepare it again to bring back `{one.folder}`.")
    body = strip(one, _STRIP, _STRIP_SIZE) if one.is_there else gone
    actions = [
        button_link("Open", "open", address),
        button_link("Search models", "search", search_link(one), "quiet"),
    ]
    return html.Article(
        [
            html.Div([head, html.Div(actions, className="row-actions")], className="dataset-top"),
            body,
            _figures(pairs),
        ],
        className="dataset-item",
    )


def _figures(pairs: Sequence[tuple[str, Any]]) -> html.Dl:
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs], className="figures")


def size_text(one: Prepared) -> str:
    """Width and height in pixels, and the colours."""
    height, width, channels = one.image_shape
    return f"{extent(width, height)} px, {'gray' if channels == 1 else 'colour'}"


def search_link(one: Prepared, **query: Any) -> str:
    """The form of a new run on this dataset."""
    return links.with_query(
        links.NEW, {"source": one.source, "prepared": one.runs[0] if one.runs else None, **query}
    )


def active(row: Mapping[str, Any]) -> html.Section:
    """A preparation at work: its steps, and the last that it said."""
    run_id = str(row["run_id"])
    view = run_view(connection.current(), run_id)
    lines = reading.log_tail(view.folder).strip().splitlines()
    body = [run_stages.stages(view), html.P(lines[-1] if lines else "", className="last-line")]
    note = ["Preparing ", html.Code(_source(row)), f", started {ago(row['created'])}"]
    title = [link(_name(row), links.run(run_id), "link run-name"), badge(row["state"])]
    return card(title, body, note=note, className="preparing")


def _source(row: Mapping[str, Any]) -> str:
    return str(row["parameters"].get("dataset", {}).get("source") or NOTHING)


def _name(row: Mapping[str, Any]) -> str:
    dataset = row["parameters"].get("dataset", {})
    return str(dataset.get("name") or Path(_source(row)).stem)


def waiting(uploads: Sequence[Uploaded], drafts: Sequence[Draft]) -> Any:
    """Uploads that nothing was prepared from yet, and those that are not whole."""
    if not uploads and not drafts:
        return None
    items = [_unfinished(draft) for draft in drafts] + [_upload(one) for one in uploads]
    return card("Uploads not prepared yet", html.Ul(items, className="upload-list"))


def _upload(one: Uploaded) -> html.Li:
    at = datetime.fromtimestamp(one.at, UTC).replace(tzinfo=None)
    about = f"{memory(one.size)}, uploaded {ago(at)}"
    prepare = button_link("Prepare", "running", links.prepare(one.source))
    return html.Li([_line(one.name, about), prepare])


def _unfinished(draft: Draft) -> html.Li:
    uploads = connection.current().uploads
    progress = f"{memory(uploads.received(draft))} of {memory(draft.size)} have arrived"
    if uploads.is_arriving(draft):
        return html.Li([_line(draft.name, f"{progress}, the rest is on its way")])
    about = f"{progress}: choose the same {draft.kind} again to go on"
    remove = button(
        "Remove",
        "close",
        "quiet",
        id={"type": "draft-remove", "id": draft.id},
        **attributes(aria_label=f"Remove the unfinished upload {draft.name}"),
    )
    return html.Li([_line(draft.name, about), remove])


def _line(name: str, about: str) -> html.Div:
    return html.Div([html.Strong(name), html.Span(about, className="muted")], className="upload-line")


def failures(rows: Iterable[Mapping[str, Any]], busy: set[Any]) -> list[Mapping[str, Any]]:
    """Of sources whose latest preparation failed, the run that says why; ``rows`` are newest first."""
    decided, found = set(busy), []
    for row in rows:
        source = _source(row)
        if source in decided:
            continue
        if not is_missing(row["fingerprint"]):
            decided.add(source)
        elif row["state"] == "failed" and _is_about_data(row):
            decided.add(source)
            found.append(row)
    return found[:_SHOWN_FAILURES]


def _is_about_data(row: Mapping[str, Any]) -> bool:
    is_judged = (Path(row["folder"]) / "data_quality.json").is_file()
    return is_judged or is_preparation(row["run_id"])


def failed(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Why sources could not be prepared, with the account of their files."""
    return [_failed(row) for row in rows] or None


def _failed(row: Mapping[str, Any]) -> html.Section:
    run_id = str(row["run_id"])
    account = catalogue.quality(Path(row["folder"]) / "data_quality.json")
    reason = "Its process ended before the work began; the page of the run says more."
    body = [
        notice("danger", "This could not be prepared", str(row["reason"] or reason)),
        fold("What was found in its files", quality_table(account)) if account else None,
    ]
    files = (
        [
            file_link(
                "Data quality",
                "download",
                links.file(run_id, "data_quality.json", download=True),
                kind="quiet",
            )
        ]
        if account
        else []
    )
    actions = html.Div(
        [
            *files,
            button_link("Run", "runs", links.run(run_id), "quiet"),
            button_link("Try again", "resume", links.prepare(_source(row))),
        ]
    )
    note = [html.Code(_source(row)), f", tried {ago(row['created'])}"]
    return card([_name(row), badge("failed")], body, note=note, actions=actions)


def quality_table(account: Mapping[str, Any]) -> html.Div:
    """The account of a source's files, at most a hundred findings of it."""
    found = account["findings"]
    rows = [
        [
            html.Span(str(one.get("file", "")), className="path"),
            str(one.get("finding", "")),
            str(one.get("action", "")),
        ]
        for one in found[:_SHOWN_FINDINGS]
        if isinstance(one, Mapping)
    ]
    files, accepted, rejected = (count(int(account.get(key, 0))) for key in ("files", "accepted", "rejected"))
    more = (
        f" The first {_SHOWN_FINDINGS} of {count(len(found))} findings:"
        if len(found) > _SHOWN_FINDINGS
        else ""
    )
    text = html.P(f"{files} files: {accepted} accepted, {rejected} rejected.{more}", className="card-line")
    return html.Div([text, table("Findings", _FINDING_COLUMNS, rows, "table-findings in-fold")])


def outline_facts(found: Outline) -> html.Div:
    """What a source holds, before anything of it is opened."""
    labels = [f"{name} ({count(number)})" for name, number in found.labels[:_SHOWN_CLASSES]]
    more = len(found.labels) - len(labels)
    shown = chips([*labels, *([f"{count(more)} more"] if more > 0 else [])])
    splits = ", ".join(f"{count(number)} {name}" for name, number in found.splits)
    total = sum(number for _, number in found.labels) or 1
    largest = f", the largest with {percent(found.labels[0][1] / total)}" if found.labels else ""
    pairs = [
        ("Kind", found.reader),
        ("Files", count(found.files)),
        ("Classes", f"{count(len(found.labels))}{largest}"),
        ("Official split", splits or "none"),
    ]
    sample = [html.Li(path, className="path") for path in found.paths[:: max(1, len(found.paths) // 5)][:5]]
    return html.Div(
        [facts(pairs), html.Div(shown, className="outline-classes"), html.Ul(sample, className="paths")]
    )


def welcome(has_photos: bool) -> html.Div:
    """There is no dataset yet."""
    start = button_link("Prepare the hand signs", "running", links.prepare(str(ON_BOARD)), "primary")
    text = (
        "Drop your labelled images above. Each file is accounted for: what is wrong with it, "
        "what was done about it, and which images look wrongly labelled."
    )
    return empty("images", "No dataset yet", text, start if has_photos else None)
