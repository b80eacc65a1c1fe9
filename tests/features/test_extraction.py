"""Feature matrices on disk."""

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from feature_samples import quick_options
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.errors import RunError, SourceError, UnknownNameError
from tunescope.features import EXTRACTORS, FeatureExtractor, extract, load_extractor, load_features
from tunescope.features import extraction as module
from tunescope.parameters import HogParameters, PixelsPcaParameters


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PackedDataset:
    """Three classes of eight colour images, 16 x 16."""
    return pattern_dataset(tmp_path_factory.mktemp("packed") / "patterns", images=8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "features"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


def taught(name: str, images: np.ndarray, weights: Path) -> FeatureExtractor[Any]:
    extractor = EXTRACTORS[name].build(quick_options(name, weights))
    extractor.fit(images)
    return extractor


@pytest.mark.parametrize("name", EXTRACTORS)
def test_the_matrix_holds_a_row_for_each_image_in_order(
    dataset: PackedDataset, root: Path, weights: Path, name: str
) -> None:
    folder = extract(dataset, name, root, quick_options(name, weights))
    matrix = load_features(folder)

    assert folder.parent == root / dataset.fingerprint
    assert isinstance(matrix, np.memmap)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix, load_extractor(folder).transform(dataset.images), atol=1e-5)


@pytest.mark.parametrize("name", EXTRACTORS)
def test_only_training_images_teach_an_extractor(
    dataset: PackedDataset, root: Path, weights: Path, name: str
) -> None:
    expected = taught(name, dataset.subset("train")[0], weights).state()
    state = load_extractor(extract(dataset, name, root, quick_options(name, weights))).state()

    assert state.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(state[key], value)


def test_a_large_training_split_teaches_with_evenly_spread_images(
    dataset: PackedDataset, root: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, _ = dataset.subset("train")
    monkeypatch.setattr(module, "MOST_FITTED", len(images) // 2)
    state = load_extractor(extract(dataset, "pixels_pca", root)).state()

    np.testing.assert_array_equal(state["mean"], taught("pixels_pca", images[::2], weights).state()["mean"])


@pytest.mark.parametrize("rows", [1, 5, 24, 100])
@pytest.mark.parametrize("name", ["hog", "embedding"])
def test_the_size_of_the_pieces_does_not_matter(
    dataset: PackedDataset, root: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, rows: int, name: str
) -> None:
    monkeypatch.setattr(module, "ROWS", rows)
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))

    folder = extract(dataset, name, root, quick_options(name, weights), tell)
    expected = taught(name, dataset.images, weights).transform(dataset.images)

    np.testing.assert_allclose(load_features(folder), expected, atol=1e-5)
    assert told[-1] == (len(told), len(told)) == (-(-24 // rows), -(-24 // rows))


def test_extracting_again_opens_what_is_there(dataset: PackedDataset, root: Path) -> None:
    first = extract(dataset, "hog", root)
    written = (first / "matrix.npy").stat().st_mtime_ns
    told: list[int] = []

    assert extract(dataset, "hog", root, on_progress=lambda done, _: told.append(done)) == first
    assert extract(dataset, "hog", root, HogParameters()) == first
    assert told == []
    assert (first / "matrix.npy").stat().st_mtime_ns == written


def test_other_options_have_a_matrix_of_their_own(dataset: PackedDataset, root: Path) -> None:
    usual, other = extract(dataset, "hog", root), extract(dataset, "hog", root, HogParameters(orientations=4))

    assert usual != other
    assert load_features(other).shape[1] == load_features(usual).shape[1] * 4 // 9
    assert load_extractor(other).options == HogParameters(orientations=4)
    assert load_extractor(usual).options == HogParameters()


def test_a_new_version_of_an_extractor_does_not_take_the_numbers_of_the_old_one(
    dataset: PackedDataset, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = extract(dataset, "pixels", root)
    monkeypatch.setattr(EXTRACTORS["pixels"].kind, "version", 2)

    assert extract(dataset, "pixels", root) != old


def test_the_weights_of_an_embedding_are_told_by_their_content(
    dataset: PackedDataset, root: Path, tmp_path: Path
) -> None:
    options = quick_options("embedding", tmp_path)
    path = Path(options.weights)  # type: ignore[attr-defined]
    first = extract(dataset, "embedding", root, options)
    moved = path.rename(tmp_path / "elsewhere.pth")
    assert extract(dataset, "embedding", root, options.model_copy(update={"weights": str(moved)})) == first

    import torch

    state = torch.load(moved, weights_only=True)
    torch.save({**state, "conv1.weight": state["conv1.weight"] * 2}, path)
    second = extract(dataset, "embedding", root, options)
    assert second != first
    assert not np.allclose(load_features(second), load_features(first))


def test_an_interrupted_extraction_leaves_nothing_and_can_be_repeated(
    dataset: PackedDataset, root: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(dataset, "hog", root, on_progress=stop)
    assert list((root / dataset.fingerprint).iterdir()) == []
    assert (extract(dataset, "hog", root) / "matrix.npy").exists()


def test_a_full_disk_leaves_nothing_and_other_features_untouched(dataset: PackedDataset, root: Path) -> None:
    def fill(done: int, total: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = extract(dataset, "hog", root)
    with pytest.raises(RunError, match=r"^the disk is full: "):
        extract(dataset, "pixels", root, on_progress=fill)
    assert list((root / dataset.fingerprint).iterdir()) == [kept]


def test_an_unknown_extractor_is_refused_with_the_known_ones(dataset: PackedDataset, root: Path) -> None:
    message = r"^`sift` is no extractor: use `hog`, `lbp`, `colour_histogram`, `pixels`"

    with pytest.raises(UnknownNameError, match=message):
        extract(dataset, "sift", root)
    with pytest.raises(UnknownNameError, match=message):
        load_extractor(root / "sift-01234567")


def test_features_that_were_not_extracted_are_missed(root: Path) -> None:
    with pytest.raises(SourceError, match="holds no features: run feature extraction first"):
        load_features(root / "hog-01234567")
    with pytest.raises(SourceError, match="holds no extractor"):
        load_extractor(root / "hog-01234567")


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_damaged_matrix_is_missed_too(dataset: PackedDataset, root: Path, content: bytes) -> None:
    folder = extract(dataset, "pixels_pca", root, PixelsPcaParameters(components=2))
    (folder / "matrix.npy").write_bytes(content)

    with pytest.raises(SourceError, match="holds no features"):
        load_features(folder)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 but no archive"])
def test_a_damaged_extractor_is_missed_too(dataset: PackedDataset, root: Path, content: bytes) -> None:
    folder = extract(dataset, "pixels_pca", root, PixelsPcaParameters(components=2))
    (folder / "state.npz").write_bytes(content)

    with pytest.raises(SourceError, match="holds no extractor"):
        load_extractor(folder)
