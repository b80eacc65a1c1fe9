import errno
import io
import json
import multiprocessing
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tunescope.datasets import PackedDataset, inspect, pack
from tunescope.errors import RunError, SourceError, UnknownNameError
from tunescope.parameters import CleaningParameters, DatasetParameters

Folder = Callable[[dict[str, bytes]], Path]
Photo = Callable[..., bytes]


def packed(source: Path, root: Path, **parameters: Any) -> PackedDataset:
    chosen = DatasetParameters(source=str(source), **parameters)
    return pack(inspect(source, chosen), root)


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


def test_squares_of_one_small_size_are_packed_as_they_are(folder: Folder, photo: Photo, root: Path) -> None:
    files = {
        f"{label}/{n}.png": photo(n + 9 * (label == "b"), size=(28, 28)) for label in "ab" for n in range(3)
    }

    assert packed(folder(files), root).image_shape == (28, 28, 3)


@pytest.mark.parametrize("fit", ["letterbox", "crop", "stretch"])
def test_the_chosen_size_and_fit_are_used(photos: Path, root: Path, fit: str) -> None:
    assert packed(photos, root, image_size=13, fit=fit).image_shape == (13, 13, 3)


def test_packing_again_opens_what_is_there(photos: Path, root: Path) -> None:
    first = packed(photos, root)
    written = (first.folder / "images.npy").stat().st_mtime_ns
    told: list[int] = []
    again = pack(inspect(photos), root, lambda done, _: told.append(done))

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
    preparation = written.pop("preparation")
    assert written == about
    assert preparation["cleaning"]["exact_duplicate"] == "drop"
    assert {key: preparation[key] for key in ("fit", "split", "validation", "test", "seed")} == {
        "fit": "letterbox",
        "split": "auto",
        "validation": 0.15,
        "test": 0.15,
        "seed": 0,
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


def test_an_interrupted_packing_leaves_nothing_and_can_be_repeated(photos: Path, root: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(inspect(photos), root, stop)
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
    assert [folder.name for folder in root.iterdir() if folder.name != ".known"] == prints[:1]


COLUMNS = {
    "path": "str",
    "label": "str",
    "accepted": "bool",
    "row": "int64",
    "split": "str",
    "group": "str",
    "mode": "str",
    "width": "int64",
    "height": "int64",
    "bytes": "int64",
    "sha256": "str",
    "phash": "str",
    "brightness": "float64",
    "contrast": "float64",
    "sharpness": "float64",
    "red": "float64",
    "green": "float64",
    "blue": "float64",
}


@pytest.fixture
def mixed(folder: Folder, two_classes: dict[str, bytes], photo: Photo) -> Path:
    odd = {
        "cats/bad.jpg": b"?",
        "cats/again.png": two_classes["cats/1.png"],
        "dogs/tiny.png": photo(90, size=(5, 20)),
    }
    return folder(two_classes | odd)


def test_every_decoded_file_has_a_row_whether_accepted_or_not(mixed: Path, root: Path) -> None:
    dataset = packed(mixed, root, group=r"(\d)\.png")
    files = dataset.files.set_index("path")

    assert list(dataset.files.columns) == list(COLUMNS)
    assert {name: str(dataset.files[name].dtype) for name in COLUMNS if COLUMNS[name] != "str"} == {
        name: kind for name, kind in COLUMNS.items() if kind != "str"
    }
    assert list(files.index) == sorted(files.index)
    assert set(files.index) == {*dataset.paths, "cats/again.png", "dogs/tiny.png"}
    assert sorted(files.index[~files["accepted"]]) == ["cats/again.png", "dogs/tiny.png"]
    for path, row in files[files["accepted"]].iterrows():
        assert dataset.paths[row["row"]] == path
        assert dataset.counts()[row["split"]] > 0
        assert row["group"] == (path[-5] if path[-5].isdigit() else None)
    tiny = files.loc["dogs/tiny.png"]
    assert (tiny["width"], tiny["height"], tiny["mode"]) == (5, 20, "RGB")
    assert pd.isna(tiny["split"])
    assert len(tiny["phash"]) == 16
    assert tiny["bytes"] == (mixed / "dogs" / "tiny.png").stat().st_size


def test_rejected_pictures_can_be_looked_at(mixed: Path, root: Path, two_classes: dict[str, bytes]) -> None:
    dataset = packed(mixed, root)
    files = dataset.files.set_index("path")
    again = dataset.rejected[files.loc["cats/again.png", "row"]]

    assert dataset.rejected.shape == (2, *dataset.image_shape)
    np.testing.assert_array_equal(again, np.asarray(Image.open(io.BytesIO(two_classes["cats/1.png"]))))
    assert packed(
        mixed, root, cleaning=CleaningParameters(exact_duplicate="keep", too_small="keep")
    ).rejected.shape == (
        0,
        *dataset.image_shape,
    )


def test_findings_and_the_account_of_all_files_are_kept(mixed: Path, root: Path) -> None:
    dataset, inspection = packed(mixed, root), inspect(mixed)
    findings = dataset.findings.astype(object).where(dataset.findings.notna(), None)

    assert dataset.quality == inspection.quality()
    assert findings.to_dict("records") == [
        {"file": "cats/again.png", "kind": "exact duplicate", "detail": "cats/1.png", "action": "rejected",
         "other": "cats/1.png", "cluster": 0},
        {"file": "cats/bad.jpg", "kind": "not an image", "detail": "", "action": "rejected",
         "other": None, "cluster": None},
        {"file": "dogs/tiny.png", "kind": "too small", "action": "rejected",
         "detail": "5 x 20 pixels, fewer than 8 on a side", "other": None, "cluster": None},
    ]  # fmt: skip


def test_a_dataset_without_findings_has_an_empty_table(photos: Path, root: Path) -> None:
    dataset = packed(photos, root)

    assert list(dataset.findings.columns) == ["file", "kind", "detail", "action", "other", "cluster"]
    assert len(dataset.findings) == 0


@pytest.mark.parametrize("name", ["files", "findings", "rejected", "quality"])
def test_a_folder_packed_without_the_account_asks_for_it(photos: Path, root: Path, name: str) -> None:
    dataset = packed(photos, root)
    for path in dataset.folder.glob(f"{name}.*"):
        path.unlink()

    with pytest.raises(SourceError, match=rf"was packed without `{name}\.\w+`: run preprocessing again$"):
        getattr(dataset, name)


def test_gray_datasets_show_coloured_rejects_in_gray(folder: Folder, photo: Photo, root: Path) -> None:
    gray = {f"{label}/{n}.png": photo(n + 10 * (label == "b"), mode="L") for label in "ab" for n in range(3)}
    dataset = packed(folder(gray | {"a/tiny.png": photo(80, size=(5, 5))}), root)

    assert dataset.rejected.shape == (1, 24, 24, 1)


def test_a_rejected_file_or_another_policy_makes_another_dataset(photos: Path, root: Path) -> None:
    first = packed(photos, root).fingerprint
    policy = packed(photos, root, cleaning=CleaningParameters(dark_below=0.0)).fingerprint
    (photos / "cats" / "notes.txt").write_bytes(b"no image")

    assert len({first, policy, packed(photos, root).fingerprint}) == 3


FULL = """
import resource, sys
from pathlib import Path
from tunescope.datasets import inspect, pack
from tunescope.errors import RunError
from tunescope.parameters import DatasetParameters

source, root, most, when = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
parameters = DatasetParameters(source=source, image_size=64)
try:
    if when == "reading":
        limit()
    inspection = inspect(source, parameters, root)
    limit()
    pack(inspection, root)
except RunError as error:
    print(error)
"""


@pytest.mark.parametrize("when", ["reading", "packing"])
def test_a_full_disk_is_said_in_one_sentence_and_leaves_nothing(photos: Path, root: Path, when: str) -> None:
    earlier = packed(photos, root)
    kept = sorted(path.relative_to(root) for path in root.rglob("*"))
    command = [sys.executable, "-c", FULL, str(photos), str(root), "100000", when]
    said = subprocess.run(command, capture_output=True, text=True, check=True)

    assert said.stderr == ""
    assert re.fullmatch(
        rf"the disk is full: `{re.escape(str(root))}` needs about \d+ MB, and everything of this attempt was "
        r"removed; free some space and run again\n",
        said.stdout,
    )
    assert sorted(path.relative_to(root) for path in root.rglob("*")) == kept
    assert len(PackedDataset.open(earlier.folder)) == 20


def test_a_full_disk_at_any_file_leaves_nothing(
    photos: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Path.write_text

    def full(self: Path, *arguments: Any, **options: Any) -> int:
        if "dataset.json" in self.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(self, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunError, match=r"^the disk is full: "):
        packed(photos, root)
    assert list(root.iterdir()) == []
