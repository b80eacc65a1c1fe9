"""Fields of a form: a label, a control, a hint, and the place for a fault."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.components.basics import sentence
from dashboard.form import Field, Values

DEBOUNCE_SECONDS = 0.4


def entry(page: str, field: Field, value: Any, suggestions: Sequence[str] = ()) -> html.Div:
    """A field of the form of a page, whose control has the id ``{"type": "<page>-field", "key": ...}``."""
    fault = html.Div(id={"type": f"{page}-fault", "key": field.key}, className="field-fault", role="alert")
    control = _control(page, field, value)
    if field.kind == "names":
        legend = html.Legend(field.label, className="visually-hidden")
        return html.Div([html.Fieldset([legend, control]), fault], className="field")
    if suggestions:
        control.list = _list_id(page, field)
    label = html.Label([html.Span(field.label, className="field-label"), control])
    known = html.Datalist([html.Option(value=one) for one in suggestions], id=_list_id(page, field))
    hint = html.Div(sentence(field.hint), className="field-hint")
    return html.Div([label, hint, known if suggestions else None, fault], className="field")


def labelled(text: str, control: Any) -> html.Label:
    """A control whose label is only read aloud."""
    return html.Label([html.Span(text, className="visually-hidden"), control], className="labelled")


def values_of(entered: Sequence[Any], ids: Sequence[Mapping[str, str]]) -> Values:
    """What was entered, by key of the field."""
    return {one["key"]: value for one, value in zip(ids, entered, strict=True)}


def fault(text: str | None) -> Any:
    """What stands below a field that must be mended; the style of its control follows from it.

    No answer changes a control itself: one that waits for an answer forgets the pause that would have sent
    what is being typed into it.
    """
    return sentence(text) if text else None


def _list_id(page: str, field: Field) -> str:
    return f"{page}-known-{field.key.replace('.', '-')}"


def _control(page: str, field: Field, value: Any) -> Any:
    properties = {
        "id": {"type": f"{page}-field", "key": field.key},
        "className": "choice-cards" if field.kind == "names" else "field-input",
        "value": value,
    }
    if field.kind == "names":
        return dbc.Checklist(options=_cards(field), **properties)
    if field.kind == "choice":
        options = [{"label": line, "value": name} for name, line in _options(field).items()]
        return dbc.Select(options=options, **properties)
    if field.kind == "text":
        return dbc.Input(type="text", debounce=DEBOUNCE_SECONDS, placeholder=field.placeholder, **properties)
    step = 1 if field.kind == "whole" else "any"
    return dbc.Input(
        type="number",
        step=step,
        debounce=DEBOUNCE_SECONDS,
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
