"""The parts of `/predict`: models to choose from, the chosen one, and the place for photos."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import links
from dashboard.components.basics import (
    attributes,
    badge,
    button,
    button_link,
    card,
    chips,
    file_link,
    fold,
    icon,
    link,
)
from dashboard.components.notices import empty, notice
from dashboard.photo_models import PhotoModel
from dashboard.photos import MOST_BYTES, MOST_PHOTOS
from dashboard.reading import LIVE
from dashboard.wording import ago, count, interval, memory, percent

_SHOWN_MODELS, _SHOWN_CLASSES = 12, 16
# What is seen of each photo: name in the address -> what to call it.
VIEWS = {"where": "Where it looked", "photo": "Photo", "seen": "Model's view"}


def choice(models: Sequence[PhotoModel]) -> Any:
    """The winners of all runs, to choose from."""
    if not models:
        text = "Photos are answered by the winner of a run: start one, and come back when it has finished."
        return empty("camera", "No model yet", text, button_link("New run", "new", links.NEW, "primary"))
    shown, rest = models[:_SHOWN_MODELS], models[_SHOWN_MODELS:]
    more = fold(f"{count(len(rest), 'older model')}", _cards(rest)) if rest else None
    note = [
        "The winner of each run, the newest first. Any other trial with a saved model can be asked too: ",
        link("find it among all trials", links.TRIALS),
        " and open its page.",
    ]
    return card("Choose a model", [_cards(shown), more], note=note)


def _cards(models: Sequence[PhotoModel]) -> html.Ul:
    return html.Ul([html.Li(_model_card(model)) for model in models], className="photo-models")


def _model_card(model: PhotoModel) -> Any:
    name, accuracy = model.row["model"], percent(model.measured.get("test_accuracy"))
    body = [
        html.Div([html.Strong(name), html.Span(f"{accuracy} on test", className="photo-model-score")]),
        html.Div(f"{model.dataset.get('name', '')}, {len(model.classes)} classes"),
        html.Div(["run ", str(model.run.get("run_id", "")), " · ", ago(model.row["end"])], className="muted"),
    ]
    if model.problem:
        gone = html.Div([icon("missing"), html.Span("Its files are gone")], className="photo-model-gone")
        return html.Div([*body[:2], gone], className="photo-model photo-model-lost", title=model.problem)
    return link(body, model.address, "photo-model")


def unusable(model: PhotoModel) -> Any:
    """Why a model cannot answer."""
    page = button_link("Model page", "open", links.trial(model.study, model.number))
    return notice("warning", f"{model.study} #{model.number} cannot answer photos", model.problem, page)


def about(model: PhotoModel) -> html.Section:
    """The chosen model: what it is, how good it is, and which classes it knows."""
    name = f"{model.row['model']} for {model.dataset['name']}"
    actions = [
        button_link("Model page", "open", links.trial(model.study, model.number)),
        file_link("Download", "download", links.model(int(model.row["trial_id"]))),
        button_link("Choose another", "search", links.PREDICT),
    ]
    known, more = model.classes[:_SHOWN_CLASSES], len(model.classes) - _SHOWN_CLASSES
    names = [
        html.Span("It knows ", className="muted"),
        chips(known),
        html.Span(f" and {count(more)} more", className="muted") if more > 0 else None,
    ]
    return card(
        html.Span([icon("trophy") if model.is_winner else None, name], className="photo-model-name"),
        html.Div(names, className="photo-classes"),
        note=[link(f"Run {model.run['run_id']}", links.run(model.run["run_id"])), _score(model)],
        actions=html.Div(actions),
        className="photo-about",
    )


def _score(model: PhotoModel) -> str:
    if not model.is_winner:
        return f": {percent(model.row['validation_accuracy'])} of the validation images are right."
    bounds = interval(model.measured["test_accuracy_low"], model.measured["test_accuracy_high"])
    right = percent(model.measured["test_accuracy"])
    return f": {right} of the sealed test images are right (95% interval {bounds})."


def unfinished(model: PhotoModel) -> Any:
    """That the run of a model goes on, so that a better one may come."""
    if model.run["state"] not in LIVE:
        return None
    text = "Its run is still searching: a better model may come, and this one may be deleted then."
    return notice("info", "Not the winner yet", text, badge(str(model.run["state"])))


def workbench(model: PhotoModel, samples: Sequence[Mapping[str, str]]) -> html.Div:
    """The place where photos or samples are given, and where their answers appear; the browser fills it."""
    known = attributes(
        data_study=model.study,
        data_trial=str(model.number),
        data_most=str(MOST_PHOTOS),
        data_bytes=str(MOST_BYTES),
        data_size=memory(MOST_BYTES),
        data_samples=json.dumps(samples),
    )
    return html.Div(
        [_zone(bool(samples)), _tools(), html.Div(id="photo-gallery", className="photo-gallery")],
        id="photo-bench",
        **known,
    )


def _zone(has_samples: bool) -> html.Div:
    limits = (
        f"Up to {MOST_PHOTOS} at once, {memory(MOST_BYTES)} each: JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP. "
        "They go to this dashboard's server alone, which forgets them when it has answered."
    )
    texts = html.Div(
        [html.Strong("Drop photos here, or paste one"), html.Span(limits)], className="zone-text"
    )
    buttons = html.Div(
        [
            button("Choose photos", "images", "primary", id="photo-choose"),
            button("Take a photo", "camera", id="photo-camera"),
            button("Paste", "clipboard", id="photo-paste"),
        ],
        className="zone-actions",
    )
    symbol = html.Div(icon("camera"), className="empty-icon")
    zone = html.Div(
        [symbol, texts, buttons],
        className="zone",
        role="group",
        **attributes(aria_label="Photos to ask about"),
    )
    said = html.Div(id="photo-message", className="photo-message", **attributes(aria_live="polite"))
    return html.Div([zone, _offer() if has_samples else None, said], id="photo-zone", className="photo-zone")


def _offer() -> html.P:
    """The way for who has no photo at hand. Test images stay sealed."""
    press = html.Button(
        "Try three images of the validation split", id="photo-sample", type="button", className="link-button"
    )
    return html.P(["No photo at hand? ", press], className="photo-offer")


def _tools() -> html.Div:
    choices = [
        html.Button(
            title, type="button", className="photo-view", **attributes(data_view=key, aria_pressed="false")
        )
        for key, title in VIEWS.items()
    ]
    views = html.Div(choices, className="segmented", role="group", **attributes(aria_label="What is shown"))
    amount = html.Span(id="photo-count", className="muted", **attributes(aria_live="polite"))
    clear = button("Remove all", "remove", "quiet", id="photo-clear")
    return html.Div(
        [views, html.Div([amount, clear], className="photo-amount")],
        id="photo-tools",
        className="photo-tools hidden",
    )
