"""The editor of the spaces of models and of the options of strategies, in the form of a new run."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard import space_form
from dashboard.components.basics import attributes, fold
from dashboard.components.fields import DEBOUNCE_SECONDS
from dashboard.components.notices import blank
from dashboard.space_form import Edits
from dashboard.wording import count, number
from tunescope.search.space import MODEL, Hyperparameter, Space

SPACE, OPTION, FAULT = "new-space", "new-option", "new-edit-fault"


def space_editor(space: Space | None, models: Sequence[str], edits: Edits) -> Any:
    """A fold for each chosen model, with its hyperparameters."""
    if space is None:
        return blank("Choose a model, and what shallow ones see of the images.")
    return [_model(space, model, edits) for model in models]


def option_fields(strategies: Sequence[str], edits: Edits) -> Any:
    """A field for each option of the chosen strategies."""
    known = space_form.options_of(strategies)
    if not known:
        return None
    return html.Div(
        [_option(strategy, name, edits) for strategy, names in known.items() for name in names],
        className="field-grid three strategy-options",
    )


def _model(space: Space, model: str, edits: Edits) -> html.Details:
    own = space_form.of_model(space, model)
    changed = len(edits["space"].get(model, {}))
    note = f"{count(len(own), 'hyperparameter')}{f', {changed} changed' if changed else ''}"
    title = [html.Span(model.replace("_", " ")), html.Span(note, className="fold-note")]
    heads = [html.Span(text) for text in ("", "From", "To", "Grid values")]
    head = html.Div(heads, className="space-row space-head", **attributes(aria_hidden="true"))
    return fold(title, html.Div([head, *(_row(one, edits) for one in own)], className="space-rows"))


def _row(one: Hyperparameter, edits: Edits) -> html.Div:
    change = space_form.change_of(one, edits)
    controls = _choices(one, change) if one.type == "categorical" else _range(one, change)
    fault = html.Div(
        id={"type": FAULT, "key": f"search.space.{one.name}"}, className="field-fault", role="alert"
    )
    return html.Div([_name(one), *controls, fault], className="space-row field")


def _name(one: Hyperparameter) -> html.Div:
    own = one.name.partition(".")[2]
    when = [
        f"with {name.partition('.')[2].replace('_', ' ')} {' or '.join(map(str, values))}"
        for name, values in one.when.items()
        if name != MODEL
    ]
    scale = [f"in steps of {one.step:g}"] if one.step and one.step != 1 else []
    notes = ", ".join([*(["logarithmic"] if one.log else []), *scale, *when])
    return html.Div(
        [html.Span(own.replace("_", " ")), html.Span(notes, className="field-hint") if notes else None],
        className="space-name",
    )


def _range(one: Hyperparameter, change: Mapping[str, Any]) -> list[Any]:
    bounds = [
        _input(one, key, label, value=change.get(key, getattr(one, key)), type="number", step="any",
               placeholder=f"{getattr(one, key):g}", inputmode="decimal")
        for key, label in (("low", "From"), ("high", "To"))
    ]  # fmt: skip
    usual = ", ".join(_short(value) for value in one.grid)
    changed = ", ".join(_short(value) for value in change.get("grid", ()))
    return [*bounds, _input(one, "grid", "Grid values", value=changed, type="text", placeholder=usual)]


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _input(one: Hyperparameter, key: str, label: str, **properties: Any) -> html.Label:
    control = dbc.Input(
        id={"type": SPACE, "key": f"{one.name}.{key}"},
        className="field-input",
        debounce=DEBOUNCE_SECONDS,
        **properties,
    )
    text = html.Span([html.Span(f"{one.name} ", className="visually-hidden"), label], className="space-label")
    return html.Label([text, control], className=f"space-{key}")


def _choices(one: Hyperparameter, change: Mapping[str, Any]) -> list[Any]:
    kept = change.get("choices", one.choices)
    chosen = [str(index) for index, choice in enumerate(one.choices) if choice in kept]
    options = [
        {"value": str(index), "label": number(choice).replace("_", " ")}
        for index, choice in enumerate(one.choices)
    ]
    ticks = dbc.Checklist(
        id={"type": SPACE, "key": f"{one.name}.choices"}, options=options, value=chosen, inline=True
    )
    legend = html.Legend(one.name, className="visually-hidden")
    return [html.Fieldset([legend, ticks], className="space-choices")]


def _option(strategy: str, name: str, edits: Edits) -> html.Div:
    value = edits["options"].get(strategy, {}).get(name)
    control = dbc.Input(
        id={"type": OPTION, "key": f"{strategy}.{name}"},
        type="text",
        className="field-input",
        debounce=DEBOUNCE_SECONDS,
        placeholder="as usual",
        value="" if value is None else str(value),
    )
    text = html.Span(f"{strategy}: {name.replace('_', ' ')}", className="field-label")
    fault = html.Div(
        id={"type": FAULT, "key": f"search.options.{strategy}.{name}"}, className="field-fault", role="alert"
    )
    return html.Div([html.Label([text, control]), fault], className="field")
