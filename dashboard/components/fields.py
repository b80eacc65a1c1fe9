"""Fields of a form: a label, a control, a hint, and the place for a fault."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.components.basics import sentence
from dashboard.form import Values
from dashboard.form_fields import Field

DEBOUNCE_SECONDS = 0.4


def entry(
    page: str,
    field: Field,
    value: Any,
    suggestions: Sequence[str] | Mapping[str, str] = (),
    choices: Sequence[Mapping[str, Any]] = (),
    has_fault: bool = True,
) -> html.Div:
    """A field of the form of a page, whose control has the id ``{"type": "<page>-field", "key": ...}``.

    Args:
        page: prefix of the ids.
        field: what is asked.
        value: what its control holds.
        suggestions: what a text field offers; of a mapping the keys, each with a line about it.
        choices: options of a field of names, made by :func:`choice`; else its own, a line each.
        has_fault: whether the place for its fault is within; else :func:`fault_place` makes one elsewhere.
    """
    fault = fault_place(page, field) if has_fault else None
    control = _control(page, field, value, choices)
    if field.kind == "names":
        legend = html.Legend(field.label, className="visually-hidden")
        return html.Div([html.Fieldset([legend, control]), fault], className="field")
    if suggestions:
        control.list = _list_id(page, field)
    label = html.Label([html.Span(field.label, className="field-label"), control])
    lines = suggestions if isinstance(suggestions, Mapping) else {}
    offered = [html.Option(value=one, label=lines.get(one)) for one in suggestions]
    known = html.Datalist(offered, id=_list_id(page, field))
    hint = html.Div(sentence(field.hint), className="field-hint")
    return html.Div([label, hint, known if suggestions else None, fault], className="field")


def labelled(text: str, control: Any) -> html.Label:
    """A control whose label is only read aloud."""
    return html.Label([html.Span(text, className="visually-hidden"), control], className="labelled")


def fault_place(page: str, field: Field) -> html.Div:
    """Where the fault of a field is told."""
    return html.Div(id={"type": f"{page}-fault", "key": field.key}, className="field-fault", role="alert")


def warning_place(page: str, field: Field) -> html.Div:
    """Where what a value of a field leads to is told, which may still be meant."""
    return html.Div(
        id={"type": f"{page}-warning", "key": field.key}, className="field-warning", role="status"
    )


def choice(name: str, parts: Sequence[Any]) -> dict[str, Any]:
    """An option of a field of names: what its card shows."""
    return {"value": name, "label": html.Span(list(parts), className="choice-text")}


def values_of(entered: Sequence[Any], ids: Sequence[Mapping[str, str]]) -> Values:
    """What was entered, by key of the field."""
    return {one["key"]: value for one, value in zip(ids, entered, strict=True)}


def fault(text: str | None) -> Any:
    """What stands below a field: its fault, which the style of its control follows, or its warning.

    No answer changes a control itself: one that waits for an answer forgets the pause that would have sent
    what is being typed into it.
    """
    return sentence(text) if text else None


def _list_id(page: str, field: Field) -> str:
    return f"{page}-known-{field.key.replace('.', '-')}"


def _control(page: str, field: Field, value: Any, choices: Sequence[Mapping[str, Any]]) -> Any:
    properties = {
        "id": {"type": f"{page}-field", "key": field.key},
        "className": "choice-cards" if field.kind == "names" else "field-input",
        "value": value,
    }
    if field.kind == "names":
        return dbc.Checklist(options=list(choices or _cards(field)), **properties)
    if field.kind == "choice":
        options = [{"label": line, "value": name} for name, line in _options(field).items()]
        return dbc.Select(options=options, **properties)
    properties |= {"debounce": DEBOUNCE_SECONDS, "placeholder": field.placeholder}
    if field.kind == "text":
        return dbc.Input(type="text", **properties)
    if field.kind == "configurations":
        return dbc.Textarea(rows=3, spellcheck="false", **properties)
    # Whole numbers too: what breaks a step never leaves the browser, and would be told as nothing entered.
    mode = "numeric" if field.kind == "whole" else "decimal"
    return dbc.Input(type="number", step="any", inputmode=mode, **properties)


def _options(field: Field) -> dict[str, str]:
    return dict(field.options()) if field.options else {}


def _cards(field: Field) -> list[dict[str, Any]]:
    return [
        choice(name, [html.Strong(name.replace("_", " ")), html.Span(line)])
        for name, line in _options(field).items()
    ]
