"""Remembers which packed dataset came of a source, so that unchanged data are not read again."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunescope.datasets.building import full_disk_named, save_json
from tunescope.datasets.packed import FILES, FINDINGS, PACKING, REJECTED, PackedDataset
from tunescope.datasets.source import expanded, is_name, stamp
from tunescope.errors import SourceError
from tunescope.parameters import DatasetParameters

RECORDS = ".known"
# What does not change what is packed; of the corrections, the content counts.
BESIDE_PACKING = {"name", "corrections", "label_check"}


@dataclass(frozen=True)
class State:
    """A source and its parameters at one moment.

    Attributes:
        request: tells source and parameters.
        stamp: changes with the files of the source and the corrections.
    """

    request: str
    stamp: str


def state(parameters: DatasetParameters) -> State | None:
    """Look at a source before it is read; None when that does not tell whether it is as it was."""
    seen, corrected = stamp(parameters.source), _digest(parameters.corrections)
    if seen is None or corrected is None:
        return None
    request = parameters.model_dump(mode="json", exclude=BESIDE_PACKING)
    return State(_hash(request), _hash([PACKING, seen, corrected]))


def recall(parameters: DatasetParameters, root: Path) -> PackedDataset | None:
    """The dataset that was packed below ``root`` from the source as it is now, if it is still there."""
    now = state(parameters)
    if now is None:
        return None
    try:
        record: dict[str, Any] = json.loads(_record(now, root).read_text(encoding="utf-8"))
        if record["stamp"] != now.stamp:
            return None
        dataset = PackedDataset.open(root / record["fingerprint"])
        dataset.quality  # noqa: B018 - a folder without it is of no use
    except (OSError, ValueError, LookupError, TypeError, SourceError):
        return None
    return dataset.known_as(parameters)


def is_gone(source: str) -> bool:
    """Whether nothing is at the path of a source any more."""
    return not is_name(source) and not os.path.exists(expanded(source))


def packed_as(fingerprint: str, parameters: DatasetParameters, root: Path) -> PackedDataset | None:
    """The dataset of a fingerprint, if all that was packed is there, whatever its source is now."""
    try:
        dataset = PackedDataset.open(root / fingerprint)
        return dataset.known_as(parameters) if _is_whole(dataset) else None
    except (OSError, ValueError):  # a file that is missing, or shorter than it says
        return None


def _is_whole(dataset: PackedDataset) -> bool:
    """Whether the images are as many as their labels, splits and paths, and the account of them is there."""
    rows = {len(part) for part in (dataset.images, dataset.labels, dataset.splits, dataset.paths)}
    tables = (FILES, FINDINGS, REJECTED)
    return len(rows) == 1 and bool(dataset.quality) and all((dataset.folder / one).exists() for one in tables)


def remember(then: State | None, dataset: PackedDataset, root: Path) -> None:
    """Keep what was packed from a source that was in this state before it was read."""
    if then is None:
        return
    path = _record(then, root)
    with full_disk_named(root):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_json(path, {"stamp": then.stamp, "fingerprint": dataset.fingerprint})


def _record(seen: State, root: Path) -> Path:
    return root / RECORDS / f"{seen.request}.json"


def _digest(path: str | None) -> str | None:
    """Of the content of a file; empty without one."""
    try:
        return hashlib.sha256(expanded(path).read_bytes()).hexdigest() if path else ""
    except (OSError, ValueError):
        return None


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
