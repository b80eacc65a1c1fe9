"""`/datasets`: the way in for images, and every prepared dataset."""

import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import catalogue, connection, form, links, outline, reading
from dashboard.components import dataset_cards, regions
from dashboard.components.basics import attributes, button, card, fold, icon, page_head
from dashboard.components.fields import entry, fault, values_of
from dashboard.components.notices import notice, skeleton
from dashboard.form_fields import CLEANING, PREPARATION
from dashboard.launch import command_line, is_preparation, start_preparation
from dashboard.routing import Page
from dashboard.uploading import UploadError
from dashboard.wording import is_missing
from tunescope.datasets import find
from tunescope.errors import SourceError, TunescopeError
from tunescope.store import frames

_REGIONS = ("active", "prepared", "waiting", "failed")
_FIELD = {"type": "prepare-field", "key": ALL}
_FAULT = {"type": "prepare-fault", "key": ALL}
_POLL_MS = 2_000


def layout(search: str = "") -> html.Div:
    """The page; ``?prepare=`` names a source to prepare, ``?run=`` a preparation to wait for."""
    query = {key: given[0] for key, given in parse_qs(search.lstrip("?")).items()}
    contents = _contents()
    source = query.get("prepare")
    return html.Div(
        [
            page_head("Datasets", "Labelled images, cleaned, split and packed once, and read by every run."),
            _preparation(source, query.get("corrections"), query.get("like")) if source else None,
            _way_in(is_open=not source),
            *(regions.region("datasets", name, contents[name]) for name in _REGIONS),
            regions.seen("datasets", contents),
            dcc.Store(id="datasets-awaited", data=query.get("run")),
            dcc.Location(id="datasets-goto", refresh="callback-nav"),
            dcc.Interval(id="datasets-poll", interval=_POLL_MS),
        ]
    )


def register(app: Dash) -> None:
    """Keep the lists fresh; check a source, and prepare it."""
    _register_lists(app)
    _register_preparation(app)
    _register_start(app)


def _register_lists(app: Dash) -> None:
    @app.callback(
        [*regions.outputs("datasets", _REGIONS), Output("datasets-goto", "href")],
        Input("datasets-poll", "n_intervals"),
        State("datasets-seen", "data"),
        State("datasets-awaited", "data"),
        running=[(Output("datasets-poll", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def poll(_: int, seen: regions.Digests, awaited: str | None) -> list[Any]:
        return [*regions.changes(_REGIONS, _contents(), seen), _destination(awaited) or no_update]

    @app.callback(
        Output("datasets-goto", "href", allow_duplicate=True),
        Output("datasets-path-fault", "children"),
        Input("datasets-path-go", "n_clicks"),
        Input("datasets-path", "n_submit"),
        State("datasets-path", "value"),
        prevent_initial_call=True,
    )
    def name_a_path(clicks: int | None, submits: int | None, path: str | None) -> tuple[Any, Any]:
        if not (clicks or submits):
            raise PreventUpdate
        source = (path or "").strip()
        if not source:
            return no_update, "Give the path of a folder or archive of labelled images."
        try:
            find(source, _project())
        except SourceError as error:
            return no_update, fault(_without_key(str(error)))
        return links.prepare(source), None

    @app.callback(
        Output("datasets-poll", "n_intervals", allow_duplicate=True),
        Input({"type": "draft-remove", "id": ALL}, "n_clicks"),
        State("datasets-poll", "n_intervals"),
        prevent_initial_call=True,
    )
    def remove_draft(clicks: list[int | None], polls: int | None) -> int:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        uploads = connection.current().uploads
        with suppress(UploadError):  # somebody else may have been faster
            uploads.remove(uploads.find(ctx.triggered_id["id"]))
        return (polls or 0) + 1


def _register_preparation(app: Dash) -> None:
    @app.callback(
        Output("prepare-outline", "children"),
        Output("prepare-paths", "data"),
        Output("prepare-start", "disabled"),
        Input("prepare-source", "data"),
    )
    def look(source: str | None) -> tuple[Any, Any, bool]:
        if not source:
            raise PreventUpdate
        here = connection.current()
        try:
            found = outline.outline(source, _project(), here.uploads.limits)
        except SourceError as error:
            text = _without_key(str(error))
            return notice("danger", "This cannot be prepared", text), [], True
        return dataset_cards.outline_facts(found), list(found.paths), False

    @app.callback(
        Output(_FAULT, "children"),
        Output("prepare-command", "children"),
        Input(_FIELD, "value"),
        State(_FIELD, "id"),
        State("prepare-source", "data"),
        prevent_initial_call=True,
    )
    def check(entered: list[Any], ids: list[dict[str, str]], source: str) -> tuple[Any, ...]:
        values = values_of(entered, ids)
        found = form.preparation_faults(values, source)
        return [fault(found.get(one["key"])) for one in ids], _command(source, values)

    # A callback of its own, because two things ask for it, the list of files and the field: a quick one, so
    # that the answer to the first cannot arrive after that to the second.
    @app.callback(
        Output("prepare-groups", "children"),
        Input({"type": "prepare-field", "key": "dataset.group"}, "value"),
        Input("prepare-paths", "data"),
    )
    def preview(group: str | None, paths: list[str] | None) -> Any:
        return outline.group_preview((group or "").strip(), paths or [])


def _register_start(app: Dash) -> None:
    @app.callback(
        Output("datasets-goto", "href", allow_duplicate=True),
        Output("prepare-problem", "children"),
        Input("prepare-start", "n_clicks"),
        State(_FIELD, "value"),
        State(_FIELD, "id"),
        State("prepare-source", "data"),
        State("prepare-token", "data"),
        running=[
            (Output("prepare-start", "className"), "button button-primary busy", "button button-primary"),
        ],
        prevent_initial_call=True,
    )
    def start(
        clicks: int | None, entered: list[Any], ids: list[dict[str, str]], source: str, token: str
    ) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        values = values_of(entered, ids)
        found = form.preparation_faults(values, source)
        if found:
            return no_update, notice("danger", "Not started", next(iter(found.values())))
        try:
            run_id = connection.current().start_once(token, _tree(source, values), start_preparation)
        except TunescopeError as error:
            return no_update, notice("danger", "Not started", str(error))
        return links.with_query(links.DATASETS, {"run": run_id}), None


def _project() -> Any:
    return connection.current().launcher.project


def _without_key(text: str) -> str:
    """The sentence of a refusal without the parameter that this page does not speak of."""
    return text.replace("`dataset.source` is", "The source is", 1)


def _tree(source: str, values: form.Values) -> dict[str, Any]:
    """What differs from the project's configuration, and always the source."""
    return form.merged(form.changed(values), {"dataset": {"source": source}})


def _command(source: str, values: form.Values) -> str:
    written = command_line(_tree(source, values))
    return written.replace("kedro run", "kedro run --pipelines=preprocessing,feature_extraction")


def _way_in(is_open: bool) -> html.Section:
    zone = html.Div(
        [
            html.Div(icon("images"), className="empty-icon"),
            html.Div(
                [
                    html.Strong("Drop an archive or a folder of labelled images here"),
                    html.Span(
                        "One folder for each class; zip and tar archives, npz and idx files, "
                        "and CSV or Parquet manifests are read as well."
                    ),
                ],
                className="zone-text",
            ),
            html.Div(
                [
                    button("Choose a file", "upload", id="upload-file"),
                    button("Choose a folder", "folder", id="upload-folder"),
                ],
                className="zone-actions",
            ),
        ],
        id="upload-zone",
        className="zone",
        role="group",
        **attributes(aria_label="Upload images"),
    )
    path = html.Div(
        [
            html.Label(
                "Or the path of images on the server", htmlFor="datasets-path", className="field-label"
            ),
            html.Div(
                [
                    dcc.Input(
                        id="datasets-path",
                        type="text",
                        className="field-input form-control",
                        placeholder="/data/photos, photos.zip, sklearn:digits, torchvision:MNIST",
                    ),
                    button("Look inside", "search", id="datasets-path-go"),
                ],
                className="path-row",
            ),
            html.Div(id="datasets-path-fault", className="field-fault", role="alert"),
        ],
        className="path-entry",
    )
    progress = html.Div(id="upload-progress", **attributes(aria_live="polite"))
    title = "Add images" if is_open else "Add other images"
    return card(title, [zone, progress, path], className="way-in")


def _preparation(source: str, corrections: str | None, like: str | None) -> html.Section:
    values = dict(form.preparation_defaults())
    values |= _like(like) | ({"dataset.corrections": corrections} if corrections else {})
    grid = html.Div([entry("prepare", one, values[one.key]) for one in PREPARATION], className="field-grid")
    policies = html.Div([entry("prepare", one, values[one.key]) for one in CLEANING], className="field-grid")
    groups = html.Div(id="prepare-groups", className="group-preview", **attributes(aria_live="polite"))
    start = button("Prepare", "running", "primary", id="prepare-start", disabled=True)
    body = html.Div(
        [
            html.Div(skeleton("row", 4), id="prepare-outline", className="prepare-outline"),
            html.Div(
                [
                    grid,
                    groups,
                    fold("What is done about each finding", policies),
                    html.Div(id="prepare-problem"),
                    html.Div(
                        [
                            start,
                            html.Pre(_command(source, values), id="prepare-command", className="command"),
                        ],
                        className="prepare-start",
                    ),
                ],
            ),
        ],
        className="prepare-body",
    )
    return card(
        ["Prepare ", html.Code(source)],
        [
            body,
            dcc.Store(id="prepare-source", data=source),
            dcc.Store(id="prepare-paths"),
            dcc.Store(id="prepare-token", data=uuid.uuid4().hex),
        ],
        note="Every file is opened once, cleaned, and packed for all runs to come.",
    )


def _like(run_id: str | None) -> dict[str, Any]:
    """The choices of an earlier preparation."""
    if not run_id:
        return {}
    known = frames.runs_frame(connection.store())
    rows = reading.records(known[known["run_id"] == run_id])
    return form.preparation_values(rows[0]["parameters"]) if rows else {}


def _destination(awaited: str | None) -> str | None:
    """The page of the dataset that an awaited preparation has made, once it has."""
    if not awaited:
        return None
    known = frames.runs_frame(connection.store())
    rows = reading.records(known[(known["run_id"] == awaited) & (known["state"] == "finished")])
    if not rows or is_missing(rows[0]["fingerprint"]):
        return None
    found = catalogue.find(connection.store(), "", rows[0]["fingerprint"])
    return links.dataset(found.name, fingerprint=found.fingerprint)


def _contents() -> dict[str, Any]:
    here = connection.current()
    store = here.store()
    runs = reading.records(frames.runs_frame(store))
    prepared = catalogue.all_prepared(store)
    sources = {_absolute(one.source) for one in prepared}
    waiting = [one for one in here.uploads.uploaded() if _absolute(one.source) not in sources]
    active = [row for row in runs if is_preparation(row["run_id"]) and row["state"] in reading.LIVE]
    busy = {row["parameters"].get("dataset", {}).get("source") for row in active}
    failed = dataset_cards.failures(runs, busy)
    return {
        "active": [dataset_cards.active(row) for row in active],
        "prepared": dataset_cards.prepared(prepared) if prepared else _welcome(),
        "waiting": dataset_cards.waiting(waiting, here.uploads.drafts()),
        "failed": dataset_cards.failed(failed),
    }


def _absolute(source: str) -> str:
    return str(_project() / source)


def _welcome() -> html.Div:
    return dataset_cards.welcome((_project() / dataset_cards.ON_BOARD).is_file())


PAGE = Page(links.DATASETS, "Datasets", layout, register, label="Datasets", icon="images")
