"""What a trained model left, to save: the model, its predictions as a table, its hyperparameters as YAML."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import yaml
from flask import Blueprint, Response, abort, send_file

from dashboard import connection, photo_models, predictions, reading
from dashboard.exports import csv_lines
from dashboard.wording import is_missing
from tunescope.datasets import PackedDataset
from tunescope.errors import RunError, SourceError
from tunescope.export import write_archive
from tunescope.store import frames

PREDICTIONS = predictions.FILE
MODEL, TABLE, SETTINGS = "model.zip", "predictions.csv", "hyperparameters.yml"
# More classes than these are in the NumPy file alone.
_MOST_CLASSES = 100
# What models are saved as. Nothing else is handed out: what a winner answered to test images lies there too.
_KNOWN = ("model.json", "model.skops", "weights.safetensors", "extractor.npz", PREDICTIONS)

model_files = Blueprint("model_files", __name__)


@model_files.get(f"/models/<int:trial_id>/{PREDICTIONS}")
def arrays(trial_id: int) -> Response:
    """The predictions on the validation split as the trial left them: probabilities, labels, rows."""
    row = _row(trial_id)
    path = predictions.path_of(row)
    if path is None:
        abort(404, "This trial left no predictions.")
    name = f"{_stem(row)}-{PREDICTIONS}"
    return send_file(
        path.resolve(), "application/octet-stream", as_attachment=True, download_name=name, max_age=0
    )


@model_files.get(f"/models/<int:trial_id>/{TABLE}")
def table(trial_id: int) -> Response:
    """The predictions on the validation split as CSV, a line an image."""
    row = _row(trial_id)
    dataset = None if is_missing(row["run_id"]) else frames.dataset(connection.store(), row["run_id"])
    try:
        found = predictions.read(row, dataset)
    except SourceError as error:
        abort(404, str(error))
    names, lines = _table(found, _paths(dataset))
    answer = Response(csv_lines(names, lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_stem(row)}-{TABLE}"'
    return answer


@model_files.get(f"/models/<int:trial_id>/{SETTINGS}")
def settings(trial_id: int) -> Response:
    """The hyperparameters, as a file for ``kedro run --config``, which tries them first."""
    row = _row(trial_id)
    params = dict(row["params"])
    content = {"run": {"params": {"search": {"seed_trials": [params]}}}} if "model" in params else params
    # As JSON, for a name may hold a line break.
    head = f"# Trial {row['number']} of {json.dumps(row['study'])}\n"
    text = head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    answer = Response(text, mimetype="text/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_stem(row)}-{SETTINGS}"'
    return answer


@model_files.get(f"/models/<int:trial_id>/{MODEL}")
def model(trial_id: int) -> Response:
    """The model with a script that predicts, as a zip."""
    row = _row(trial_id)
    found = photo_models.find(connection.store(), row["study"], str(row["number"]))
    if found.problem:
        abort(404, found.problem)
    file = TemporaryFile()  # noqa: SIM115 - it is closed when it has been sent
    try:
        write_archive(file, _stem(row), found.folder, **found.preparation)
    except RunError as error:
        file.close()
        abort(404, str(error))
    file.seek(0)
    name = f"{_stem(row)}-{MODEL}"
    return send_file(file, "application/zip", as_attachment=True, download_name=name, max_age=0)


def address(trial_id: int, name: str) -> str:
    """Where a file of a trial is to be had."""
    return f"/models/{trial_id}/{name}"


def listed(folder: Path | None) -> list[tuple[str, int]]:
    """Names and sizes in bytes of the files that a trial left; links are no files of its own."""
    found = [] if folder is None else [folder / name for name in _KNOWN]
    return [(path.name, path.stat().st_size) for path in found if path.is_file() and not path.is_symlink()]


def _row(trial_id: int) -> dict[str, Any]:
    found = reading.records(frames.trials_frame(connection.store(), trial_ids=[trial_id]))
    if not found:
        abort(404, f"There is no trial {trial_id} in this store.")
    return found[0]


def _stem(row: Mapping[str, Any]) -> str:
    """A name for files, of letters that every system takes."""
    return (
        f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', str(row['study']))[:80].strip('-.') or 'study'}-{row['number']}"
    )


def _paths(dataset: Mapping[str, Any] | None) -> list[str]:
    try:
        return PackedDataset.open(dataset["folder"]).paths if dataset else []
    except (SourceError, OSError, ValueError):
        return []


def _table(found: predictions.Validation, paths: list[str]) -> tuple[list[str], Iterator[list[Any]]]:
    heads = [
        "row",
        "image",
        "true_class",
        "predicted_class",
        "right",
        "confidence",
        "probability_of_true_class",
    ]
    is_small = len(found.classes) <= _MOST_CLASSES
    return [*heads, *(f"p({name})" for name in found.classes if is_small)], _lines(found, paths, is_small)


def _lines(found: predictions.Validation, paths: list[str], has_all: bool) -> Iterator[list[Any]]:
    given = found.found
    with np.load(found.path, allow_pickle=False) as kept:
        probabilities = kept["probabilities"] if has_all else np.empty((len(given.rows), 0))
    for place, row in enumerate(given.rows.tolist()):
        true, predicted = int(given.labels[place]), int(given.predicted[place])
        yield [
            row,
            paths[row] if 0 <= row < len(paths) else "",
            found.classes[true],
            found.classes[predicted],
            "yes" if true == predicted else "no",
            _rounded(given.confidences[place]),
            _rounded(given.of_truth[place]),
            *map(_rounded, probabilities[place]),
        ]


def _rounded(share: Any) -> float:
    """With the seven digits that single precision has."""
    return float(f"{float(share):.7g}")
