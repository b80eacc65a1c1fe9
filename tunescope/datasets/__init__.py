"""Labelled images: reading, cleaning, splitting and packing them.

A source is read, inspected and packed; from then on it is a ``PackedDataset``. To add a kind of source,
write one file with a ``READER`` and name it below.
"""

from tunescope.datasets import archive, folder
from tunescope.datasets.cleaning import CleanImage, Finding, Inspection, inspect
from tunescope.datasets.packed import PackedDataset
from tunescope.datasets.packing import dataset_name, pack
from tunescope.datasets.source import Reader, Source, SourceFile, read
from tunescope.datasets.splitting import SPLITS, split

READERS: dict[str, Reader] = {
    "folder": folder.READER,
    "archive": archive.READER,
}

__all__ = [
    "READERS",
    "SPLITS",
    "CleanImage",
    "Finding",
    "Inspection",
    "PackedDataset",
    "Reader",
    "Source",
    "SourceFile",
    "dataset_name",
    "inspect",
    "pack",
    "read",
    "split",
]
