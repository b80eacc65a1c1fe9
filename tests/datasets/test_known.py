"""Unchanged data are not read again."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunescope.datasets import PackedDataset, Source, inspect, is_gone, pack, packed_as, read, recall
from tunescope.parameters import CleaningParameters, DatasetParameters

Folder = Callable[[dict[str, bytes]], Path]


@pytest.fixture
def photos(folder: Folder, two_classes: dict[str, bytes]) -> Path:
    return folder(two_classes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "packed"


def packed(source: Path, root: Path, **parameters: Any) -> PackedDataset:
    return pack(inspect(source, DatasetParameters(source=str(source), **parameters)), root)


def recalled(source: Path, root: Path, **parameters: Any) -> PackedDataset | None:
    return recall(DatasetParameters(source=str(source), **parameters), root)


def test_a_packed_source_is_known_while_nothing_changes(photos: Path, root: Path) -> None:
    assert recalled(photos, root) is None
    dataset = packed(photos, root)

    assert recalled(photos, root) == dataset
    assert dataset.quality == inspect(photos).quality()


def test_a_new_name_is_no_change_but_counts(photos: Path, root: Path) -> None:
    first = packed(photos, root)
    again = recalled(photos, root, name="pets")

    assert again is not None
    assert (again.name, again.fingerprint) == ("pets", first.fingerprint)
    assert PackedDataset.open(first.folder).name == "pets"


@pytest.mark.parametrize("change", ["written", "touched", "added", "removed", "renamed"])
def test_any_change_of_a_file_is_seen(photos: Path, root: Path, change: str) -> None:
    packed(photos, root)
    file = photos / "cats" / "1.png"
    if change == "written":
        seen = file.stat()
        file.write_bytes(file.read_bytes()[::-1])
        os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    elif change == "touched":
        file.touch()
    elif change == "added":
        (photos / "cats" / "new.png").write_bytes(b"")
    elif change == "removed":
        file.unlink()
    else:
        file.rename(photos / "dogs" / "10.png")

    assert recalled(photos, root) is None


def test_other_parameters_are_another_request(photos: Path, root: Path) -> None:
    packed(photos, root)

    for change in ({"seed": 1}, {"image_size": 16}, {"cleaning": CleaningParameters(turned="keep")}):
        assert recalled(photos, root, **change) is None
    assert recalled(photos, root, label_check=False) is not None


def test_changed_corrections_are_seen(photos: Path, root: Path, tmp_path: Path) -> None:
    table = tmp_path / "corrections.csv"
    table.write_text("path,remove\ncats/1.png,\n")
    packed(photos, root, corrections=str(table))
    assert recalled(photos, root, corrections=str(table)) is not None
    table.write_text("path,remove\ncats/1.png,x\n")

    assert recalled(photos, root, corrections=str(table)) is None
    table.unlink()
    assert recalled(photos, root, corrections=str(table)) is None


@pytest.mark.parametrize("loss", ["dataset.json", "quality.json", "record"])
def test_a_dataset_that_is_not_whole_any_more_is_not_known(photos: Path, root: Path, loss: str) -> None:
    dataset = packed(photos, root)
    if loss == "record":
        (record,) = (root / ".known").iterdir()
        record.write_text("{")
    else:
        (dataset.folder / loss).unlink()

    assert recalled(photos, root) is None


def test_a_change_while_the_source_is_read_is_seen_the_next_time(photos: Path, root: Path) -> None:
    parameters = DatasetParameters(source=str(photos))
    inspection = inspect(photos, parameters, on_progress=lambda *_: (photos / "cats" / "1.png").touch())
    pack(inspection, root)

    assert recall(parameters, root) is None


def test_a_source_that_was_opened_before_is_not_remembered(photos: Path, root: Path) -> None:
    source: Source = read(photos)
    pack(inspect(source), root)

    assert not (root / ".known").exists()


def left(dataset: PackedDataset, root: Path) -> PackedDataset | None:
    return packed_as(dataset.fingerprint, DatasetParameters(source=dataset.source), root)


def test_packed_images_are_found_by_their_fingerprint_whatever_became_of_the_source(
    photos: Path, root: Path
) -> None:
    dataset = packed(photos, root)
    (photos / "cats" / "1.png").unlink()
    assert left(dataset, root) == dataset
    shutil.rmtree(photos)
    assert left(dataset, root) == dataset
    assert packed_as("0" * 16, DatasetParameters(source=dataset.source), root) is None


def test_a_source_is_gone_when_nothing_is_at_its_path(photos: Path) -> None:
    assert not is_gone(str(photos))
    assert is_gone(str(photos / "gone"))
    assert not is_gone("sklearn:digits")


ARRAYS = ["images.npy", "labels.npy", "splits.npy", "paths.json", "quality.json"]


@pytest.mark.parametrize(
    ("name", "bytes_left"),
    [*((name, -1) for name in ARRAYS), *((name, None) for name in [*ARRAYS, "files.parquet"])],
)
def test_packed_images_that_are_not_whole_stand_for_nothing(
    photos: Path, root: Path, name: str, bytes_left: int | None
) -> None:
    dataset = packed(photos, root)
    shutil.rmtree(photos)
    path = dataset.folder / name
    content = path.read_bytes()
    path.unlink()
    if bytes_left is not None:
        path.write_bytes(content[:bytes_left])
    assert left(dataset, root) is None
