"""From a source of labelled images to a packed dataset."""

import logging
from pathlib import Path
from typing import Any

from tunescope.datasets import Inspection, inspect, pack
from tunescope.errors import SourceError
from tunescope.parameters import DatasetParameters

logger = logging.getLogger("tunescope.preprocessing")


def inspect_images(parameters: DatasetParameters) -> tuple[Inspection, dict[str, Any]]:
    """Open every file of the source; returns what is usable, and an account of every file."""
    inspection = inspect(parameters.source)
    quality = inspection.quality()
    logger.info("%d of %d files are usable images", quality["accepted"], quality["files"])
    return inspection, quality


def pack_images(inspection: Inspection, parameters: DatasetParameters, folder: Path) -> dict[str, Any]:
    """Split the images and pack them as memory-mapped arrays; returns a handle to them.

    Raises:
        SourceError: when what is left of the source cannot be learned from.
    """
    if inspection.fault:
        raise SourceError(inspection.fault)
    dataset = pack(inspection, parameters.source, parameters, folder)
    logger.info("dataset %s: %d images, %d classes", dataset.name, len(dataset.labels), len(dataset.classes))
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "folder": str(dataset.folder),
        "rejected": inspection.quality()["rejected"],
    }
