"""Where a model came from: its hyperparameters, its origin, and the files it left."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dash import html

from dashboard import links, model_files, reading
from dashboard.components import trial_costs
from dashboard.components.basics import attributes, button, facts, file_link, link
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.wording import is_missing, memory, moment, number
from tunescope.errors import UnknownNameError
from tunescope.store import Store, frames, runs
from tunescope.store.lineage import Lineage, lineage

_FILES = (Column("File"), Column("Size", is_number=True))
_VALUES = (Column("Name"), Column("Value"))
# More hyperparameters than these scroll in a box of their own.
_MANY = 24
# How a portfolio calls what proposed a trial.
_ARMS = {"warm_start": "an earlier study", "start": "a first point", "again": "measuring again"}


def settings(row: Mapping[str, Any]) -> html.Div:
    """The hyperparameters of a trial, and what was adapted for it."""
    found = reading.settings(row["params"])
    pairs = [(name, number(value)) for name, value in found.items()]
    if "model" in row["params"]:
        pairs = [("model", row["model"]), *pairs]
    if not pairs:
        return html.Div(blank("This trial has no parameters."))
    css = "facts-wide facts-scroll" if len(pairs) > _MANY else ""
    adapted = trial_costs.adaptations(row["notes"])
    save = html.Div(_settings_actions(row), className="model-actions")
    return html.Div([html.Div(facts(pairs), className=css, tabIndex="0" if css else None), adapted, save])


def _settings_actions(row: Mapping[str, Any]) -> list[Any]:
    address = model_files.address(int(row["trial_id"]), model_files.SETTINGS)
    return [file_link("Save as YAML", "download", address)] if row["params"] else []


def origin(store: Store, row: Mapping[str, Any]) -> html.Div:
    """Where a trial came from, as facts."""
    found = lineage(store, int(row["trial_id"]))
    pairs = [*_of_run(store, row), *_of_search(row, found)]
    pairs.append(("Begun", moment(row["start"])))
    if not is_missing(row["end"]):
        pairs.append(("Ended", moment(row["end"])))
    return html.Div(facts(pairs))


def _of_run(store: Store, row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    if is_missing(row["run_id"]):
        return []
    pairs: list[tuple[str, Any]] = [("Run", link(row["run_id"], links.run(row["run_id"])))]
    dataset = frames.dataset(store, row["run_id"])
    if dataset:
        there = links.dataset(dataset["name"], fingerprint=dataset["fingerprint"])
        pairs += [
            ("Dataset", link(dataset["name"], there)),
            ("Fingerprint", html.Code(dataset["fingerprint"])),
        ]
    pairs.append(("Tunescope", _version(store, row["run_id"])))
    commit = frames.device(store, row["run_id"]).get("commit")
    if commit:
        pairs.append(("Commit", html.Code(str(commit)[:12], title=str(commit))))
    return pairs


def _version(store: Store, run_id: str) -> str:
    try:
        return str(runs.get(store, run_id)["version"])
    except UnknownNameError:  # deleted since its trial was read
        return ""


def _of_search(row: Mapping[str, Any], found: Lineage) -> list[tuple[str, Any]]:
    study = row["study"]
    pairs: list[tuple[str, Any]] = [("Study", link(study, links.trials(study=[study])))]
    pairs.append(("Origin", _proposer(row, found)))
    if found.retry_of is not None:
        pairs.append(("Tries again", _trial(study, found.retry_of)))
    if found.repeats is not None:
        pairs.append(("Measures again", _trial(study, found.repeats)))
    if found.generation is not None:
        pairs.append(("Generation", str(found.generation)))
    if found.parents:
        parents = [html.Span([_trial(study, one), " "]) for one in found.parents]
        pairs.append(("Bred from the best of", html.Span(parents)))
    pairs += [(name.title(), str(int(row[name]))) for name in ("seed", "worker") if not is_missing(row[name])]
    return pairs


def _proposer(row: Mapping[str, Any], found: Lineage) -> str:
    if found.is_enqueued:
        return "enqueued: to try first, or asked for"
    name = "a sampler" if is_missing(row["strategy"]) else str(row["strategy"])
    way = "" if found.arm is None else f", by {_ARMS.get(found.arm, found.arm)}"
    return f"proposed by {name}{way}"


def _trial(study: str, trial: int) -> Any:
    return link(f"#{trial}", links.trial(study, trial))


def files(row: Mapping[str, Any]) -> Any:
    """What the trial left on disk, to save."""
    folder = None if is_missing(row["folder"]) else Path(row["folder"])
    found = model_files.listed(folder)
    if not found:
        return blank("Nothing yet." if row["state"] == "RUNNING" else "This trial left no files.")
    rows = [[html.Code(name), memory(size)] for name, size in found]
    has_model = any(name != model_files.PREDICTIONS for name, _ in found)
    lost = "The weights were deleted: only the best models of a study are kept."
    note = None if has_model else html.P(lost, className="card-note model-note")
    actions = html.Div(_downloads(row, {name for name, _ in found}, has_model), className="model-actions")
    return html.Div([actions, note, table("Files of this trial", _FILES, rows, "model-files")])


def _downloads(row: Mapping[str, Any], names: set[str], has_model: bool) -> list[Any]:
    offered = [("Model (zip)", model_files.MODEL)] if has_model else []
    if model_files.PREDICTIONS in names:
        offered += [
            ("Predictions (CSV)", model_files.TABLE),
            ("Predictions (NumPy)", model_files.PREDICTIONS),
        ]
    return [
        file_link(text, "download", model_files.address(int(row["trial_id"]), name)) for text, name in offered
    ]


def noted(store: Store, row: Mapping[str, Any]) -> Any:
    """What a program noted with its trial: values of all objectives, user attributes."""
    known = frames.attributes_frame(store, [int(row["trial_id"])])
    values = row["values"]
    titles = (
        ["Value"] if len(values) == 1 else [f"Value of objective {index}" for index in range(len(values))]
    )
    rows: list[list[Any]] = [[title, number(value, 6)] for title, value in zip(titles, values, strict=True)]
    rows += [[html.Code(str(one["key"])), _text(one["value"])] for one in reading.records(known)]
    if not rows:
        return blank("No value yet." if row["state"] == "RUNNING" else "This trial has no value.")
    return table("Values and attributes", _VALUES, rows)


def _text(value: Any) -> str:
    """A value as people read it; a list or dictionary as it stands, cut where it is very long."""
    text = number(value, 6) if isinstance(value, int | float) else str(value)
    return text if len(text) <= 500 else f"{text[:499]}…"


def copied() -> html.Button:
    """A button that copies the address: the view is in it."""
    return button("Copy link", "link", **attributes(data_copy_address="yes"))
