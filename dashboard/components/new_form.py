"""The fields of a new run, card by card."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import connection, reading, space_form
from dashboard.components import new_augmentation, new_choices, new_images, new_schedules, space_editor
from dashboard.components.basics import card, fold
from dashboard.components.fields import entry
from dashboard.form import Values
from dashboard.form_fields import (
    ADVANCED,
    BUDGET,
    DATA,
    EXTRACTORS,
    MACHINE,
    MODELS,
    POLICIES,
    SCORING,
    SEEDS,
    STRATEGIES,
    TRAINING,
    Field,
)
from dashboard.machine import machine
from dashboard.space_form import Edits
from dashboard.wording import count, is_missing, percent
from tunescope.store import frames

_MOST_STUDIES = 200


def fields(values: Values, edits: Edits) -> html.Div:
    """All cards."""
    return html.Div(
        [
            _images(values),
            card("Goal", new_choices.goal(values), note="What makes one model better than another."),
            _models(values, edits),
            card(
                "Feature extractors",
                _entry(EXTRACTORS, values),
                note="What shallow models see of an image. Deep models learn their own.",
            ),
            _strategies(values, edits),
            card("Budget", _grid(BUDGET, values, "four"), note="Whichever is reached first ends the run."),
            _seeds(values),
            new_schedules.policies_fold(_entry(POLICIES, values)),
            _folded("Training of networks", _grid(TRAINING, values)),
            new_augmentation.augmentation_fold(values),
            _folded(
                "Workers and devices",
                [html.P(f"This machine: {machine()}.", className="card-note"), _grid(MACHINE, values)],
            ),
            _folded("Scoring and pruning", _grid(SCORING, values)),
            _folded("Seed, image size and splits", _grid(ADVANCED, values)),
        ],
        className="form-fields",
    )


def spaces(values: Values, edits: Edits) -> Any:
    """The editor of the chosen models' spaces."""
    return space_editor.space_editor(space_form.space_of(values), values.get("search.models") or [], edits)


def _images(values: Values) -> html.Section:
    known = new_images.sources(connection.store())
    body = [
        new_images.images(known, values["dataset.source"]),
        html.Div(
            [
                _entry(DATA[0], values, [one.source for one in known]),
                *(_entry(one, values) for one in DATA[1:]),
            ],
            className="field-grid",
        ),
    ]
    return card("Images", body, note="What the models learn to tell apart.")


def _models(values: Values, edits: Edits) -> html.Section:
    editor = html.Div(spaces(values, edits), id="new-spaces", className="folds")
    note = "Ranges, choices and grid values of each model. An empty field is as declared."
    return card(
        "Models",
        [
            _entry(MODELS, values, choices=new_choices.model_cards()),
            html.Div(
                [html.H3("Spaces"), html.P(note, className="card-note"), editor], className="part-below"
            ),
        ],
        note="Each trial trains one of these. Shallow ones learn from features in seconds, "
        "deep ones from the pixels in minutes.",
    )


def _strategies(values: Values, edits: Edits) -> html.Section:
    options = space_editor.option_fields(values.get("search.strategies") or [], edits)
    rows = html.Div(_entry(STRATEGIES, values, choices=new_choices.strategy_rows()), className="choice-rows")
    return card(
        "Strategies",
        [rows, html.Div(options, id="new-options")],
        note="How the next configuration is chosen. One study each, with an equal share of the budget.",
    )


def _seeds(values: Values) -> html.Section:
    body = [_entry(SEEDS[0], values, _studies()), _entry(SEEDS[1], values)]
    return card(
        "Configurations to begin with",
        html.Div(body, className="field-grid"),
        note="Each study tries the default configuration of every model first; then these, if there are any.",
    )


def _studies() -> dict[str, str]:
    """The newest studies, each with what it came to so far as anybody has read it."""
    names = [str(name) for name in frames.studies_frame(connection.store())["study"][::-1][:_MOST_STUDIES]]
    tallies = {one["study"]: one for one in reading.records(connection.table().study_tallies())}
    return {name: _came_to(tallies[name]) if name in tallies else "" for name in names}


def _came_to(tally: Mapping[str, Any]) -> str:
    best = "" if is_missing(tally["best"]) else f", best {percent(tally['best'])}"
    return f"{count(int(tally['ended']), 'trial')}{best}"


def _folded(title: str, body: Any) -> html.Section:
    return html.Section(fold(title, body), className="card-part")


def _grid(some: Sequence[Field], values: Values, columns: str = "") -> html.Div:
    return html.Div([_entry(one, values) for one in some], className=f"field-grid {columns}".strip())


def _entry(
    field: Field, values: Values, suggestions: Sequence[str] | Mapping[str, str] = (), **options: Any
) -> html.Div:
    return entry("new", field, values[field.key], suggestions, **options)
