"""Folds and shares: which rows a view calls training and validation."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from patterns import pattern_dataset
from PIL import Image

from tunescope.datasets import PackedDataset, fold_views, inspect, pack, share_views
from tunescope.errors import ParameterError
from tunescope.parameters import DatasetParameters


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PackedDataset:
    return pattern_dataset(tmp_path_factory.mktemp("packed") / "patterns", images=40)


def _rows(view: PackedDataset, split: str) -> set[int]:
    return set(view.indices(split).tolist())


def test_the_first_fold_is_the_dataset_with_its_own_splits(dataset: PackedDataset) -> None:
    assert fold_views(dataset, 5)[1] is dataset


def test_later_folds_validate_each_training_image_once_and_train_on_all_others(
    dataset: PackedDataset,
) -> None:
    views = fold_views(dataset, 5)
    assert list(views) == [1, 2, 3, 4, 5]
    parts = [_rows(views[number], "validation") for number in range(2, 6)]
    assert sorted(row for part in parts for row in part) == sorted(_rows(dataset, "train"))
    for number in range(2, 6):
        view = views[number]
        assert _rows(view, "train") | _rows(view, "validation") == set(dataset.unsealed.tolist())
        assert not _rows(view, "train") & _rows(view, "validation")


def test_the_test_split_stays_sealed_in_every_view(dataset: PackedDataset) -> None:
    sealed = _rows(dataset, "test")
    for view in [*fold_views(dataset, 3).values(), *share_views(dataset).values()]:
        assert _rows(view, "test") == sealed
        np.testing.assert_array_equal(view.unsealed, dataset.unsealed)
    with pytest.raises(ParameterError, match=rf"row {min(sealed)} is of the test split"):
        dataset.with_split(dataset.indices("test"), dataset.indices("validation"), "cheating")


def test_each_fold_has_its_share_of_each_class(dataset: PackedDataset) -> None:
    for number, view in fold_views(dataset, 5).items():
        counts = np.bincount(dataset.labels[view.indices("validation")])
        assert counts.max() - counts.min() <= 1, number


def test_folds_are_the_same_whenever_they_are_made(dataset: PackedDataset) -> None:
    again = fold_views(PackedDataset.open(dataset.folder), 4)
    for number, view in fold_views(dataset, 4).items():
        np.testing.assert_array_equal(view.splits, again[number].splits)


def test_a_view_travels_to_another_process_with_its_rows(dataset: PackedDataset) -> None:
    view = fold_views(dataset, 3)[2]
    travelled = pickle.loads(pickle.dumps(view))
    assert travelled == view != dataset
    np.testing.assert_array_equal(travelled.splits, view.splits)
    np.testing.assert_array_equal(travelled.images, dataset.images)


def test_views_share_the_mapped_images(dataset: PackedDataset) -> None:
    assert all(view.images is dataset.images for view in fold_views(dataset, 3).values())


def _draw_series(folder: Path, twin: bool = False) -> None:
    """Two classes of six series, each of four noisy pictures of its own; the last two may be twins."""
    random = np.random.default_rng(0)
    for label in "ab":
        (folder / label).mkdir(parents=True)
        for number in range(24):
            pixels = random.integers(0, 255, (24, 24, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"series{number // 4}-{number % 4}.png")
    if twin:
        for number in range(6):
            source = folder / "a" / f"series{number}-0.png"
            lighter = np.asarray(Image.open(source)) // 2 + 100
            Image.fromarray(lighter.astype(np.uint8)).save(folder / "a" / f"twin{number}.png")


def _packed(root: Path, **parameters: object) -> PackedDataset:
    chosen = DatasetParameters(source=str(root / "photos"), image_size=24, **parameters)
    return pack(inspect(chosen.source, chosen), root / "packed")


def test_no_fold_tears_a_group(tmp_path: Path) -> None:
    _draw_series(tmp_path / "photos")
    dataset = _packed(tmp_path, group=r"^./series\d")
    groups = [path.split("-")[0] for path in dataset.paths]
    for view in fold_views(dataset, 4).values():
        validated = {groups[row] for row in view.indices("validation")}
        assert not validated & {groups[row] for row in view.indices("train")}


def test_no_fold_tears_images_that_cleaning_found_alike(tmp_path: Path) -> None:
    _draw_series(tmp_path / "photos", twin=True)
    dataset = _packed(tmp_path)
    rows = {path: row for row, path in enumerate(dataset.paths)}
    pairs = [(rows[f"a/series{number}-0.png"], rows[f"a/twin{number}.png"]) for number in range(6)]
    for folds in (3, 4, 5):
        for view in fold_views(dataset, folds).values():
            validated = _rows(view, "validation")
            assert all((one in validated) == (other in validated) for one, other in pairs)


def test_more_folds_than_training_images_are_refused(tmp_path: Path) -> None:
    dataset = pattern_dataset(tmp_path / "few", classes=2, images=5)
    with pytest.raises(ParameterError, match=r"`search.folds` is 20, but the 6 training images"):
        fold_views(dataset, 20)
    with pytest.raises(ParameterError, match=r"`search.folds` is 1, but must be at least 2"):
        fold_views(dataset, 1)


def test_shares_grow_within_one_another_up_to_the_dataset_itself(dataset: PackedDataset) -> None:
    views = share_views(dataset)
    assert list(views) == [1, 3, 9]
    assert views[9] is dataset
    assert _rows(views[1], "train") < _rows(views[3], "train") < _rows(views[9], "train")
    for view in views.values():
        assert _rows(view, "validation") == _rows(dataset, "validation")
    # 24 training images a class
    assert np.bincount(dataset.labels[views[1].indices("train")]).tolist() == [3, 3, 3]
    assert np.bincount(dataset.labels[views[3].indices("train")]).tolist() == [8, 8, 8]
    assert views[3].counts() == {"train": 24, "validation": 24, "test": 24}


@pytest.mark.parametrize(("images", "steps"), [(5, [9]), (12, [3, 9]), (40, [1, 3, 9])])
def test_a_share_of_hardly_any_images_is_left_out(tmp_path: Path, images: int, steps: list[int]) -> None:
    assert list(share_views(pattern_dataset(tmp_path / "it", images=images))) == steps


def test_a_rare_class_is_in_every_share(tmp_path: Path) -> None:
    def make_rare(pixels: np.ndarray, splits: np.ndarray) -> None:
        splits[np.flatnonzero(splits[:40] == 0)[2:]] = 1  # of the first class, two images are left

    dataset = pattern_dataset(tmp_path / "rare", images=40, change=make_rare)
    for view in share_views(dataset).values():
        assert np.bincount(dataset.labels[view.indices("train")], minlength=3).min() >= 1
