"""Feature matrices on disk."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tunescope.datasets import PackedDataset, inspect, pack
from tunescope.errors import SourceError, UnknownNameError
from tunescope.features import EXTRACTORS, extract, load_extractor, load_features
from tunescope.features import extraction as module
from tunescope.parameters import DatasetParameters


@pytest.fixture
def dataset(tmp_path: Path) -> PackedDataset:
    random = np.random.default_rng(0)
    for label in ("day", "night"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for n in range(12):
            pixels = random.integers(0, 128, (16, 16, 3), np.uint8) + np.uint8(100 * (label == "day"))
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{n}.png")
    source = tmp_path / "photos"
    return pack(inspect(source), source, DatasetParameters(source=str(source)), tmp_path / "packed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "features"


@pytest.mark.parametrize("name", EXTRACTORS)
def test_the_matrix_holds_a_row_for_each_image_in_order(
    dataset: PackedDataset, root: Path, name: str
) -> None:
    folder = extract(dataset, name, root)
    matrix = load_features(root, dataset.fingerprint, name)

    assert folder == root / dataset.fingerprint / name
    assert isinstance(matrix, np.memmap)
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, load_extractor(folder).transform(dataset.images))


@pytest.mark.parametrize("name", EXTRACTORS)
def test_only_training_images_teach_an_extractor(dataset: PackedDataset, root: Path, name: str) -> None:
    taught = EXTRACTORS[name].build()
    taught.fit(dataset.subset("train")[0])
    state = load_extractor(extract(dataset, name, root)).state()

    assert state.keys() == taught.state().keys()
    for key, value in taught.state().items():
        np.testing.assert_array_equal(state[key], value)


def test_a_large_training_split_teaches_with_evenly_spread_images(
    dataset: PackedDataset, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FITTED", 8)
    taught = EXTRACTORS["pixels_pca"].build()
    taught.fit(dataset.subset("train")[0][::2])
    state = load_extractor(extract(dataset, "pixels_pca", root)).state()

    np.testing.assert_array_equal(state["mean"], taught.state()["mean"])


@pytest.mark.parametrize("rows", [1, 5, 24, 100])
def test_the_size_of_the_pieces_does_not_matter(
    dataset: PackedDataset, root: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(module, "ROWS", rows)
    told: list[tuple[int, int]] = []
    extract(dataset, "hog", root, on_progress=lambda done, total: told.append((done, total)))
    extractor = EXTRACTORS["hog"].build()
    extractor.fit(dataset.images)

    np.testing.assert_array_equal(
        load_features(root, dataset.fingerprint, "hog"), extractor.transform(dataset.images)
    )
    assert told[-1] == (len(told), len(told)) == (-(-24 // rows), -(-24 // rows))


def test_extracting_again_opens_what_is_there(dataset: PackedDataset, root: Path) -> None:
    first = extract(dataset, "hog", root)
    written = (first / "matrix.npy").stat().st_mtime_ns
    told: list[int] = []

    assert extract(dataset, "hog", root, on_progress=lambda done, _: told.append(done)) == first
    assert told == []
    assert (first / "matrix.npy").stat().st_mtime_ns == written


def test_an_interrupted_extraction_leaves_nothing_and_can_be_repeated(
    dataset: PackedDataset, root: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(dataset, "hog", root, stop)
    assert list((root / dataset.fingerprint).iterdir()) == []
    assert (extract(dataset, "hog", root) / "matrix.npy").exists()


def test_an_unknown_extractor_is_refused_with_the_known_ones(dataset: PackedDataset, root: Path) -> None:
    message = r"^`sift` is no extractor: use `hog`, `colour_histogram`, `pixels_pca`"

    with pytest.raises(UnknownNameError, match=message):
        extract(dataset, "sift", root)
    with pytest.raises(UnknownNameError, match=message):
        load_features(root, dataset.fingerprint, "sift")
    with pytest.raises(UnknownNameError, match=message):
        load_extractor(root / "sift")


def test_features_that_were_not_extracted_are_missed(root: Path) -> None:
    with pytest.raises(SourceError, match="holds no features: run feature extraction for `hog` first"):
        load_features(root, "0123456789abcdef", "hog")
    with pytest.raises(SourceError, match="holds no extractor"):
        load_extractor(root / "hog")
