"""Beside the form of a new run: what it will take, what must be mended, start, and the same elsewhere."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.components.basics import attributes, button, card, fold, sentence
from dashboard.components.notices import notice
from dashboard.components.tables import Column, table
from dashboard.form import Values
from dashboard.form_fields import FIELDS
from dashboard.launch import command_line, run_file
from dashboard.wording import NOTHING, count, duration
from tunescope.search.estimate import Estimate, StudyEstimate, duration_in_words, roughly, span_in_words

_LABELS = {field.key: field.label for field in FIELDS}
_STUDIES = (Column("Study"), Column("Trials", is_number=True), Column("Time", is_number=True))


def side(tree: Mapping[str, Any], values: Values) -> html.Aside:
    """All that stands beside the fields; the estimate comes when the page is there, and moves no button."""
    start = button("Start run", "running", "primary", id="new-start")
    command = html.Pre(command_line(tree), id="new-command", className="command", tabIndex="0")
    file = html.Pre(run_file(tree), id="new-yaml", className="command", tabIndex="0")
    parts = [
        html.Div(_longest(values), id="new-estimate", role="status"),
        html.Div(id="new-to-mend"),
        html.Div(id="new-problem"),
        start,
        html.Div(id="new-estimate-basis", className="estimate"),
        html.Div([html.Span("The same on the command line", className="tile-label"), _copy("new-command")],
                 className="side-head"),
        command,
        fold("As a file, for kedro run --config=run.yml",
             html.Div([file, html.Div(_copy("new-yaml"), className="side-copy")])),
    ]  # fmt: skip
    return html.Aside(card("Start", parts), className="form-side")


def _copy(of: str) -> html.Button:
    label = "Copy the command" if of == "new-command" else "Copy the file"
    name = "new-copy" if of == "new-command" else "new-copy-yaml"
    return button("Copy", "copy", "quiet", id=name, **attributes(data_copy_of=of, aria_label=label))


def estimate_view(found: Estimate | None, values: Values) -> tuple[Any, Any]:
    """How long it will take, and what that is taken from; what the budget says where nothing was measured.

    Nothing is known of a form with faults.
    """
    if found is None:
        return _figure("Estimated time", NOTHING), None
    if found.seconds is None:
        return _longest(values), _note(found)
    time = span_in_words(*found.seconds)
    return _figure("Estimated time", f"About {time}"), [_studies(found.studies), _note(found)]


def preset_note(found: Estimate | None, values: Values) -> str:
    """The same for a preset, in a line."""
    if found is None or found.seconds is None or found.trials is None:
        return f"{_limits(values)} at most"
    noun = "trial" if found.trials[1] == 1 else "trials"
    return f"About {duration_in_words(found.seconds[1])}, {_range(found.trials)} {noun}"


def faults_view(found: Mapping[str, str]) -> Any:
    """What must be mended before the run can start, each with the way to its field."""
    if not found:
        return None
    items = [
        html.Li(
            [
                html.Button(
                    _LABELS.get(key, "Space or option"),
                    type="button",
                    className="link-button",
                    **attributes(data_field=key),
                ),
                html.Span(sentence(text), className="field-hint"),
            ]
        )
        for key, text in found.items()
    ]
    return html.Div([html.Strong(to_mend(found)), html.Ul(items)], className="faults", role="status")


def to_mend(found: Mapping[str, str]) -> str:
    """How many fields have a fault."""
    return f"{count(len(found), 'field')} must be mended"


def not_started(text: str) -> Any:
    """Why no run was started."""
    return notice("danger", "Not started", text)


def _figure(label: str, text: str) -> html.Div:
    return html.Div([html.Div(label, className="tile-label"), html.Div(text, className="estimate-figure")])


def _longest(values: Values) -> html.Div:
    return _figure("At most", _limits(values))


def _studies(studies: tuple[StudyEstimate, ...]) -> Any:
    rows = [[one.strategy, _range(one.trials), duration(one.seconds[1])] for one in studies]
    return table("Estimate of each study", _STUDIES, rows, "estimate-studies")


def _range(pair: tuple[int, int]) -> str:
    low, high = roughly(pair)
    return count(high) if low == high else f"{count(low)} to {count(high)}"


def _note(found: Estimate) -> html.P:
    text = found.note.partition(": ")[2] if found.seconds else found.note
    # A grid that is larger than its budget is spoken of already.
    size = (
        f" The grid has {count(found.grid, 'point')}."
        if found.grid and "the grid has" not in text.lower()
        else ""
    )
    return html.P(sentence(f"{text[:1].upper()}{text[1:].rstrip('.')}.{size}"))


def _limits(values: Values) -> str:
    seconds, trials = (_positive(values, f"search.max_{name}") for name in ("seconds", "trials"))
    parts = [duration(seconds) if seconds else "", count(int(trials), "trial") if trials else ""]
    return " or ".join(filter(None, parts)) or "no limit"


def _positive(values: Values, key: str) -> float | None:
    value = values.get(key)
    return value if isinstance(value, (int, float)) and value > 0 else None
