"""What networks would be shown of the chosen images in training, made when somebody opens its fold."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, dcc, html
from dash.exceptions import PreventUpdate

from dashboard import catalogue, connection, links
from dashboard.augmented import strips
from dashboard.background import UNFINISHED, JobState
from dashboard.catalogue import Prepared
from dashboard.components.basics import fold, link
from dashboard.components.notices import blank, skeleton
from dashboard.components.regions import digest

_OPENER, _WAIT = "new-augmentation", "new-augmentation-wait"
_WAIT_MS = 700
AUGMENTERS = {"basic": "basic: shifts, light, erased parts", "randaugment": "randaugment: two random changes"}
STRENGTHS = {"0.5": "half", "1": "as usual", "2": "double"}


def augmentation_fold() -> html.Section:
    """Two choices, and the images below them."""
    tools = [
        _choice("Augmenter", "new-augmenter", AUGMENTERS, "basic"),
        _choice("Strength", "new-strength", STRENGTHS, "1"),
    ]
    body = [
        html.P(
            "Training images first as they are, then as a network may be shown them. To look at: what "
            "trials use is drawn from the space of each model.",
            className="card-note",
        ),
        html.Div(tools, className="field-grid"),
        html.Div(id="new-augmented", className="augmented"),
        dcc.Interval(id=_WAIT, interval=_WAIT_MS, disabled=True),
    ]
    return html.Section(fold("What training sees", body, opener=_OPENER), className="card-part")


def register(app: Dash) -> None:
    """Make the pictures when the fold is opened first, and whenever a choice changes after that."""

    @app.callback(
        Output("new-augmented", "children"),
        Output(_WAIT, "disabled"),
        Input(_OPENER, "n_clicks"),
        Input("new-augmenter", "value"),
        Input("new-strength", "value"),
        Input({"type": "new-field", "key": "dataset.source"}, "value"),
        Input(_WAIT, "n_intervals"),
        prevent_initial_call=True,
    )
    def show(
        clicks: int | None, augmenter: str, strength: str, source: str | None, _: int | None
    ) -> tuple[Any, bool]:
        if not clicks:
            raise PreventUpdate
        prepared = _prepared(source)
        if prepared is None:
            return _unprepared(source), True
        state = _state(prepared, augmenter, strength)
        return _shown(state), state.status not in UNFINISHED


def _choice(label: str, id: str, options: dict[str, str], value: str) -> html.Div:
    named = [{"value": key, "label": text} for key, text in options.items()]
    control = dbc.Select(id=id, options=named, value=value)
    return html.Div(html.Label([html.Span(label, className="field-label"), control]), className="field")


def _prepared(source: str | None) -> Prepared | None:
    known = (one for one in catalogue.all_prepared(connection.current().store()) if one.is_there)
    return next((one for one in known if one.source == source), None)


def _unprepared(source: str | None) -> Any:
    text = "These images have not been prepared yet: a run does it first, or "
    return html.P([text, link("prepare them now", links.prepare(source or "")), "."], className="blank")


def _state(prepared: Prepared, augmenter: str, strength: str) -> JobState:
    if augmenter not in AUGMENTERS or strength not in STRENGTHS:
        raise PreventUpdate
    chosen = {"augmenter": augmenter, "augmentation": float(strength), "mixing": "none", "mirror": "auto"}
    key = f"augmented-{digest([prepared.fingerprint, augmenter, strength])}"
    return connection.current().jobs.start(key, strips, prepared.folder, chosen)


def _shown(state: JobState) -> Any:
    if state.status == "done":
        return [_strip(number, strip) for number, strip in enumerate(state.result, 1)]
    if state.status in UNFINISHED:
        return [html.P("Changing some images.", role="status"), skeleton("row", 4)]
    return blank(f"They could not be shown. {state.problem or 'Somebody ended that'}.")


def _strip(number: int, pictures: list[str]) -> html.Div:
    names = [f"Training image {number}", *(f"Image {number}, changed" for _ in pictures[1:])]
    return html.Div(
        [html.Img(src=address, alt=name) for address, name in zip(pictures, names, strict=True)],
        className="augmented-strip",
    )
