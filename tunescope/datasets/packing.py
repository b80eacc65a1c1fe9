"""Writes the accepted images of an inspection as arrays for everything that follows."""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from tunescope.datasets.building import finished_folder, save_json
from tunescope.datasets.cleaning import Inspection
from tunescope.datasets.dividing import group_names
from tunescope.datasets.examining import Picture
from tunescope.datasets.known import remember
from tunescope.datasets.packed import (
    DESCRIPTION,
    FILES,
    FINDINGS,
    IMAGES,
    LABELS,
    PACKING,
    PATHS,
    QUALITY,
    REJECTED,
    SPLIT_NUMBERS,
    PackedDataset,
    dataset_name,
)
from tunescope.datasets.pool import Progress
from tunescope.datasets.splitting import SPLITS
from tunescope.datasets.spool import Spool
from tunescope.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd

FINGERPRINT_DIGITS = 16
COPIED_AT_ONCE = 1024
# What changes neither arrays nor tables, or shows in them anyway.
BESIDE_CONTENT = {"source", "name", "image_size", "corrections", "limits", "label_check"}
# Of red, green and blue in luma, as Pillow has them, in 2^-16.
LUMA = np.array([19595, 38470, 7471], np.uint32)


def pack(inspection: Inspection, root: str | Path, on_progress: Progress | None = None) -> PackedDataset:
    """Write the accepted images as arrays below ``root``, unless they are there already.

    Args:
        inspection: what ``inspect`` found, with the decoded pictures.
        root: gets a folder named by the fingerprint, which appears when it is complete, with ``images.npy``
            (n, height, width, channels), ``labels.npy``, ``splits.npy``, ``paths.json``, ``dataset.json``,
            and the account of all files: ``files.parquet``, ``findings.parquet``, ``rejected.npy`` (as
            ``images.npy``) and ``quality.json``.
        on_progress: called with the number of packed images and of all images.

    Raises:
        SourceError: when the inspection ended in a fault.
        RunError: when the disk is full.
    """
    if inspection.fault or inspection.spool is None:
        raise SourceError(inspection.fault)
    folder = Path(root) / _fingerprint(inspection, inspection.spool)
    if not (folder / DESCRIPTION).exists():
        every = len(inspection.images) + len(inspection.rejects)
        with finished_folder(folder, DESCRIPTION, every * inspection.spool.row_bytes) as room:
            _write(inspection, inspection.spool, folder.name, room, on_progress)
    dataset = PackedDataset.open(folder).known_as(inspection.parameters)
    remember(inspection.state, dataset, Path(root))
    return dataset


def _fingerprint(inspection: Inspection, spool: Spool) -> str:
    shaping = [PACKING, spool.side, inspection.parameters.model_dump(mode="json", exclude=BESIDE_CONTENT)]
    images = [(one.path, one.label, one.sha256) for one in inspection.images]
    rejects = [(one.path, one.label, one.sha256) for one in inspection.rejects]
    findings = [(one.file, one.finding, one.action) for one in inspection.findings]
    content = [shaping, images, inspection.splits.tolist(), rejects, inspection.files, findings]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:FINGERPRINT_DIGITS]


def _write(
    inspection: Inspection, spool: Spool, fingerprint: str, room: Path, on_progress: Progress | None
) -> None:
    images, chosen = inspection.images, inspection.parameters
    shape = (spool.side, spool.side, 1 if all(image.gray for image in images) else 3)
    with (room / IMAGES).open("wb") as file:
        _write_squares(file, images, spool, shape, on_progress)
    with (room / REJECTED).open("wb") as file:
        _write_squares(file, inspection.rejects, spool, shape, None)
    numbers = {label: number for number, label in enumerate(inspection.classes)}
    _save_array(room / LABELS, np.array([numbers[image.label] for image in images], np.int64))
    _save_array(room / SPLIT_NUMBERS, inspection.splits)
    save_json(room / PATHS, [image.path for image in images])
    _save_table(room / FILES, _files_table(inspection))
    _save_table(room / FINDINGS, _findings_table(inspection))
    save_json(room / QUALITY, inspection.quality())
    dataset = PackedDataset(dataset_name(chosen), fingerprint, room, inspection.classes, shape, chosen.source)
    preparation = chosen.model_dump(mode="json", exclude=BESIDE_CONTENT)
    save_json(room / DESCRIPTION, dataset.to_dict() | {"preparation": preparation})


def _write_squares(
    file: BinaryIO,
    pictures: Sequence[Picture],
    spool: Spool,
    shape: tuple[int, int, int],
    on_progress: Progress | None,
) -> None:
    """Append one piece after the other: on a full disk this is an error, where a mapped file would crash."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(pictures), *shape)}
    np.lib.format.write_array_header_1_0(file, header)
    for start in range(0, len(pictures), COPIED_AT_ONCE):
        piece = pictures[start : start + COPIED_AT_ONCE]
        squares = spool.take([picture.row for picture in piece])
        file.write((luma(squares) if shape[-1] == 1 else squares).tobytes())
        if on_progress:
            on_progress(start + len(piece), len(pictures))


def luma(squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Squares (k, side, side, 3) in gray (k, side, side, 1); what is gray stays exactly as it is."""
    return ((squares @ LUMA + 0x8000) >> 16).astype(np.uint8)[..., None]


def _files_table(inspection: Inspection) -> "pd.DataFrame":
    import pandas as pd

    rows: list[dict[str, Any]] = []
    groups = group_names(inspection.images, inspection.parameters)
    for number, (image, split) in enumerate(zip(inspection.images, inspection.splits, strict=True)):
        rows.append(_file_row(image, number, SPLITS[split], groups[number]))
    groups = group_names(inspection.rejects, inspection.parameters)
    for number, reject in enumerate(inspection.rejects):
        rows.append(_file_row(reject, number, None, groups[number]))
    return pd.DataFrame(rows).sort_values("path", ignore_index=True)


def _file_row(picture: Picture, row: int, split: str | None, group: str | None) -> dict[str, Any]:
    of_it = picture.measures
    return {
        "path": picture.path,
        "label": picture.label,
        "accepted": split is not None,
        "row": row,
        "split": split,
        "group": group,
        "mode": picture.mode,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "sha256": picture.sha256,
        "phash": f"{of_it.phash:016x}",
        "brightness": of_it.brightness,
        "contrast": of_it.contrast,
        "sharpness": of_it.sharpness,
        "red": of_it.red,
        "green": of_it.green,
        "blue": of_it.blue,
    }


def _findings_table(inspection: Inspection) -> "pd.DataFrame":
    import pandas as pd

    columns = ["file", "kind", "detail", "action", "other", "cluster"]
    rows = [[getattr(finding, column) for column in columns] for finding in inspection.findings]
    return pd.DataFrame(rows, columns=columns).astype({"cluster": "Int64"})


def _save_array(path: Path, array: npt.NDArray[Any]) -> None:
    buffer = io.BytesIO()  # NumPy's own way to a file does not say that the disk is full
    np.save(buffer, array)
    path.write_bytes(buffer.getvalue())


def _save_table(path: Path, table: "pd.DataFrame") -> None:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    path.write_bytes(buffer.getvalue())
