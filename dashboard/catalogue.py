"""The prepared datasets of a store, and what their folders hold."""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tunescope.errors import SourceError, UnknownNameError
from tunescope.store import Store, frames

FILES, FINDINGS, REJECTED, QUALITY, ISSUES, MAP = (
    "files.parquet",
    "findings.parquet",
    "rejected.npy",
    "quality.json",
    "label_issues.csv",
    "map.npz",
)
# Frames of large datasets are kept, but not for all that anybody ever looked at.
_KEPT_FRAMES = 8
# An account of more files is for programs, and would stand in the way of all pages.
_LARGEST_QUALITY = 64 * 2**20


@dataclass(frozen=True)
class Prepared:
    """A prepared dataset as the store knows it.

    Attributes:
        name: what it is called now: the same images may come again under another name.
        fingerprint: tells its content.
        folder: where its arrays are.
        source: what it was made from, as it was given.
        classes: names, sorted.
        images: number of packed images.
        rejected: number of files that are not among them.
        splits: images by split.
        image_shape: height, width, channels.
        created: when it was first entered (naive UTC).
        runs: the ids of the runs that used it, newest first.
    """

    name: str
    fingerprint: str
    folder: Path
    source: str
    classes: tuple[str, ...]
    images: int
    rejected: int
    splits: Mapping[str, int]
    image_shape: tuple[int, ...]
    created: datetime
    runs: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """Whether its folder still holds it."""
        return (self.folder / "dataset.json").is_file()


def all_prepared(store: Store) -> list[Prepared]:
    """Every dataset that a run of the store has used, the latest used first."""
    runs = frames.runs_frame(store)
    used = runs[runs["fingerprint"].notna()]
    return [
        _prepared(store, str(fingerprint), tuple(map(str, rows["run_id"])))
        for fingerprint, rows in used.groupby("fingerprint", sort=False)
    ]


def find(store: Store, name: str, fingerprint: str | None = None) -> Prepared:
    """The latest dataset of a name, or the one with a fingerprint.

    Raises:
        UnknownNameError: when the store has none.
    """
    known = all_prepared(store)
    if fingerprint:
        found = [one for one in known if one.fingerprint == fingerprint]
    else:
        found = [one for one in known if one.name == name]
    if not found:
        which = f" with fingerprint `{fingerprint}`" if fingerprint else ""
        raise UnknownNameError(f"There is no prepared dataset `{name}`{which} in this store.")
    return found[0]


def versions(store: Store, name: str) -> list[Prepared]:
    """Every dataset of a name, the latest used first."""
    return [one for one in all_prepared(store) if one.name == name]


def _prepared(store: Store, fingerprint: str, run_ids: tuple[str, ...]) -> Prepared:
    row = _row(store, fingerprint, run_ids[-1])
    folder = Path(row["folder"])
    about = _about(folder)
    return Prepared(
        name=str(about.get("name", row["name"])),
        fingerprint=fingerprint,
        folder=folder,
        source=str(about.get("source", row["source"])),
        classes=tuple(row["classes"]),
        images=row["images"],
        rejected=row["rejected"],
        splits=row["splits"],
        image_shape=tuple(row["image_shape"]),
        created=row["created"],
        runs=run_ids,
    )


@lru_cache(maxsize=256)
def _row(store: Store, fingerprint: str, run_id: str) -> dict[str, Any]:
    """The row of a dataset, which never changes once it is entered; the run is one that used it."""
    row = frames.dataset(store, run_id)
    if row is None:
        raise UnknownNameError(f"There is no dataset with fingerprint `{fingerprint}` in this store.")
    return row


def _about(folder: Path) -> dict[str, Any]:
    """What the folder says of itself: empty when it is gone."""
    try:
        path = folder / "dataset.json"
        return _json(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return {}


@lru_cache(maxsize=64)
def _json(path: Path, _: int) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


def preparation(one: Prepared) -> dict[str, Any]:
    """The parameters that a dataset was prepared with, as far as it tells."""
    return dict(_about(one.folder).get("preparation", {}))


# ---- frames ----

_frames: "OrderedDict[tuple[Any, ...], pd.DataFrame]" = OrderedDict()
_lock = threading.Lock()


def files(one: Prepared, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of the table of a dataset's files, sorted by path.

    Raises:
        SourceError: when the folder does not hold the table.
    """
    return _parquet(one, FILES, tuple(columns))


def findings(one: Prepared) -> pd.DataFrame:
    """What was found about files: file, kind, detail, action, other, cluster.

    Raises:
        SourceError: when the folder does not hold the table.
    """
    return _parquet(one, FINDINGS, None)


def issues(one: Prepared) -> pd.DataFrame | None:
    """Suspected label errors, worst first; None when nobody has looked for them.

    Raises:
        SourceError: when the table is damaged.
    """
    path = one.folder / ISSUES
    if not path.is_file():
        return None
    texts = {"path": str, "label": str, "suggested": str, "split": str}
    try:
        frame = pd.read_csv(path, dtype=texts, keep_default_na=False)
        return frame.astype({"score": float})[["path", "split", "label", "suggested", "score"]]
    except (ValueError, KeyError, OSError) as error:
        raise _damaged(path, error) from None


@dataclass(frozen=True)
class Map:
    """Images as points in a plane: rows (k,) of the packed images, xy (k, 2), and how it was made."""

    rows: npt.NDArray[np.int64]
    xy: npt.NDArray[np.float32]
    method: str


def map_of(one: Prepared) -> Map | None:
    """The map of a dataset's features, None when none was drawn.

    Raises:
        SourceError: when it is damaged.
    """
    path = one.folder / MAP
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            rows, xy = np.asarray(kept["rows"], np.int64), np.asarray(kept["xy"], np.float32)
            return Map(rows, xy.reshape(len(rows), 2), str(kept["method"]))
    except Exception as error:  # a zip that is cut off raises nearly anything
        raise _damaged(path, error) from None


def quality(path: Path) -> dict[str, Any] | None:
    """An account of a source's files (``data_quality.json``), None when there is none that can be read."""
    try:
        if path.stat().st_size > _LARGEST_QUALITY:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) and isinstance(found.get("findings"), list) else None
    except (OSError, ValueError):
        return None


def _parquet(one: Prepared, name: str, columns: tuple[str, ...] | None) -> pd.DataFrame:
    path = one.folder / name
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        raise SourceError(
            f"`{path}` is not there: the folder is gone, or was packed by an older version; prepare it again"
        ) from None
    key = (path, stamp, columns)
    with _lock:
        if key in _frames:
            _frames.move_to_end(key)
            return _frames[key]
    try:
        frame = pd.read_parquet(path, columns=None if columns is None else list(columns))
    except Exception as error:  # pyarrow has a dozen kinds of errors for damaged files
        raise _damaged(path, error) from None
    with _lock:
        _frames[key] = frame
        while len(_frames) > _KEPT_FRAMES:
            _frames.popitem(last=False)
    return frame


def _damaged(path: Path, error: Exception) -> SourceError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return SourceError(f"`{path}` cannot be read ({reason}): prepare it again")


# ---- pictures ----


@lru_cache(maxsize=16)
def _pixels(path: Path, stamp: int) -> npt.NDArray[np.uint8]:
    return np.asanyarray(np.load(path, mmap_mode="r", allow_pickle=False))


def pixels(one: Prepared, row: int, is_rejected: bool = False) -> npt.NDArray[np.uint8]:
    """One packed picture: (height, width, channels).

    Raises:
        UnknownNameError: when there is no such row, or no such array.
        SourceError: when the array is damaged.
    """
    path = one.folder / (REJECTED if is_rejected else "images.npy")
    try:
        array = _pixels(path, path.stat().st_mtime_ns)
    except OSError:
        raise UnknownNameError(f"There is no picture {row}: `{path}` is gone.") from None
    except ValueError as error:
        raise _damaged(path, error) from None
    if array.ndim != 4 or not 0 <= row < len(array):
        raise UnknownNameError(f"There is no picture {row} in `{path}`.")
    return np.asarray(array[row])
