"""From a source of labelled images to a packed dataset."""

import logging
from pathlib import Path
from typing import Any

from pipelines.progress import progress_bar
from tunescope.datasets import Inspection, PackedDataset, inspect, is_gone, pack, packed_as, recall
from tunescope.parameters import DatasetParameters, RunParameters
from tunescope.store import frames, open_store, runs

logger = logging.getLogger("tunescope.preprocessing")


def inspect_images(
    parameters: DatasetParameters, folder: Path, run: RunParameters | None = None
) -> tuple[Inspection | PackedDataset, dict[str, Any]]:
    """Open every file of the source; returns what is usable, and an account of every file.

    A source that is as it was when it was packed is not read again: its packed dataset is returned instead.
    A run that has begun to search stays with the images that it has trained on, whatever became of the
    source: another test split may hold some of them. So does a run whose source is gone.
    """
    unchanged = recall(parameters, folder)
    kept = _kept(run.id, parameters, folder) if run and run.id else None
    if kept and (unchanged is None or unchanged.fingerprint != kept.fingerprint):
        stays = f"the run goes on with the images that were prepared for it ({kept.fingerprint})"
        why = "is gone" if is_gone(parameters.source) else "is no longer as it was"
        logger.warning("`%s` %s: %s", parameters.source, why, stays)
        return kept, kept.quality
    if unchanged:
        logger.info("`%s` has not changed since it was packed", parameters.source)
        return unchanged, unchanged.quality
    with progress_bar("Reading images") as on_progress:
        inspection = inspect(parameters.source, parameters, folder, on_progress)
    quality = inspection.quality()
    logger.info("%d of %d files are usable images", quality["accepted"], quality["files"])
    return inspection, quality


def _kept(run_id: str, parameters: DatasetParameters, folder: Path) -> PackedDataset | None:
    """What earlier launches of a run prepared, where it must not be another now."""
    store = open_store()
    known = frames.dataset(store, run_id)
    if known is None or not (is_gone(parameters.source) or runs.has_searched(store, run_id)):
        return None
    return packed_as(known["fingerprint"], parameters, folder)


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
