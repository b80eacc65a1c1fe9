"""The validation images that are watched as models learn."""

from pathlib import Path

import numpy as np
from projects import draw_photos

from tunescope.datasets import PackedDataset, inspect, pack, watched_rows
from tunescope.parameters import DatasetParameters


def packed(root: Path, images: int) -> PackedDataset:
    draw_photos(root / "photos", images=images)
    parameters = DatasetParameters(source=str(root / "photos"), image_size=16, validation=0.3, test=0.2)
    return pack(inspect(parameters.source, parameters), root / "packed")


def test_they_are_validation_images_of_every_class_and_always_the_same(tmp_path: Path) -> None:
    dataset = packed(tmp_path, images=30)
    rows = watched_rows(dataset, 9)
    assert len(set(rows)) == 9
    assert set(rows) <= set(dataset.indices("validation"))
    assert np.bincount(dataset.labels[rows]).tolist() == [3, 3, 3]
    assert watched_rows(PackedDataset.open(dataset.folder), 9).tolist() == rows.tolist()


def test_a_small_split_is_watched_whole(tmp_path: Path) -> None:
    dataset = packed(tmp_path, images=8)
    assert sorted(watched_rows(dataset)) == sorted(dataset.indices("validation"))
