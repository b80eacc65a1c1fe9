"""Labelled images: reading, cleaning, splitting and packing them.

A source is read, inspected and packed; from then on it is a ``PackedDataset``. To add a kind of source,
write one file with a ``READER`` and name it below.
"""

from tunescope.datasets.cleaning import Inspection, inspect
from tunescope.datasets.examining import Picture
from tunescope.datasets.findings import Finding
from tunescope.datasets.folds import fold_views, share_views
from tunescope.datasets.known import is_gone, packed_as, recall
from tunescope.datasets.packed import PackedDataset, dataset_name
from tunescope.datasets.packing import pack
from tunescope.datasets.readers import archive, digits, folder, idx, manifest, npz, torchvision
from tunescope.datasets.source import Reader, Source, SourceFile, find, glance, read, stamp
from tunescope.datasets.splitting import SPLITS, split
from tunescope.datasets.watched import watched_rows

# The first that accepts a source reads it, so the particular kinds come before the general ones.
READERS: dict[str, Reader] = {
    "idx": idx.READER,
    "folder": folder.READER,
    "npz": npz.READER,
    "manifest": manifest.READER,
    "archive": archive.READER,
    "torchvision": torchvision.READER,
    "sklearn": digits.READER,
}

__all__ = [
    "READERS",
    "SPLITS",
    "Finding",
    "Inspection",
    "PackedDataset",
    "Picture",
    "Reader",
    "Source",
    "SourceFile",
    "dataset_name",
    "find",
    "fold_views",
    "glance",
    "inspect",
    "is_gone",
    "pack",
    "packed_as",
    "read",
    "recall",
    "share_views",
    "split",
    "stamp",
    "watched_rows",
]
