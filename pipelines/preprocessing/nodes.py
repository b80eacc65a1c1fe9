"""From a source of labelled images to a packed dataset."""

import logging
from pathlib import Path
from typing import Any

from pipelines.progress import progress_bar
from tunescope.datasets import Inspection, PackedDataset, inspect, left_of, pack, recall
from tunescope.parameters import DatasetParameters, RunParameters
from tunescope.store import frames, open_store

logger = logging.getLogger("tunescope.preprocessing")


def inspect_images(
    parameters: DatasetParameters, folder: Path, run: RunParameters | None = None
) -> tuple[Inspection | PackedDataset, dict[str, Any]]:
    """Open every file of the source; returns what is usable, and an account of every file.

    A source that is as it was when it was packed is not read again: its packed dataset is returned instead.
    So is that of an earlier launch of the run, where the source is gone since.
    """
    if dataset := recall(parameters, folder):
        logger.info("`%s` has not changed since it was packed", parameters.source)
        return dataset, dataset.quality
    if run and run.id and (dataset := _prepared_before(run.id, parameters, folder)):
        left = f"the run goes on with the images that were prepared of it before ({dataset.fingerprint})"
        logger.warning("`%s` is gone: %s", parameters.source, left)
        return dataset, dataset.quality
    with progress_bar("Reading images") as on_progress:
        inspection = inspect(parameters.source, parameters, folder, on_progress)
    quality = inspection.quality()
    logger.info("%d of %d files are usable images", quality["accepted"], quality["files"])
    return inspection, quality


def _prepared_before(run_id: str, parameters: DatasetParameters, folder: Path) -> PackedDataset | None:
    known = frames.dataset(open_store(), run_id)
    return left_of(known["fingerprint"], parameters, folder) if known else None


def pack_images(inspection: Inspection | PackedDataset, folder: Path) -> dict[str, Any]:
    """Pack the images as memory-mapped arrays, unless they are; returns a handle to them.

    Raises:
        SourceError: when what is left of the source cannot be learned from.
    """
    dataset = inspection if isinstance(inspection, PackedDataset) else _packed(inspection, folder)
    logger.info("dataset %s: %d images, %d classes", dataset.name, len(dataset.labels), len(dataset.classes))
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "folder": str(dataset.folder),
        "rejected": dataset.quality["rejected"],
    }


def _packed(inspection: Inspection, folder: Path) -> PackedDataset:
    with progress_bar("Packing images") as on_progress:
        return pack(inspection, folder, on_progress)
