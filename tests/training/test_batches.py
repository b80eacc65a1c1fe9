"""Batches are of one size and hold training images only, none of them twice in an epoch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.training.batches import Batches, steps_in_epoch


def _batches(dataset: PackedDataset, batch_size: int = 16, seed: int = 0) -> Batches:
    return Batches(dataset, batch_size, "cpu", torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("images", "batch_size", "steps"),
    [(420, 32, 16), (2, 32, 1), (15, 32, 1), (36, 16, 4), (36, 128, 4), (60_000, 128, 468), (100, 16, 12)],
)
def test_an_epoch_has_whole_batches_which_are_smaller_in_small_datasets(
    images: int, batch_size: int, steps: int
) -> None:
    assert steps_in_epoch(images, batch_size) == steps


def test_an_epoch_has_batches_of_one_size_and_no_image_twice(dataset: PackedDataset) -> None:
    batches = _batches(dataset)
    first, second = (list(batches.shuffled()) for _ in range(2))
    assert {len(batch) for batch in first} == {batches.size}
    assert len(first) == batches.steps
    orders = [torch.cat(batches).tolist() for batches in (first, second)]
    assert all(len(set(order)) == len(order) and set(order) <= set(range(36)) for order in orders)
    assert orders[0] != orders[1]


def test_what_an_epoch_leaves_over_is_less_than_a_batch_and_comes_later(tmp_path: Path) -> None:
    dataset = pattern_dataset(tmp_path / "uneven", classes=2, images=37, side=8)
    batches = _batches(dataset, batch_size=8)
    seen = [set(torch.cat(list(batches.shuffled())).tolist()) for _ in range(10)]
    assert all(0 < len(batches) - len(epoch) < batches.size for epoch in seen)
    assert set.union(*seen) == set(range(len(batches)))


def test_other_inputs_can_stand_for_the_pixels(dataset: PackedDataset) -> None:
    features = np.arange(2.0 * len(dataset), dtype=np.float32).reshape(-1, 2)
    batches = Batches(dataset, 16, "cpu", torch.Generator(), features)
    taken, labels = batches.take(torch.tensor([3, 1]))
    rows = dataset.indices("train")[[3, 1]]
    np.testing.assert_array_equal(taken.numpy(), features[rows])
    np.testing.assert_array_equal(labels.numpy(), dataset.labels[rows])


def test_the_same_seed_mixes_the_same_way(dataset: PackedDataset) -> None:
    orders = [torch.cat(list(_batches(dataset, seed=5).shuffled())).tolist() for _ in range(2)]
    assert orders[0] == orders[1]


def test_numbers_stand_for_images_and_labels_of_the_training_split(dataset: PackedDataset) -> None:
    images, labels = dataset.subset("train")
    taken_images, taken_labels = _batches(dataset).take(torch.tensor([5, 0, 7]))
    np.testing.assert_array_equal(taken_images.numpy(), images[[5, 0, 7]])
    np.testing.assert_array_equal(taken_labels.numpy(), labels[[5, 0, 7]])
