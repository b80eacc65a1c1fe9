import io
import json
import multiprocessing
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tunescope.datasets import PackedDataset, inspect, pack, read
from tunescope.errors import SourceError, UnknownNameError
from tunescope.parameters import DatasetParameters

Folder = Callable[[dict[str, bytes]], Path]
Photo = Callable[..., bytes]


def packed(source: Path, root: Path, **parameters: Any) -> PackedDataset:
    chosen = DatasetParameters(source=str(source), **parameters)
    return pack(inspect(source), source, chosen, root)


@pytest.fixture
def photos(folder: Folder, two_classes: dict[str, bytes]) -> Path:
    return folder(two_classes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "packed"


def test_the_arrays_hold_every_image_in_the_order_of_paths(
    photos: Path, root: Path, two_classes: dict[str, bytes]
) -> None:
    dataset = packed(photos, root)

    assert dataset.paths == sorted(two_classes)
    assert dataset.classes == ("cats", "dogs")
    assert dataset.images.shape == (20, *dataset.image_shape) == (20, 24, 24, 3)
    assert dataset.images.dtype == np.uint8
    assert dataset.labels.dtype == np.int64
    assert dataset.splits.dtype == np.uint8
    for path, image, label in zip(dataset.paths, dataset.images, dataset.labels, strict=True):
        np.testing.assert_array_equal(image, np.asarray(Image.open(io.BytesIO(two_classes[path]))))
        assert dataset.classes[label] == path.split("/")[0]


def test_the_images_are_mapped_and_cannot_be_changed(photos: Path, root: Path) -> None:
    dataset = packed(photos, root)

    assert isinstance(dataset.images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        dataset.images[0] = 0


def test_splits_are_disjoint_complete_and_stratified(photos: Path, root: Path) -> None:
    dataset = packed(photos, root, validation=0.2, test=0.3)
    rows = [dataset.indices(split) for split in ("train", "validation", "test")]

    assert dataset.counts() == {"train": 10, "validation": 4, "test": 6}
    assert sorted(np.concatenate(rows)) == list(range(20))
    images, labels = dataset.subset("test")
    np.testing.assert_array_equal(images, dataset.images[rows[2]])
    assert np.bincount(labels).tolist() == [3, 3]


def test_an_unknown_split_is_refused(photos: Path, root: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"^`holdout` is no split: use `train`, `validation`, `test`$"):
        packed(photos, root).indices("holdout")


def test_gray_images_take_one_channel_and_mixed_ones_three(folder: Folder, photo: Photo, root: Path) -> None:
    gray = {f"{label}/{n}.png": photo(n + 10 * (label == "b"), mode="L") for label in "ab" for n in range(3)}
    gray["a/one-bit.png"] = photo(50, mode="1")
    gray["b/sixteen.png"] = photo(51, mode="I;16")

    assert packed(folder(gray), root).image_shape == (24, 24, 1)
    assert packed(folder(gray | {"b/colour.png": photo(52)}), root).image_shape == (24, 24, 3)


@pytest.mark.parametrize(
    ("sides", "expected"), [([9, 9, 9], 16), ([31, 90, 20], 24), ([47, 48, 49], 48), ([500] * 3, 64)]
)
def test_without_a_size_the_median_shorter_side_decides(
    folder: Folder, photo: Photo, root: Path, sides: list[int], expected: int
) -> None:
    files = {f"{label}/{n}.png": photo(n + 9 * (label == "b"), size=(side, side + 5))
             for label in "ab" for n, side in enumerate(sides)}  # fmt: skip

    assert packed(folder(files), root).image_shape == (expected, expected, 3)


@pytest.mark.parametrize("fit", ["letterbox", "crop", "stretch"])
def test_the_chosen_size_and_fit_are_used(photos: Path, root: Path, fit: str) -> None:
    assert packed(photos, root, image_size=13, fit=fit).image_shape == (13, 13, 3)


def test_packing_again_opens_what_is_there(photos: Path, root: Path) -> None:
    first = packed(photos, root)
    written = (first.folder / "images.npy").stat().st_mtime_ns
    told: list[int] = []
    again = pack(
        inspect(photos),
        photos,
        DatasetParameters(source=str(photos)),
        root,
        lambda done, _: told.append(done),
    )

    assert again == first
    assert told == []
    assert (first.folder / "images.npy").stat().st_mtime_ns == written


def test_what_shapes_the_arrays_changes_the_fingerprint(
    photos: Path, root: Path, folder: Folder, photo: Photo
) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"image_size": 16},
        {"fit": "crop"},
        {"validation": 0.2},
        {"test": 0.2},
        {"seed": 1},
    ]
    prints = [packed(photos, root, **change).fingerprint for change in changes]
    folder({"cats/new.png": photo(77)})
    prints.append(packed(photos, root).fingerprint)
    (photos / "cats" / "new.png").rename(photos / "dogs" / "new.png")
    prints.append(packed(photos, root).fingerprint)

    assert len(set(prints)) == len(prints)
    assert all(len(one) == 16 for one in prints)


def test_a_folder_and_its_archive_have_the_same_fingerprint(
    photos: Path, root: Path, archive: Callable[..., Path], two_classes: dict[str, bytes]
) -> None:
    assert packed(photos, root).fingerprint == packed(archive(two_classes), root).fingerprint


def test_an_explicit_size_equal_to_the_median_is_the_same_dataset(photos: Path, root: Path) -> None:
    assert packed(photos, root).fingerprint == packed(photos, root, image_size=24).fingerprint


def test_the_latest_name_of_the_same_images_counts(photos: Path, root: Path) -> None:
    first, second = packed(photos, root), packed(photos, root, name="pets-2")

    assert (first.name, second.name) == ("photos", "pets-2")
    assert PackedDataset.open(first.folder) == second


@pytest.mark.parametrize(
    ("folder_name", "name"),
    [
        ("my pets (1)", "my-pets-1"),
        ("v1.2", "v1.2"),
        ("-.日本", "dataset"),
        ("ünï", "n"),
        ("a" * 99, "a" * 80),
    ],
)
def test_a_name_is_made_from_any_folder(photos: Path, root: Path, folder_name: str, name: str) -> None:
    dataset = packed(photos.rename(photos.with_name(folder_name)), root)

    assert dataset.name == name
    assert DatasetParameters(source="x", name=dataset.name)


def test_the_name_of_an_archive_does_without_its_ending(
    archive: Callable[..., Path], two_classes: dict[str, bytes], root: Path
) -> None:
    assert packed(archive(two_classes, name="pets.v1.zip"), root).name == "pets.v1"


def test_a_dataset_describes_itself_as_plain_data(photos: Path, root: Path) -> None:
    dataset = packed(photos, root, name="pets")
    about = dataset.to_dict()

    assert about == {
        "name": "pets",
        "fingerprint": dataset.fingerprint,
        "source": str(photos),
        "classes": ["cats", "dogs"],
        "image_shape": [24, 24, 3],
        "images": 20,
        "splits": {"train": 12, "validation": 4, "test": 4},
    }
    written = json.loads((dataset.folder / "dataset.json").read_text(encoding="utf-8"))
    assert written == about | {
        "preparation": {"fit": "letterbox", "validation": 0.15, "test": 0.15, "seed": 0}
    }


def test_a_dataset_opens_from_its_folder_and_equals_itself(photos: Path, root: Path) -> None:
    dataset = packed(photos, root)
    opened = PackedDataset.open(str(dataset.folder))

    assert opened == dataset
    np.testing.assert_array_equal(opened.images, dataset.images)


@pytest.mark.parametrize("content", [None, "", "[]", "{}"])
def test_a_folder_without_a_dataset_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "dataset.json").write_text(content)

    with pytest.raises(SourceError, match="holds no packed dataset: run preprocessing again"):
        PackedDataset.open(tmp_path)


def test_a_pickled_dataset_carries_no_pixels(photos: Path, root: Path) -> None:
    dataset = packed(photos, root)
    dataset.images, dataset.labels, dataset.splits, dataset.paths  # noqa: B018 - they are cached now
    travelled = pickle.loads(pickle.dumps(dataset))

    assert len(pickle.dumps(dataset)) < 1000
    assert travelled == dataset
    np.testing.assert_array_equal(travelled.images, dataset.images)


def test_a_fault_ends_packing(folder: Folder, photo: Photo, root: Path) -> None:
    source = folder({f"cats/{n}.png": photo(n) for n in range(5)})

    with pytest.raises(SourceError, match="only its class `cats`"):
        packed(source, root)
    assert not root.exists()


@pytest.mark.parametrize("change", ["other", "gone"])
def test_an_image_that_changed_since_its_inspection_ends_packing(
    photos: Path, root: Path, photo: Photo, change: str
) -> None:
    inspection, source = inspect(photos), read(photos)
    image = photos / "dogs" / "9.png"
    if change == "gone":
        image.unlink()
    else:
        image.write_bytes(photo(1000))

    with pytest.raises(SourceError, match=r"`dogs/9.png` has changed since it was inspected"):
        pack(inspection, source, DatasetParameters(source=str(photos)), root)
    assert list(root.iterdir()) == []


def test_an_interrupted_packing_leaves_nothing_and_can_be_repeated(photos: Path, root: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(inspect(photos), photos, DatasetParameters(source=str(photos)), root, stop)
    assert list(root.iterdir()) == []
    assert len(packed(photos, root)) == 20


def test_a_folder_that_lost_its_description_is_packed_anew(photos: Path, root: Path) -> None:
    dataset = packed(photos, root)
    (dataset.folder / "dataset.json").unlink()

    assert packed(photos, root) == dataset


def _pack_in_process(photos: Path, root: Path) -> str:
    return packed(photos, root).fingerprint


def test_processes_that_pack_the_same_images_at_once_agree(photos: Path, root: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        prints = pool.starmap(_pack_in_process, [(photos, root)] * 4)

    assert len(set(prints)) == 1
    assert [folder.name for folder in root.iterdir()] == prints[:1]
