"""Datasets for benchmarks, prepared without Kedro around it."""

import shutil
from pathlib import Path

from pipelines.preprocessing.nodes import inspect_images, pack_images
from tunescope.datasets import PackedDataset
from tunescope.parameters import DatasetParameters


def packed(source: Path, folder: Path) -> PackedDataset:
    """Do what preprocessing does with a source, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    inspection, _ = inspect_images(DatasetParameters(source=str(source), label_check=False), folder)
    return PackedDataset.open(pack_images(inspection, folder)["folder"])


def unpacked(archive: Path, folder: Path) -> Path:
    """The files of an archive."""
    shutil.unpack_archive(archive, folder)
    return folder
