"""A few validation images that everybody watches as models learn."""

import numpy as np
import numpy.typing as npt

from tunescope.datasets.packed import PackedDataset

# Pairs of class and probability of so many take less than 300 bytes an epoch.
WATCHED = 20


def watched_rows(dataset: PackedDataset, amount: int = WATCHED) -> npt.NDArray[np.int64]:
    """Rows (at most ``amount``) of validation images, of every class about as many: always the same ones."""
    rows = dataset.indices("validation")
    by_class = rows[np.argsort(dataset.labels[rows], kind="stable")]
    places = np.linspace(0, len(rows) - 1, min(amount, len(rows))).round().astype(int)
    return np.asarray(by_class[places], np.int64)
