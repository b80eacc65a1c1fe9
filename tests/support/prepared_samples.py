"""Prepared datasets as preprocessing leaves them on disk, small and quickly drawn."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tunescope.datasets.splitting import SPLITS
from tunescope.store import Store, runs
from tunescope.store import trials as trial_rows

SIDE = 24
# A class and a file hold mark-up, as names from outside may.
MARKED_CLASS = "<script>alert(1)</script>"
REJECTED = (
    ("a/copy.png", "exact duplicate", "rejected", "a/000.png", 0),
    ("b/twin.png", "two labels", "rejected", "a/001.png", 1),
    (f"a/{MARKED_CLASS}.png", "too small", "rejected", None, None),
)
UNDECODED = (("notes.txt", "no class folder", "rejected"), ("a/empty.png", "empty file", "rejected"))


def write_prepared(
    folder: Path, name: str, classes: Sequence[str] = ("a", "b", MARKED_CLASS), each: int = 20
) -> dict[str, Any]:
    """Write a folder of a prepared dataset; returns what the store is told about it."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(classes)), each)
    splits = np.resize([0, 0, 0, 1, 2], len(labels)).astype(np.uint8)
    images = random.integers(0, 255, (len(labels), SIDE, SIDE, 3), dtype=np.uint8)
    paths = [f"{classes[label]}/{index % each:03}.png" for index, label in enumerate(labels)]
    for file, array in (("images.npy", images), ("labels.npy", labels), ("splits.npy", splits)):
        np.save(folder / file, array)
    np.save(folder / "rejected.npy", images[: len(REJECTED)])
    (folder / "paths.json").write_text(json.dumps(paths))
    accepted = [
        _file(path, classes[label], index, SPLITS[split], random)
        for index, (path, label, split) in enumerate(zip(paths, labels, splits, strict=True))
    ]
    rejected = [
        {**_file(path, path.rpartition("/")[0], row, None, random), "accepted": False}
        for row, (path, *_) in enumerate(REJECTED)
    ]
    pd.DataFrame([*accepted, *rejected]).sort_values("path").to_parquet(folder / "files.parquet")
    _write_findings(folder, paths)
    _write_quality(folder, len(paths))
    _write_issues(folder, paths, classes, labels)
    np.savez(
        folder / "map.npz",
        rows=np.arange(len(paths)),
        xy=random.normal(0, 1, (len(paths), 2)).astype(np.float32),
        method="pca",
    )
    counts = {split: int((splits == number).sum()) for number, split in enumerate(SPLITS)}
    about = {
        "name": name,
        "fingerprint": folder.name,
        "source": f"data/01_raw/uploads/{name}",
        "classes": list(classes),
        "image_shape": [SIDE, SIDE, 3],
        "images": len(paths),
        "splits": counts,
    }
    (folder / "dataset.json").write_text(
        json.dumps({**about, "preparation": {"fit": "letterbox", "seed": 3}})
    )
    return {**about, "folder": str(folder), "rejected": len(REJECTED) + len(UNDECODED)}


def enter_prepared(
    store: Store, project: Path, name: str, fingerprint: str, run_id: str, **shape: Any
) -> Path:
    """Write a prepared dataset, and a finished run that made it; returns its folder."""
    folder = project / "data/05_model_input" / fingerprint
    about = write_prepared(folder, name, **shape)
    tree = {"run": {"id": run_id}, "dataset": {"source": about["source"], "name": name, "seed": 3}}
    launch = runs.claim(store, run_id, tree, project / "data/08_reporting" / run_id)
    dataset_id = trial_rows.enter_dataset(store, **about)
    runs.relate(store, run_id, dataset_id=dataset_id)
    runs.finish(store, launch.run_id, "finished")
    return folder


def _file(
    path: str, label: str, row: int, split: str | None, random: np.random.Generator
) -> Mapping[str, Any]:
    return {
        "path": path,
        "label": label,
        "accepted": True,
        "row": row,
        "split": split,
        "group": None,
        "mode": "RGB",
        "width": 40 + row % 7,
        "height": 30,
        "bytes": 1234,
        "sha256": hashlib.sha256(path.encode()).hexdigest(),
        "phash": f"{row:016x}",
        **{
            name: float(random.uniform())
            for name in ("brightness", "contrast", "sharpness", "red", "green", "blue")
        },
    }


def _write_findings(folder: Path, paths: Sequence[str]) -> None:
    told = [
        {"file": file, "kind": kind, "detail": "", "action": action, "other": other, "cluster": cluster}
        for file, kind, action, other, cluster in REJECTED
    ]
    told += [
        {"file": file, "kind": kind, "detail": "", "action": action, "other": None, "cluster": None}
        for file, kind, action in UNDECODED
    ]
    told.append(
        {
            "file": paths[3],
            "kind": "turned",
            "detail": "by 90 degrees",
            "action": "converted",
            "other": None,
            "cluster": None,
        }
    )
    frame = pd.DataFrame(told)
    frame["cluster"] = frame["cluster"].astype("Int64")
    frame.to_parquet(folder / "findings.parquet")


def _write_quality(folder: Path, accepted: int) -> None:
    rejected = len(REJECTED) + len(UNDECODED)
    found = [
        {"file": file, "finding": kind, "action": action}
        for file, kind, action, *_ in (*REJECTED, *UNDECODED)
    ]
    account = {"files": accepted + rejected, "accepted": accepted, "rejected": rejected, "findings": found}
    (folder / "quality.json").write_text(json.dumps(account))


def _write_issues(folder: Path, paths: Sequence[str], classes: Sequence[str], labels: np.ndarray) -> None:
    rows = [
        {
            "path": paths[index],
            "split": "train",
            "label": classes[labels[index]],
            "suggested": classes[(labels[index] + 1) % len(classes)],
            "score": index / 100,
            "correct_label": "",
            "remove": "",
        }
        for index in range(0, len(paths), 6)
    ]
    pd.DataFrame(rows).to_csv(folder / "label_issues.csv", index=False)
