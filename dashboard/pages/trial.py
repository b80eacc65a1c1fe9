"""`/trials/<study>/<number>`: one trained model. The address holds which of its images are looked at."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import connection, links, photo_models, predictions, reading
from dashboard.components import annotations, model_answers, model_images, model_lineage, regions, trial_costs
from dashboard.components.basics import attributes, badge, button_link, card, link, page_head, tile
from dashboard.components.charts import picture
from dashboard.components.model_view import GO, ModelView, gone
from dashboard.components.notices import blank, notice, skeleton
from dashboard.components.regions import Costly
from dashboard.model_files import model_files
from dashboard.routing import Page
from dashboard.wording import count, duration, interval, is_missing, memory, moment, number, percent, tied
from tunescope.errors import SourceError, UnknownNameError
from tunescope.store import Store, frames
from tunescope.store.lineage import numbered

# What a poll of a live trial fills, and what is made of the predictions that it leaves in the end.
_REGIONS = (
    "state", "notice", "tiles", "settings", "origin", "noted", "curve", "phases", "machine", "operators",
    "files",
)  # fmt: skip
_ANSWERS = ("matrix", "images", "calibration", "classes", "large")
_UNANSWERED = ("FAIL", "PRUNED")  # so ends a trial that has predicted nothing
_LIVE_MS, _CALM_MS = 1_000, 10_000
_SEALED = "Rows are true classes, columns what the model took them for. Test images stay sealed."
_SOURCE = "Of answers given with a confidence of 80%, 80% should be right. ECE and MCE: Guo et al., 2017."


def layout(study: str, number: str, search: str = "") -> html.Div:
    """The page of a trial as it stands; charts and what is below them follow with the first poll."""
    store = connection.store()
    row = _row(store, study, number)
    is_live, top = row["state"] == "RUNNING", _top(store, row)
    title = [
        html.Span(f"{study} #{row['number']}", className="run-title"),
        regions.region("trial", "state", top["state"]),
    ]
    parts = _plain_parts(top) if is_missing(row["run_id"]) else _parts(top, row["state"] not in _UNANSWERED)
    return html.Div(
        [
            page_head(title, _about(row), _actions(row)),
            regions.region("trial", "notice", top["notice"]),
            regions.region("trial", "tiles", top["tiles"]),
            annotations.panel(row["trial_id"]),
            *parts,
            dcc.Location(id="trial-url", refresh=False, search=search),
            dcc.Store(id="trial-key", data=[study, row["number"]]),
            regions.seen("trial", top),
            dcc.Store(id="trial-stamp", data=predictions.stamp(row)),
            dcc.Store(id="answers-seen", data={}),
            dcc.Interval(id="trial-poll", interval=_LIVE_MS if is_live else _CALM_MS),
        ],
        className="model-page",
    )


def _actions(row: Mapping[str, Any]) -> list[Any]:
    study, trial = row["study"], int(row["number"])
    # Asked when the page is opened: that a model is gone is told by the page of photos too.
    is_saved = photo_models.is_saved(row)
    return [
        button_link("Try on photos", "camera", links.predict(study, trial)) if is_saved else None,
        button_link("All trials of the study", "trials", links.trials(study=[study])),
        model_lineage.copied(),
    ]


def _parts(top: Mapping[str, Any], is_answered: bool) -> list[Any]:
    """What a model of ours has: first what it is, then what it answers, then what it cost."""
    unanswered = [regions.region("answers", name, className="hidden") for name in _ANSWERS[:-1]]
    return [
        regions.region("answers", "large"),
        _pair(_settings("Hyperparameters", top), _card("Where it comes from", "origin")),
        card("Learning curve", regions.region("trial", "curve", skeleton("chart"), className="chart")),
        *(_answer_parts() if is_answered else unanswered),
        _pair(_card("Where the time went", "phases"), _card("Use of the machine", "machine")),
        regions.region("trial", "operators"),
        _card("Files", "files", 2),
        regions.region("trial", "noted", className="hidden"),
    ]


def _answer_parts() -> list[Any]:
    return [
        html.Div(
            [
                card("Confusion on the validation split", _answer("matrix"), note=_SEALED),
                card("Validation images", _answer("images"), id="model-images"),
            ],
            className="split-even model-split",
        ),
        card("Scores by class", _answer("classes"), note="The worst first; click a heading to sort."),
        card("Calibration", _answer("calibration"), note=_SOURCE),
    ]


def _plain_parts(top: Mapping[str, Any]) -> list[Any]:
    """What a trial of any program that uses Optuna has."""
    unused = ("settings", "phases", "machine", "operators", "files")
    return [
        _pair(_card("Values and attributes", "noted"), _card("Where it comes from", "origin")),
        _settings("Parameters", top),
        card("Reported values", regions.region("trial", "curve", skeleton("chart"), className="chart")),
        *(regions.region("trial", name, className="hidden") for name in unused[1:]),
        *(regions.region("answers", name, className="hidden") for name in _ANSWERS),
    ]


def _pair(first: Any, second: Any) -> html.Div:
    return html.Div([first, second], className="split-even")


def _settings(title: str, top: Mapping[str, Any]) -> html.Section:
    return card(title, regions.region("trial", "settings", top["settings"]))


def _card(title: str, name: str, rows: int = 6) -> html.Section:
    return card(title, regions.region("trial", name, skeleton("row", rows)))


def _answer(name: str) -> html.Div:
    return regions.region("answers", name, skeleton("chart"), **attributes(aria_live="polite"))


def register(app: Dash) -> None:
    """Keep the page of a running trial fresh, and follow its address."""
    # It belongs to this page alone, and comes with it.
    app.server.register_blueprint(model_files)
    _register_poll(app)
    _register_answers(app)
    _register_clicks(app)


def _register_poll(app: Dash) -> None:
    @app.callback(
        [
            *regions.outputs("trial", _REGIONS),
            Output("trial-stamp", "data"),
            Output("trial-poll", "disabled"),
        ],
        Input("trial-poll", "n_intervals"),
        Input("shell-dark", "data"),
        State("trial-key", "data"),
        State("trial-seen", "data"),
        State("trial-stamp", "data"),
    )
    def poll(_: int, dark: bool, key: tuple[str, int], seen: regions.Digests, stamp: int | None) -> list[Any]:
        store = connection.store()
        row = _row(store, *key)
        answers = regions.changes(_REGIONS, _contents(store, row, bool(dark)), seen)
        now = predictions.stamp(row)
        return [*answers, no_update if now == stamp else now, row["state"] in reading.ENDED]


def _register_answers(app: Dash) -> None:
    @app.callback(
        regions.outputs("answers", _ANSWERS),
        Input("trial-stamp", "data"),
        Input("trial-url", "search"),
        Input("shell-dark", "data"),
        State("trial-key", "data"),
        State("answers-seen", "data"),
    )
    def answer(
        stamp: int | None, search: str | None, dark: bool, key: tuple[str, int], seen: regions.Digests
    ) -> list[Any]:
        if stamp is None or not key:
            raise PreventUpdate
        store = connection.store()
        row = _row(store, *key)
        view = ModelView.from_query(search)
        return regions.changes(_ANSWERS, _answers(store, row, view, bool(dark)), seen)


def _register_clicks(app: Dash) -> None:
    @app.callback(
        Output("trial-url", "search"),
        Input({"type": GO, "part": ALL, "to": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def go(_: list[int | None]) -> Any:
        query = gone(ctx.triggered[0] if ctx.triggered else None)
        return no_update if query is None else query

    # Nothing is clicked any more when the answer is there, so that the same cell can be clicked again.
    @app.callback(
        Output("trial-url", "search", allow_duplicate=True),
        Output(model_answers.MATRIX, "clickData"),
        Input(model_answers.MATRIX, "clickData"),
        State("trial-url", "search"),
        prevent_initial_call=True,
    )
    def open_cell(clicked: Mapping[str, Any] | None, search: str | None) -> tuple[Any, Any]:
        if not clicked:
            raise PreventUpdate
        point = clicked["points"][0]
        cell = (int(point["y"]), int(point["x"]))
        return ModelView.from_query(search).to_query(cell=cell), None

    @app.callback(
        Output("trial-url", "search", allow_duplicate=True),
        Input(model_answers.CLASSES, "cellClicked"),
        State(model_answers.CLASSES, "rowData"),
        State("trial-url", "search"),
        prevent_initial_call=True,
    )
    def open_class(clicked: Mapping[str, Any] | None, rows: list[dict[str, Any]], search: str | None) -> Any:
        if not clicked or clicked["colId"] != "taken":
            raise PreventUpdate
        cell = next((row["cell"] for row in rows if row["index"] == clicked["rowId"]), "")
        if not cell:
            raise PreventUpdate
        true, predicted = map(int, cell.split(":"))
        return ModelView.from_query(search).to_query(cell=(true, predicted))


def _row(store: Store, study: str, number: str | int) -> dict[str, Any]:
    """The trial of a study.

    Raises:
        UnknownNameError: when there is no such trial.
    """
    text = str(number)
    # More digits than the store's integers have.
    is_number = text.isascii() and text.isdigit() and len(text) < 10 and str(int(text)) == text
    trial_id = numbered(store, study, int(text)) if is_number else None
    trials = frames.trials_frame(store, trial_ids=[] if trial_id is None else [trial_id])
    if trials.empty:
        raise UnknownNameError(f"There is no trial `{number}` of a study `{study}` in this store.")
    return reading.records(reading.prepared(reading.settled(store, trials)))[0]


def _contents(store: Store, row: Mapping[str, Any], dark: bool) -> dict[str, Any]:
    is_plain, trial_id = is_missing(row["run_id"]), int(row["trial_id"])
    if is_plain:
        known: dict[str, Any] = {"noted": model_lineage.noted(store, row)}
    else:
        known = {
            "phases": trial_costs.time_spent(row, frames.timings_frame(store, trial_ids=[trial_id])),
            "machine": trial_costs.machine(row),
            "operators": trial_costs.operators(row),
            "files": model_lineage.files(row),
        }
    return known | {
        **_top(store, row),
        "origin": Costly([trial_id, row["state"]], lambda: model_lineage.origin(store, row)),
        "curve": _reported(store, row, dark) if is_plain else _curve(store, row, dark),
    }


def _top(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is seen first, and would push all else down if it came later."""
    return {
        "state": badge(row["state"]),
        "notice": _notice(store, row),
        "tiles": _plain_tiles(row) if is_missing(row["run_id"]) else _tiles(store, row),
        "settings": model_lineage.settings(row),
    }


def _answers(store: Store, row: Mapping[str, Any], view: ModelView, dark: bool) -> dict[str, Any]:
    """What is made of the predictions of a trial, each part from what it depends on."""
    if is_missing(row["run_id"]):
        return {}
    dataset = frames.dataset(store, row["run_id"])
    try:
        of = predictions.read(row, dataset)
    except SourceError as error:
        reason = blank("Known when the training has ended." if row["state"] == "RUNNING" else str(error))
        return dict.fromkeys(("matrix", "images", "calibration", "classes"), reason) | {"large": None}
    assert dataset is not None  # for mypy: without one, there are no predictions
    stamp, shown = predictions.stamp(row), [view.cell, view.order, view.page, view.image]
    return {
        "matrix": Costly([stamp, view.cell, dark], lambda: model_answers.matrix(of, view, dark)),
        "images": Costly([stamp, *shown[:3]], lambda: model_images.images(of, dataset, view)),
        "calibration": Costly([stamp, dark], lambda: model_answers.calibration(of, dark)),
        "classes": Costly([stamp], lambda: model_answers.classes(of)),
        "large": Costly([stamp, *shown], lambda: model_images.large(of, dataset, view)),
    }


def _about(row: Mapping[str, Any]) -> list[Any]:
    started = moment(row["start"])
    if is_missing(row["run_id"]):
        return [html.Span(f"Started {started}")]
    return [
        html.Span(f"{row['model']} · {row['strategy']} · run "),
        link(row["run_id"], links.run(row["run_id"])),
        html.Span(f" · {tied(f'started {started}')}"),
    ]


def _notice(store: Store, row: Mapping[str, Any]) -> Any:
    if row["state"] in ("FAIL", "PRUNED"):
        kind, title = ("danger", "This trial failed") if row["state"] == "FAIL" else ("info", "Stopped early")
        return notice(
            kind, title, "no reason was entered" if is_missing(row["reason"]) else str(row["reason"])
        )
    measured = _benchmark(store, row)
    if measured is None:
        return None
    bounds = interval(measured["test_accuracy_low"], measured["test_accuracy_high"])
    text = (
        f"{percent(measured['test_accuracy'])} of the sealed test images are right (95% interval {bounds}), "
        f"{measured['latency_ms']:.1f} ms an image, "
        f"{count(round(measured['images_per_second']))} images a second."
    )
    return notice("good", "The winner of its run", text)


def _benchmark(store: Store, row: Mapping[str, Any]) -> dict[str, Any] | None:
    if is_missing(row["run_id"]):
        return None
    benchmarks = frames.benchmarks_frame(store, row["run_id"])
    found = reading.records(benchmarks[benchmarks["trial_id"] == row["trial_id"]])
    return found[0] if found else None


def _tiles(store: Store, row: Mapping[str, Any]) -> html.Div:
    accuracy, epochs = row["validation_accuracy"], row["epochs"]
    note = "" if is_missing(row["train_accuracy"]) else f"{percent(row['train_accuracy'])} on training images"
    if is_missing(accuracy) and row["state"] == "RUNNING":
        seen = frames.epochs_frame(store, trial_ids=[int(row["trial_id"])])
        accuracy = seen["validation_accuracy"].iloc[-1] if len(seen) else None
        epochs, note = (len(seen) or None), "after the latest epoch"
    weights = "" if is_missing(row["weights"]) else count(int(row["weights"]), "weight")
    return html.Div(
        [
            tile("Validation accuracy", percent(accuracy), note),
            tile(
                "Balanced accuracy",
                percent(row["balanced_accuracy"]),
                "" if is_missing(row["macro_f1"]) else f"macro F1 {number(row['macro_f1'], 3)}",
            ),
            tile("Log loss", number(row["log_loss"], 3), "lower is better"),
            tile("Time", duration(row["seconds"]), _cost(epochs, weights, row["peak_memory_bytes"])),
        ],
        className="tiles",
    )


def _cost(epochs: Any, weights: str, peak: float | None) -> str:
    parts = [
        "" if is_missing(epochs) else count(int(epochs), "epoch"),
        weights,
        "" if is_missing(peak) else f"{memory(peak)} at most",
    ]
    return ", ".join(filter(None, parts))


def _plain_tiles(row: Mapping[str, Any]) -> html.Div:
    """What every Optuna trial has: its values, how many parameters, how long it took."""
    values, took = row["values"], (row["end"] - row["start"])
    seconds = None if is_missing(took) else took.total_seconds()
    more = f"and {count(len(values) - 1, 'more objective')}" if len(values) > 1 else ""
    return html.Div(
        [
            tile("Value", number(values[0] if values else None, 6), more),
            tile("Parameters", count(len(row["params"]))),
            tile("Time", duration(seconds)),
        ],
        className="tiles model-tiles",
    )


def _curve(store: Store, row: Mapping[str, Any], dark: bool) -> Any:
    epochs = frames.epochs_frame(store, trial_ids=[int(row["trial_id"])])
    if epochs.empty:
        return blank(
            "Only deep models learn in epochs." if row["state"] != "RUNNING" else "No epoch has ended yet."
        )
    from tunescope.analysis.curves import learning_curves
    from tunescope.figures.learning_curves import draw_training

    curve = learning_curves(epochs, pd.DataFrame([row])).curves[0]
    return Costly(
        [len(epochs), dark], lambda: picture(draw_training(curve, dark=dark), "Accuracy and loss by epoch")
    )


def _reported(store: Store, row: Mapping[str, Any], dark: bool) -> Any:
    reports = frames.reports_frame(store, [int(row["trial_id"])])
    if reports.empty:
        return blank("This trial reported nothing on its way.")
    from tunescope.analysis.reported import reported
    from tunescope.figures.reported import draw

    return Costly(
        [len(reports), dark], lambda: picture(draw(reported(reports), dark=dark), "Reported values by step")
    )


PAGE = Page("/trials/<study>/<number>", "{study} #{number}", layout, register)
