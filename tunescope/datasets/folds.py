"""Views of a packed dataset for several trainings: the folds of a cross-validation, and growing shares.

They follow from the dataset alone, so that all trials of all studies are compared on the same rows.
"""

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from tunescope.datasets.packed import PackedDataset
from tunescope.datasets.splitting import joined_groups, members_of
from tunescope.errors import ParameterError, SourceError

# A share of the training images, by the number of ninths.
SHARES: Mapping[int, Fraction] = {1: Fraction(1, 9), 3: Fraction(1, 3), 9: Fraction(1)}
FEWEST_A_CLASS = 2  # images on average, below which a share tells nothing
SEED = 0

Rows = npt.NDArray[np.intp]


def fold_views(dataset: PackedDataset, folds: int) -> dict[int, PackedDataset]:
    """Views for a cross-validation over training and validation images; the test split stays what it is.

    Fold 1 is the dataset with its own splits. For each other fold, one of ``folds`` - 1 parts of the training
    images is for validation, and all else of training and validation images for training. The parts hold the
    same share of each class as nearly as can be; no group, and no set of images that cleaning found alike, is
    torn between them.

    Args:
        dataset: as it was packed.
        folds: at least 2.

    Returns:
        the views by the numbers of their folds, from 1

    Raises:
        ParameterError: when there are too few training images, or groups of them, for so many folds.
    """
    if folds < 2:
        raise ParameterError(f"`search.folds` is {folds}, but must be at least 2")
    training, unsealed = dataset.indices("train"), dataset.unsealed
    parts = _parts(dataset.labels[training], _groups(dataset)[training], folds - 1)
    views = {1: dataset}
    for number in range(2, folds + 1):
        validation = training[parts == number - 2]
        if not len(validation):
            raise ParameterError(
                f"`search.folds` is {folds}, but the {len(training)} training images form fewer than "
                f"{folds - 1} groups: use fewer folds"
            )
        rest = np.setdiff1d(unsealed, validation, assume_unique=True)
        views[number] = dataset.with_split(rest, validation, f"fold {number} of {folds}")
    return views


def share_views(dataset: PackedDataset) -> dict[int, PackedDataset]:
    """Views with 1/9, 1/3 and all of the training images, each within the next.

    They are validated on the same images. Each class has its share, and one image at least. A share that
    comes to fewer than two images a class on average is left out; all images never are.

    Returns:
        the views by the number of ninths, ascending; the last one is the dataset itself
    """
    training, validation = dataset.indices("train"), dataset.indices("validation")
    views = {
        ninths: dataset.with_split(_shared(dataset, training, share), validation, f"{ninths}/9")
        for ninths, share in SHARES.items()
        if share < 1 and len(training) * share >= FEWEST_A_CLASS * len(dataset.classes)
    }
    return {**views, max(SHARES): dataset}


def _groups(dataset: PackedDataset) -> Rows:
    """(n,) number of the images that each may not be parted from; its own where it is free.

    A dataset without the account of its files knows of no groups.
    """
    names: list[str | None] = [None] * len(dataset)
    clusters = np.full(len(dataset), -1, np.intp)
    with suppress(SourceError):
        files = dataset.files.query("accepted")
        for row, name in zip(files["row"], files["group"], strict=True):
            names[row] = name if isinstance(name, str) else None
        rows = {path: row for row, path in enumerate(dataset.paths)}
        alike = dataset.findings.dropna(subset="cluster")
        for file, other, cluster in zip(alike["file"], alike["other"], alike["cluster"], strict=True):
            known = [rows[path] for path in (file, other) if path in rows]
            clusters[known] = cluster
    return joined_groups(names, clusters)


def _parts(labels: npt.NDArray[np.int64], groups: Rows, parts: int) -> Rows:
    """(n,) the part of each image, from 0: the largest groups first, each where its classes are rarest."""
    classes = int(labels.max()) + 1
    members = members_of(np.unique(groups, return_inverse=True)[1])
    mixed = np.random.default_rng(SEED).permutation(len(members))
    chosen, held = np.empty(len(labels), np.intp), np.zeros((parts, classes), np.intp)
    for number in sorted(mixed, key=lambda group: -len(members[group])):
        own = np.bincount(labels[members[number]], minlength=classes)
        part = np.lexsort([held.sum(axis=1), held @ own])[0]
        chosen[members[number]] = part
        held[part] += own
    return chosen


def _shared(dataset: PackedDataset, rows: Rows, share: Fraction) -> Rows:
    """A share of each class of some rows; a larger share holds the same ones and more."""
    mixed = np.random.default_rng(SEED).permutation(rows)
    by_class = (mixed[dataset.labels[mixed] == label] for label in range(len(dataset.classes)))
    return np.concatenate([of_it[: max(1, round(len(of_it) * share))] for of_it in by_class])
