"""What a chosen network would be shown of the chosen images in training, made when its fold is opened."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard import catalogue, connection, links, space_form
from dashboard.augmented import IMAGES, SHOWN, STRIPS, Strip, strips
from dashboard.background import UNFINISHED, JobState
from dashboard.catalogue import Prepared
from dashboard.components.basics import fold, link
from dashboard.components.notices import blank
from dashboard.components.regions import digest
from dashboard.form import Values
from dashboard.space_form import Edits
from dashboard.wording import number
from tunescope.models import MODELS
from tunescope.search.space import Space

_OPENER, _WAIT, _MODEL = "new-augmentation", "new-augmentation-wait", "new-augmentation-model"
_WAIT_MS = 700
# What decides about the space, beside its edits.
_KEYS = ("search.models", "search.training.weights", "features.extractors", "learning_rate.policy")
_MIRRORS = {
    "always": "half of them mirrored",
    "never": "never mirrored",
    "auto": "mirrored where that keeps the class",
}
_NO_NETWORK = "No network is chosen. Shallow models learn from features of the images as they are."
_FAULTY = "They are shown as soon as the space of this model has no fault."


def augmentation_fold(values: Values) -> html.Section:
    """The choice of a network, and below it the images."""
    networks = _networks(values.get("search.models"))
    control = dbc.Select(
        id=_MODEL, options=_options(networks), value=next(iter(networks), None), className="field-input"
    )
    label = html.Label([html.Span("Network", className="field-label"), control])
    body = [
        html.P(
            "Training images as they are, then as the network's default configuration and some drawn at "
            "random from its space change them.",
            className="card-note",
        ),
        html.Div(html.Div(label, className="field"), className="field-grid"),
        html.Div(id="new-augmented", className="augmented"),
        dcc.Interval(id=_WAIT, interval=_WAIT_MS, disabled=True),
    ]
    return html.Section(fold("What training sees", body, opener=_OPENER), className="card-part")


def register(app: Dash) -> None:
    """Offer the chosen networks; make the pictures when the fold is opened, and when the space changes."""

    @app.callback(
        Output(_MODEL, "options"),
        Output(_MODEL, "value"),
        Input({"type": "new-field", "key": "search.models"}, "value"),
        State(_MODEL, "value"),
        prevent_initial_call=True,
    )
    def offer(models: Sequence[str] | None, chosen: str | None) -> tuple[Any, str | None]:
        networks = _networks(models)
        return _options(networks), chosen if chosen in networks else next(iter(networks), None)

    @app.callback(
        Output("new-augmented", "children"),
        Output(_WAIT, "disabled"),
        Input(_OPENER, "n_clicks"),
        Input(_MODEL, "value"),
        Input({"type": "new-field", "key": "dataset.source"}, "value"),
        Input("new-edits", "data"),
        Input(_WAIT, "n_intervals"),
        *(Input({"type": "new-field", "key": key}, "value") for key in _KEYS),
        prevent_initial_call=True,
    )
    def show(
        clicks: int | None,
        model: str | None,
        source: str | None,
        edits: Edits | None,
        _: int | None,
        *given: Any,
    ) -> tuple[Any, bool]:
        if not clicks:
            raise PreventUpdate
        values = dict(zip(_KEYS, given, strict=True))
        return _shown(model, source, values, edits or space_form.NO_EDITS)


def _networks(models: Sequence[str] | None) -> list[str]:
    return [name for name in models or () if name in MODELS and MODELS[name].kind == "deep"]


def _options(networks: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": name, "label": name.replace("_", " ")} for name in networks]


def _shown(model: str | None, source: str | None, values: Values, edits: Edits) -> tuple[Any, bool]:
    """What stands in the fold, and whether nothing more is to come."""
    if model not in _networks(values["search.models"]):
        return blank(_NO_NETWORK), True
    prepared = _prepared(source)
    if prepared is None:
        return _unprepared(source), True
    space = space_form.space_of({**values, "search.models": [model]}, edits)
    if space is None:
        return blank(_FAULTY), True
    state = _state(prepared, space_form.narrowed(space, SHOWN))
    return _pictures(state), state.status not in UNFINISHED


def _prepared(source: str | None) -> Prepared | None:
    known = (one for one in catalogue.all_prepared(connection.current().store()) if one.is_there)
    return next((one for one in known if one.source == source), None)


def _unprepared(source: str | None) -> Any:
    text = "These images have not been prepared yet: a run does it first, or "
    return html.P([text, link("prepare them now", links.prepare(source or "")), "."], className="blank")


def _state(prepared: Prepared, space: Space) -> JobState:
    key = f"augmented-{digest([prepared.fingerprint, space.to_dict()])}"
    return connection.current().jobs.start(key, strips, prepared.folder, space)


def _pictures(state: JobState) -> Any:
    if state.status == "done":
        return [_strip(place, strip) for place, strip in enumerate(state.result)]
    if state.status in UNFINISHED:
        told = html.P("Changing some images.", className="visually-hidden", role="status")
        return [told, *(_strip(place, None) for place in range(STRIPS))]
    return blank(f"They could not be shown. {state.problem or 'Somebody ended that'}.")


def _strip(place: int, strip: Strip | None) -> html.Div:
    """The images of one configuration; their shapes while they are on their way."""
    name = ("As they are", "Default configuration")[place] if place < 2 else f"Drawn at random, {place - 1}"
    words = _words(strip.configuration) if strip and strip.configuration else None
    told = html.Span(words, className="field-hint") if words else None
    pictures = _pictures_of(name, strip) if strip else [html.Div(className="skeleton")] * IMAGES
    head = html.Div([html.Strong(name), told], className="augmented-head")
    return html.Div([head, html.Div(pictures, className="augmented-images")], className="augmented-strip")


def _pictures_of(name: str, strip: Strip) -> list[Any]:
    return [
        html.Img(src=address, alt=f"Training image {which}: {name.lower()}")
        for which, address in enumerate(strip.pictures, 1)
    ]


def _words(configuration: Mapping[str, Any]) -> str:
    """What a configuration does to images, in a line."""
    if configuration.get("transfer") == "frozen":
        return "frozen: it learns from images as they are"
    changes = f"{configuration['augmenter']}, strength {number(configuration['augmentation'], 2)}"
    mixed = [] if configuration["mixing"] == "none" else [configuration["mixing"]]
    return ", ".join([changes, *mixed, _MIRRORS[configuration["mirror"]]])
