"""From a packed dataset to a list of labels that look wrong, which the user can fill in."""

import logging
import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.progress import progress_bar
from tunescope.analysis.label_errors import Suspects, suspect
from tunescope.datasets import SPLITS, PackedDataset
from tunescope.features import extract, load_features
from tunescope.parameters import DatasetParameters

logger = logging.getLogger("tunescope.preprocessing")

LABEL_ISSUES = "label_issues.csv"
COLUMNS = ["path", "split", "label", "suggested", "score", "correct_label", "remove"]
EXTRACTORS = ("hog", "colour_histogram")  # quick, and nothing that anybody has to choose
SEED = 0
MOST_IMAGES, MOST_PROBABILITIES = 60_000, 2**25  # that are looked at, for the sake of memory


def suspect_labels(
    prepared_dataset: dict[str, Any], parameters: DatasetParameters, features_folder: Path
) -> pd.DataFrame:
    """List the labels that look wrong, worst first, also in the dataset's folder; test images stay sealed.

    A list that is there is given as it is: an unchanged dataset is not looked through again.

    Returns:
        ``path``, ``split``, ``label``, ``suggested``, ``score`` (0 to 1, how likely the label is), and
        ``correct_label`` and ``remove``, empty, for the user to fill in.
    """
    if not parameters.label_check:
        return pd.DataFrame(columns=COLUMNS)
    dataset = PackedDataset.open(Path(prepared_dataset["folder"]))
    path = dataset.folder / LABEL_ISSUES
    if not path.exists():
        _write(_look_through(dataset, features_folder), path)
    return pd.read_csv(path, dtype={name: str for name in COLUMNS if name != "score"}, keep_default_na=False)


def _look_through(dataset: PackedDataset, features_folder: Path) -> pd.DataFrame:
    rows = _rows(dataset)
    matrices = [load_features(folder)[rows] for folder in _extracted(dataset, features_folder)]
    found = suspect(np.concatenate(matrices, axis=1), dataset.labels[rows], SEED)
    logger.info("%s", _account(found))
    return _table(dataset, rows, found)


def _rows(dataset: PackedDataset) -> np.ndarray:
    """Training and validation images, or as many of them as can be looked at."""
    rows = np.sort(np.concatenate([dataset.indices("train"), dataset.indices("validation")]))
    most = min(MOST_IMAGES, MOST_PROBABILITIES // len(dataset.classes))
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, most, replace=False))


def _extracted(dataset: PackedDataset, features_folder: Path) -> list[Path]:
    folders = []
    for name in EXTRACTORS:
        with progress_bar(f"Extracting {name}") as on_progress:
            folders.append(extract(dataset, name, features_folder, on_progress=on_progress))
    return folders


def _account(found: Suspects) -> str:
    if found.accuracy is None:
        return "labels: too few images of each class to look for wrong ones"
    how_far = f"a quick model that gives {found.accuracy:.0%} of them as they are"
    if not len(found.rows):
        return f"labels: none of {found.judged} looks wrong to {how_far}"
    return f"labels: {len(found.rows)} of {found.judged} look wrong to {how_far}, see {LABEL_ISSUES}"


def _table(dataset: PackedDataset, rows: np.ndarray, found: Suspects) -> pd.DataFrame:
    suspects = rows[found.rows]
    return pd.DataFrame(
        {
            "path": [dataset.paths[row] for row in suspects],
            "split": [SPLITS[number] for number in dataset.splits[suspects]],
            "label": [dataset.classes[label] for label in dataset.labels[suspects]],
            "suggested": [dataset.classes[label] for label in found.suggested],
            "score": found.scores.round(4),
            "correct_label": "",
            "remove": "",
        },
        columns=COLUMNS,
    )


def _write(table: pd.DataFrame, path: Path) -> None:
    """Whole or not at all: a page may read it at any time."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        table.to_csv(draft, index=False)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
