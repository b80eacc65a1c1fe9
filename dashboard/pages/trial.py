"""`/trials/<study>/<number>`: one trained model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from dash import Dash, Input, Output, State, dcc, html

from dashboard import connection, links, reading
from dashboard.components import regions, trial_costs
from dashboard.components.basics import badge, button_link, card, facts, link, page_head, tile
from dashboard.components.charts import chart, picture
from dashboard.components.notices import blank, notice, skeleton
from dashboard.routing import Page
from dashboard.wording import count, duration, interval, is_missing, memory, moment, number, percent
from tunescope.errors import UnknownNameError
from tunescope.store import Store, frames

_REGIONS = ("state", "notice", "tiles", "settings", "phases", "machine", "operators", "curve", "confusion")
_LIVE_MS, _CALM_MS = 1_000, 10_000


def layout(study: str, number: str, search: str = "") -> html.Div:
    """The page of a trial as it stands; charts follow with the first poll."""
    row = _row(connection.store(), study, number)
    is_live = row["state"] == "RUNNING"
    title = [
        html.Span(f"{study} #{row['number']}", className="run-title"),
        regions.region("trial", "state", badge(row["state"])),
    ]
    return html.Div(
        [
            page_head(title, _about(row), button_link("All trials", "trials", links.trials(study=[study]))),
            regions.region("trial", "notice"),
            regions.region("trial", "tiles", skeleton("tile", 4)),
            html.Div(
                [
                    card("Hyperparameters", regions.region("trial", "settings", skeleton("row", 6))),
                    card("Where the time went", regions.region("trial", "phases", skeleton("row", 6))),
                ],
                className="split-even",
            ),
            card("Use of the machine", regions.region("trial", "machine", skeleton("row", 3))),
            regions.region("trial", "operators"),
            card("Learning curve", regions.region("trial", "curve", skeleton("chart"), className="chart")),
            card(
                "Confusion on the validation split",
                regions.region("trial", "confusion", skeleton("chart"), className="chart"),
                note="Rows are true classes, columns what the model took them for. Test images stay sealed.",
            ),
            dcc.Store(id="trial-key", data=[study, row["number"]]),
            dcc.Store(id="trial-seen", data={}),
            dcc.Interval(id="trial-poll", interval=_LIVE_MS if is_live else _CALM_MS),
        ]
    )


def register(app: Dash) -> None:
    """Keep the page of a running trial fresh."""

    @app.callback(
        [*regions.outputs("trial", _REGIONS), Output("trial-poll", "disabled")],
        Input("trial-poll", "n_intervals"),
        Input("shell-dark", "data"),
        State("trial-key", "data"),
        State("trial-seen", "data"),
    )
    def poll(_: int, dark: bool, key: tuple[str, int], seen: regions.Digests) -> list[Any]:
        store = connection.store()
        row = _row(store, *key)
        answers = regions.changes(_REGIONS, _contents(store, row, dark), seen)
        return [*answers, row["state"] in reading.ENDED]


def _row(store: Store, study: str, number: str | int) -> dict[str, Any]:
    """The trial of a study.

    Raises:
        UnknownNameError: when there is no such trial.
    """
    trials = frames.trials_frame(store, study=study)
    found = reading.settled(trials[trials["number"].astype(str) == str(number)], reading.live_runs(store))
    if found.empty:
        raise UnknownNameError(f"There is no trial `{number}` of a study `{study}` in this store.")
    return reading.records(reading.prepared(found))[0]


def _contents(store: Store, row: Mapping[str, Any], dark: bool) -> dict[str, Any]:
    return {
        "state": badge(row["state"]),
        "notice": _notice(store, row),
        "tiles": _tiles(store, row),
        "settings": _settings(row),
        "phases": trial_costs.time_spent(row, frames.timings_frame(store, study=row["study"])),
        "machine": trial_costs.machine(row),
        "operators": trial_costs.operators(row),
        "curve": _curve(store, row, dark),
        "confusion": _confusion(store, row, dark),
    }


def _about(row: Mapping[str, Any]) -> list[Any]:
    started = f"started {moment(row['start'])}"
    if is_missing(row["run_id"]):
        return [html.Span(f"{row['model']} · {started}")]
    return [
        html.Span(f"{row['model']} · {row['strategy']} · run "),
        link(row["run_id"], links.run(row["run_id"])),
        html.Span(f" · {started}"),
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
                f"macro F1 {number(row['macro_f1'], 3)}",
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


def _settings(row: Mapping[str, Any]) -> Any:
    pairs = [(name, number(value)) for name, value in reading.settings(row["params"]).items()]
    pairs += [(name, str(int(row[name]))) for name in ("seed", "worker") if not is_missing(row[name])]
    return html.Div([facts([("model", row["model"]), *pairs]), trial_costs.adaptations(row["notes"])])


def _curve(store: Store, row: Mapping[str, Any], dark: bool) -> Any:
    epochs = frames.epochs_frame(store, trial_ids=[int(row["trial_id"])])
    if epochs.empty:
        return blank(
            "Only deep models learn in epochs." if row["state"] != "RUNNING" else "No epoch has ended yet."
        )
    return chart("learning_curves", {"epochs": epochs, "trials": pd.DataFrame([row])}, dark)


def _confusion(store: Store, row: Mapping[str, Any], dark: bool) -> Any:
    found = _predictions(row)
    dataset = None if is_missing(row["run_id"]) else frames.dataset(store, row["run_id"])
    if found is None or dataset is None:
        return blank("There are no predictions of this trial.")
    from tunescope.analysis.confusion import confusion
    from tunescope.figures.confusion import draw

    labels, predicted = found
    return picture(
        draw(confusion(labels, predicted, dataset["classes"]), dark=bool(dark)), "Confusion matrix"
    )


def _predictions(row: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """True and predicted classes on the validation split, ``None`` where the trial left none."""
    if is_missing(row["folder"]):
        return None
    try:
        with np.load(f"{row['folder']}/validation.npz", allow_pickle=False) as arrays:
            return arrays["labels"], arrays["probabilities"].argmax(axis=1)
    except (OSError, ValueError, KeyError):
        return None


PAGE = Page("/trials/<study>/<number>", "{study} #{number}", layout, register)
