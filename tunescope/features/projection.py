"""A map of a dataset: its images as points in the plane, alike ones near each other."""

import json
import os
import secrets
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from tunescope.datasets import PackedDataset
from tunescope.features.extraction import load_features
from tunescope.features.extractor import Matrix

Method = Literal["pca", "umap"]
Rows = npt.NDArray[np.intp]

MAP, VERSION = "map.npz", 1
MOST_POINTS = 5_000  # more cannot be told apart in a picture
COMPONENTS = 50  # that UMAP measures distances on
NEIGHBOURS = 15
SEED = 0


def write_map(
    dataset: PackedDataset, folders: Sequence[str | Path], method: Method, most: int = MOST_POINTS
) -> Path:
    """Draw the map of a dataset into its folder, unless the same one is there.

    All splits are on it: nothing is chosen by it, and labels are not used to draw it.

    Args:
        dataset: the images.
        folders: of their features, as ``extract`` gave them; each counts equally.
        method: `pca`, or `umap`, which takes some 20 s more.
        most: points; of a larger dataset the same share of each class is drawn.

    Returns:
        the file ``map.npz`` with ``rows`` (k,) of the images, ``xy`` float32 (k, 2) and ``method``
    """
    path = dataset.folder / MAP
    key = json.dumps([VERSION, method, most, sorted(Path(folder).name for folder in folders)])
    if _key_of(path) != key:
        rows = spread_rows(dataset.labels, most)
        points, drawn = project([np.asarray(load_features(folder)[rows]) for folder in folders], method)
        _write(path, rows=rows, xy=points, method=np.array(drawn), key=np.array(key))
    return path


def spread_rows(labels: npt.NDArray[np.int64], most: int) -> Rows:
    """At most ``most`` rows, ascending, the same share of each class; drawn with a fixed seed."""
    if len(labels) <= most:
        return np.arange(len(labels))
    order = np.random.default_rng(SEED).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    return np.sort(by_class[np.linspace(0, len(labels) - 1, most).astype(np.intp)])


def project(matrices: Sequence[Matrix], method: Method) -> tuple[Matrix, Method]:
    """Give each row two coordinates.

    Args:
        matrices: (n, d) each; columns are standardized, and matrices count equally.
        method: `pca`: the two directions of most variance. `umap`: neighbours stay neighbours (McInnes, Healy
            and Melville, "UMAP: uniform manifold approximation and projection", 2018); too few rows have no
            neighbourhoods and are drawn by `pca`.

    Returns:
        float32 (n, 2), and the method that was used
    """
    together = np.concatenate([_standardized(matrix) for matrix in matrices], axis=1)
    if method == "umap" and len(together) > NEIGHBOURS:
        return _by_umap(_components(together, COMPONENTS)), "umap"
    points = _components(together, 2)
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1]))), "pca"


def _standardized(matrix: Matrix) -> Matrix:
    """Mean 0 and the same variance in each column that varies, 1 in all of them together."""
    centred = matrix - matrix.mean(axis=0)
    spread = centred.std(axis=0)
    varying = spread > 1e-6 * max(float(spread.max()), 1e-12)
    scaled: Matrix = centred[:, varying] / (spread[varying] * np.sqrt(max(1, varying.sum())))
    return scaled


def _components(matrix: Matrix, number: int) -> Matrix:
    from sklearn.decomposition import PCA

    if not matrix.shape[1]:  # all images are alike
        return np.zeros((len(matrix), 1), np.float32)
    found = PCA(min(number, *matrix.shape), random_state=SEED).fit_transform(matrix)
    return np.asarray(found, np.float32)


def _by_umap(matrix: Matrix) -> Matrix:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ImportWarning
        )  # it misses TensorFlow, for a part that is not used here
        from umap import UMAP

    drawn = UMAP(n_neighbors=NEIGHBOURS, random_state=SEED, n_jobs=1).fit_transform(matrix)
    return np.asarray(drawn, np.float32)


def _key_of(path: Path) -> str | None:
    with suppress(OSError, ValueError, KeyError), np.load(path, allow_pickle=False) as stored:
        return str(stored["key"])
    return None


def _write(path: Path, **arrays: npt.NDArray[np.generic]) -> None:
    """Whole or not at all: a page may read it at any time."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
