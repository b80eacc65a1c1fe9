"""What a model says of a few validation images as it learns, epoch by epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, dcc, html

from dashboard import links
from dashboard.components.basics import attributes, button, card
from dashboard.components.browser import in_browser
from dashboard.components.fields import labelled
from dashboard.run_view import RunView
from dashboard.watching import Watch
from dashboard.wording import is_missing, percent
from tunescope.analysis.selection import evenly
from tunescope.datasets import PackedDataset, watched_rows
from tunescope.errors import TunescopeError
from tunescope.store import Store, live

_SIZE = 96
# Epochs that are sent of a longer training.
_MOST_EPOCHS = 60
_AUTO = {"label": "In training, or the best", "value": "auto"}


def watched_card(chosen: str | None, epoch: str | None) -> html.Section:
    """The card: which trial, which epoch, and the images with what is said of them."""
    choice = dbc.Select(
        id="run-watch",
        options=[_AUTO],
        value=chosen or _AUTO["value"],
        className="field-input",
    )
    slider = dbc.Input(
        id="run-epoch",
        type="range",
        min=1,
        max=1,
        step=1,
        value=1,
        className="watched-slider",
    )
    steps = [
        _step("run-epoch-play", "running", "Play"),
        _step("run-epoch-earlier", "back", "Earlier"),
        labelled("Epoch", slider),
        _step("run-epoch-later", "next", "Later"),
    ]
    body = [
        html.Div(
            [html.Div(steps, className="watched-steps"), html.P(id="run-epoch-text")],
            className="watched-head",
        ),
        html.Div(id="run-predictions", className="watched-images"),
        dcc.Store(id="run-watched"),
        dcc.Store(id="run-epoch-first", data=epoch),
    ]
    note = (
        "A few validation images, and what the model says of them after each epoch. Test images stay sealed."
    )
    return card(
        "As it learns",
        body,
        note=note,
        actions=labelled("Trial to watch", choice),
        className="run-deep run-watching",
    )


def _step(id: str, symbol: str, label: str) -> html.Button:
    return button("", symbol, "quiet", id=id, title=label, **attributes(aria_label=label))


def register_watched(app: Dash) -> None:
    """Show the epoch that is chosen, without asking the server."""
    in_browser(
        app,
        "run.watch",
        Output("run-predictions", "children"),
        Output("run-epoch", "max"),
        Output("run-epoch", "value"),
        Output("run-epoch-text", "children"),
        Input("run-watched", "data"),
        Input("run-epoch", "value"),
        Input("run-epoch-first", "data"),
        Input("run-epoch-earlier", "n_clicks"),
        Input("run-epoch-later", "n_clicks"),
        Input("run-epoch-play", "n_clicks"),
        Input("run-watch", "value"),
        prevent_initial_call=True,
    )


def options(view: RunView, chosen: str | None) -> list[dict[str, str]]:
    """The trials that can be watched."""
    known = {_key(trial): _label(view, trial) for trial in _candidates(view)}
    if chosen not in (None, _AUTO["value"], *known):
        study, _, number = str(chosen).rpartition("/")
        known[str(chosen)] = view.name_of({"study": study, "number": number})
    return [_AUTO, *({"label": text, "value": key} for key, text in known.items())]


def _candidates(view: RunView) -> list[dict[str, Any]]:
    """Those in training, longest first, which stay until they end; then the best, then the newest."""
    running = sorted(view.running, key=lambda trial: int(trial["trial_id"]))
    ended = [trial for trial in view.trials if trial["state"] != "RUNNING"]
    trials = [*running, *([view.best] if view.best else []), *ended]
    return [
        one
        for one in {int(one["trial_id"]): one for one in trials}.values()
        if int(one["trial_id"]) in view.predicted
    ]


def _key(trial: Mapping[str, Any]) -> str:
    return f"{trial['study']}/{trial['number']}"


def _label(view: RunView, trial: Mapping[str, Any]) -> str:
    is_best = view.best is not None and trial["trial_id"] == view.best["trial_id"]
    accuracy = (
        "" if is_missing(trial["validation_accuracy"]) else f", {percent(trial['validation_accuracy'])}"
    )
    state = ", in training" if trial["state"] == "RUNNING" else ", best" if is_best else ""
    return f"{view.name_of(trial)}, {trial['model']}{accuracy}{state}"


def watched(watch: Watch, view: RunView, chosen: str | None) -> Any:
    """The data of the card for the chosen trial, or for the one that is followed."""
    if view.dataset is None:
        return None
    candidates = {_key(trial): int(trial["trial_id"]) for trial in _candidates(view)}
    key = next(iter(candidates), None) if chosen in (None, _AUTO["value"]) else chosen
    if key is None:
        return None
    trial_id = candidates.get(key)
    is_there = Path(view.dataset["folder"]).is_dir()
    made_from = (trial_id, view.predicted.get(trial_id) if trial_id else view.stamp, is_there)
    return watch.costly(("watched", key), made_from, lambda: _read(watch.here.store(), view, key, trial_id))


def _read(store: Store, view: RunView, key: str, trial_id: int | None) -> dict[str, Any] | None:
    study, _, number = key.rpartition("/")
    if trial_id is None and number.isdigit():
        trial_id = live.trial_id_of(store, study, int(number))
    epochs = live.predictions(store, trial_id) if trial_id else []
    if not epochs or view.dataset is None:
        return None
    kept = [epochs[index] for index in evenly(len(epochs), _MOST_EPOCHS)]
    trial = next((one for one in (*view.trials, view.best) if one and one["trial_id"] == trial_id), None)
    planned = trial["params"].get(f"{trial['model']}.epochs") if trial else None
    images = _images(view.dataset)
    return {
        "trial": key,
        "images": images[: len(kept[-1]["predictions"])],
        "classes": list(view.dataset["classes"]),
        "pictures": links.thumbnail(view.dataset["fingerprint"], 0, size=_SIZE).replace("/0.png", "/ROW.png"),
        "of": max(int(planned or 0), int(epochs[-1]["epoch"])),
        "epochs": [int(one["epoch"]) for one in kept],
        "accuracies": [_rounded(one["validation_accuracy"]) for one in kept],
        "answers": [_answers(one["predictions"]) for one in kept],
    }


def _answers(predictions: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[int(predicted), round(float(probability), 3)] for predicted, probability in predictions]


def _rounded(value: Any) -> float | None:
    return None if is_missing(value) else round(float(value), 4)


def _images(dataset: Mapping[str, Any]) -> list[list[int]]:
    """Row and class of each watched image; none where the folder of the dataset is gone."""
    try:
        packed = PackedDataset.open(Path(dataset["folder"]))
        rows = watched_rows(packed)
        return [[int(row), int(packed.labels[row])] for row in rows]
    except (OSError, ValueError, TunescopeError):
        return []
