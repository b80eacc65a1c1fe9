"""The map of a dataset."""

from pathlib import Path

import numpy as np
import pytest
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.features import extract, write_map
from tunescope.features.projection import project, spread_rows


@pytest.fixture
def dataset(tmp_path: Path) -> PackedDataset:
    """Three classes of twenty images whose patterns differ."""
    return pattern_dataset(tmp_path / "patterns")


@pytest.fixture
def folders(dataset: PackedDataset, tmp_path: Path) -> list[Path]:
    return [extract(dataset, name, tmp_path / "features") for name in ("hog", "pixels")]


def clusters(n: int = 40, distance: float = 20.0) -> tuple[np.ndarray, np.ndarray]:
    random, labels = np.random.default_rng(0), np.repeat([0, 1], n // 2)
    return (random.normal(size=(n, 10)) + distance * labels[:, None]).astype(np.float32), labels


def nearest_shares_its_label(points: np.ndarray, labels: np.ndarray) -> float:
    distances = np.linalg.norm(points[:, None] - points, axis=-1) + np.diag(np.full(len(points), np.inf))
    return float((labels[distances.argmin(axis=1)] == labels).mean())


def test_the_map_is_written_beside_the_images(dataset: PackedDataset, folders: list[Path]) -> None:
    path = write_map(dataset, folders, "pca")

    assert path == dataset.folder / "map.npz"
    with np.load(path, allow_pickle=False) as stored:
        assert stored["method"] == "pca"
        assert stored["xy"].shape == (60, 2)
        assert stored["xy"].dtype == np.float32
        np.testing.assert_array_equal(stored["rows"], np.arange(60))
        assert nearest_shares_its_label(stored["xy"], dataset.labels) > 0.9
    assert [one.name for one in dataset.folder.iterdir() if one.name.startswith(".")] == []


def test_a_map_that_is_there_stays_until_features_or_method_change(
    dataset: PackedDataset, folders: list[Path]
) -> None:
    def written() -> int:
        return write_map(dataset, folders, "pca").stat().st_mtime_ns

    first = written()
    assert written() == first
    assert write_map(dataset, folders[:1], "pca").stat().st_mtime_ns > first
    (dataset.folder / "map.npz").write_bytes(b"damaged")
    written()
    with np.load(dataset.folder / "map.npz", allow_pickle=False) as stored:
        assert len(stored["xy"]) == 60


def test_a_large_dataset_shows_the_same_share_of_each_class(
    dataset: PackedDataset, folders: list[Path]
) -> None:
    with np.load(write_map(dataset, folders, "pca", most=30), allow_pickle=False) as stored:
        assert len(stored["xy"]) == 30
        assert np.bincount(dataset.labels[stored["rows"]]).tolist() == [10, 10, 10]


def test_rare_classes_keep_their_share_and_rows_ascend() -> None:
    labels = np.repeat([0, 1, 2], [9000, 900, 100])
    rows = spread_rows(labels, 1000)

    np.testing.assert_allclose(np.bincount(labels[rows]), [900, 90, 10], atol=1)
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, spread_rows(labels, 1000))


def test_principal_components_are_those_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    matrix, _ = clusters()
    points, method = project([matrix], "pca")
    expected = PCA(2).fit_transform(StandardScaler().fit_transform(matrix)) / np.sqrt(10)

    assert method == "pca"
    np.testing.assert_allclose(np.abs(points), np.abs(expected), atol=1e-4)


def test_a_matrix_of_many_columns_does_not_drown_one_of_few() -> None:
    few, labels = clusters()
    many = np.random.default_rng(1).normal(0, 1000, (40, 2000)).astype(np.float32)

    assert nearest_shares_its_label(project([few, many], "pca")[0], labels) > 0.9


@pytest.mark.parametrize("method", ["pca", "umap"])
@pytest.mark.parametrize("shape", [(6, 3), (2, 5), (6, 1), (15, 4)])
def test_few_or_equal_images_have_a_place(method: str, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for matrix in (random, np.ones(shape, np.float32)):
        points, used = project([matrix], method)  # type: ignore[arg-type]
        assert points.shape == (shape[0], 2)
        assert np.isfinite(points).all()
        assert used == "pca"


@pytest.mark.long
def test_umap_keeps_neighbours_and_repeats_itself() -> None:
    matrix, labels = clusters(60)
    points, method = project([matrix], "umap")

    assert method == "umap"
    assert points.shape == (60, 2)
    assert nearest_shares_its_label(points, labels) > 0.9
    np.testing.assert_array_equal(project([matrix], "umap")[0], points)
