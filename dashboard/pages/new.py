"""`/new`: start a run."""

import uuid
from typing import Any
from urllib.parse import parse_qs

import dash_bootstrap_components as dbc
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import connection, form, links
from dashboard.components.basics import button, card, facts, fold, page_head, sentence
from dashboard.components.browser import in_browser
from dashboard.components.notices import notice
from dashboard.form import Field, Values
from dashboard.launch import command_line
from dashboard.routing import Page
from dashboard.wording import NOTHING, count, duration, listing
from tunescope.errors import TunescopeError
from tunescope.store import runs

_FIELD = {"type": "new-field", "key": ALL}
_FAULT = {"type": "new-fault", "key": ALL}
_DEBOUNCE_SECONDS = 0.4


def layout(search: str = "") -> html.Div:
    """The form, filled as the project is configured, or like the run that ``?from=`` names."""
    values = _initial(search)
    return html.Div(
        [
            page_head("New run", "What to search, with what, and for how long."),
            html.Div([_fields(values), _side(values)], className="form-split"),
            # One token a form: however often start is clicked, it starts one run.
            dcc.Store(id="new-token", data=uuid.uuid4().hex),
            dcc.Location(id="new-goto", refresh="callback-nav"),
        ]
    )


def register(app: Dash) -> None:
    """Check as one types, show the command, start."""

    @app.callback(
        Output(_FAULT, "children"),
        Output(_FIELD, "className"),
        Output("new-command", "children"),
        Output("new-plan", "children"),
        Input(_FIELD, "value"),
        State(_FIELD, "id"),
        prevent_initial_call=True,
    )
    def check(entered: list[Any], ids: list[dict[str, str]]) -> tuple[Any, ...]:
        values = _values(entered, ids)
        found = form.faults(values)
        keys = [one["key"] for one in ids]
        faults = [_fault(found.get(key)) for key in keys]
        classes = [_input_class(form.field(key), key in found) for key in keys]
        return faults, classes, command_line(form.changed(values)), _plan(values)

    @app.callback(
        Output("new-goto", "href"),
        Output("new-problem", "children"),
        Input("new-start", "n_clicks"),
        State(_FIELD, "value"),
        State(_FIELD, "id"),
        State("new-token", "data"),
        running=[
            (Output("new-start", "disabled"), True, False),
            (Output("new-start", "className"), "button button-primary busy", "button button-primary"),
        ],
        prevent_initial_call=True,
    )
    def start(
        clicks: int | None, entered: list[Any], ids: list[dict[str, str]], token: str
    ) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        values = _values(entered, ids)
        found = form.faults(values)
        if found:
            return no_update, _not_started("\n".join(found.values()))
        try:
            run_id = connection.current().start_once(token, form.tree_of(values))
        except TunescopeError as error:
            return no_update, _not_started(str(error))
        return links.run(run_id), None

    in_browser(
        app,
        "copyText",
        Output("new-copy", "children"),
        Input("new-copy", "n_clicks"),
        State("new-command", "children"),
        State("new-copy", "children"),
        prevent_initial_call=True,
    )


def _initial(search: str) -> Values:
    source = parse_qs(search.lstrip("?")).get("from")
    if not source:
        return form.defaults()
    given = form.values_of(runs.get(connection.store(), source[0])["parameters"])
    # A new run needs an id of its own; what the old one did not say is as usual.
    known = {key: value for key, value in given.items() if value is not None and key != "run.id"}
    return {**form.defaults(), **known}


def _values(entered: list[Any], ids: list[dict[str, str]]) -> Values:
    return {one["key"]: value for one, value in zip(ids, entered, strict=True)}


def _fields(values: Values) -> html.Div:
    advanced = html.Div([_entry(field, values) for field in form.ADVANCED], className="field-grid")
    return html.Div(
        [
            card("Data", html.Div([_entry(field, values) for field in form.DATA], className="field-grid")),
            card("Models", _entry(form.MODELS, values), note="Each trial trains one of these."),
            card(
                "Strategies",
                _entry(form.STRATEGIES, values),
                note="One study each, with an equal share of the budget.",
            ),
            card(
                "Feature extractors",
                _entry(form.EXTRACTORS, values),
                note="What shallow models see of an image. Deep models learn their own.",
            ),
            card(
                "Budget",
                html.Div([_entry(field, values) for field in form.BUDGET], className="field-grid three"),
                note="Whichever is reached first ends the run.",
            ),
            html.Section(fold("Advanced", advanced), className="card-part"),
        ],
        className="form-fields",
    )


def _side(values: Values) -> html.Aside:
    start = button("Start run", "running", "primary", id="new-start")
    copy = button("Copy", "copy", "quiet", id="new-copy")
    command = html.Pre(
        command_line(form.changed(values)), id="new-command", className="command", tabIndex="0"
    )
    same = html.Div(
        [html.Span("The same on the command line", className="tile-label"), copy], className="side-head"
    )
    return html.Aside(
        card(
            "Start",
            [html.Div(_plan(values), id="new-plan"), html.Div(id="new-problem"), start, same, command],
        ),
        className="form-side",
    )


def _plan(values: Values) -> Any:
    strategies, models = values.get("search.strategies") or [], values.get("search.models") or []
    pairs = [
        ("Studies", listing(strategies) or "none"),
        ("Models", listing(models) or "none"),
        ("At most", _limits(values)),
        ("Each study", _share(values, len(strategies))),
    ]
    return facts(pairs)


def _limits(values: Values, divisor: int = 1) -> str:
    seconds, trials = _positive(values, "search.max_seconds"), _positive(values, "search.max_trials")
    parts = [
        duration(seconds / divisor) if seconds else "",
        count(max(1, int(trials // divisor)), "trial") if trials else "",
    ]
    return " or ".join(filter(None, parts)) or "no limit"


def _share(values: Values, studies: int) -> str:
    return _limits(values, studies) if studies else NOTHING


def _positive(values: Values, key: str) -> float | None:
    value = values.get(key)
    return value if isinstance(value, (int, float)) and value > 0 else None


def _entry(field: Field, values: Values) -> html.Div:
    """A field with its label, hint, and the place for its fault."""
    fault = html.Div(id={"type": "new-fault", "key": field.key}, className="field-fault", role="alert")
    if field.kind == "names":
        legend = html.Legend(field.label, className="visually-hidden")
        return html.Div(
            [html.Fieldset([legend, _control(field, values[field.key])]), fault], className="field"
        )
    label = html.Label([html.Span(field.label, className="field-label"), _control(field, values[field.key])])
    return html.Div([label, html.Div(field.hint, className="field-hint"), fault], className="field")


def _control(field: Field, value: Any) -> Any:
    properties = {
        "id": {"type": "new-field", "key": field.key},
        "className": _input_class(field, False),
        "value": value,
    }
    if field.kind == "names":
        return dbc.Checklist(options=_cards(field), **properties)
    if field.kind == "choice":
        options = [{"label": line, "value": name} for name, line in _options(field).items()]
        return dbc.Select(options=options, **properties)
    if field.kind == "text":
        return dbc.Input(type="text", debounce=_DEBOUNCE_SECONDS, placeholder=field.placeholder, **properties)
    step = 1 if field.kind == "whole" else "any"
    return dbc.Input(
        type="number",
        step=step,
        debounce=_DEBOUNCE_SECONDS,
        placeholder=field.placeholder,
        inputmode="decimal",
        **properties,
    )


def _options(field: Field) -> dict[str, str]:
    return dict(field.options()) if field.options else {}


def _cards(field: Field) -> list[dict[str, Any]]:
    return [
        {
            "value": name,
            "label": html.Span(
                [html.Strong(name.replace("_", " ")), html.Span(line)], className="choice-text"
            ),
        }
        for name, line in _options(field).items()
    ]


def _input_class(field: Field, is_faulty: bool) -> str:
    return ("choice-cards" if field.kind == "names" else "field-input") + (" faulty" if is_faulty else "")


def _fault(text: str | None) -> Any:
    return sentence(text) if text else None


def _not_started(text: str) -> Any:
    lines = text.splitlines()
    body = lines[0] if len(lines) == 1 else f"{count(len(lines), 'field')} must be mended first."
    return notice("danger", "Not started", body)


PAGE = Page(links.NEW, "New run", layout, register)
