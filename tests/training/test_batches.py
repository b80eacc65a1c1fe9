"""Batches hold every training image once an epoch, and no other."""

import numpy as np
import pytest
import torch

from tunescope.datasets import PackedDataset
from tunescope.training.batches import Batches, steps_in_epoch


def _batches(dataset: PackedDataset, batch_size: int = 16, seed: int = 0) -> Batches:
    return Batches(dataset, batch_size, "cpu", torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("images", "batch_size", "steps"),
    [(420, 32, 13), (2, 32, 1), (15, 32, 1), (36, 16, 4), (36, 128, 4), (60_000, 128, 468), (100, 16, 8)],
)
def test_an_epoch_has_whole_batches_which_are_smaller_in_small_datasets(
    images: int, batch_size: int, steps: int
) -> None:
    assert steps_in_epoch(images, batch_size) == steps


def test_every_training_image_comes_once_an_epoch_in_another_order(dataset: PackedDataset) -> None:
    batches = _batches(dataset)
    first, second = (torch.cat(list(batches.shuffled())).tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(len(batches)))
    assert first != second


def test_the_same_seed_mixes_the_same_way(dataset: PackedDataset) -> None:
    orders = [torch.cat(list(_batches(dataset, seed=5).shuffled())).tolist() for _ in range(2)]
    assert orders[0] == orders[1]


def test_numbers_stand_for_images_and_labels_of_the_training_split(dataset: PackedDataset) -> None:
    images, labels = dataset.subset("train")
    taken_images, taken_labels = _batches(dataset).take(torch.tensor([5, 0, 7]))
    np.testing.assert_array_equal(taken_images.numpy(), images[[5, 0, 7]])
    np.testing.assert_array_equal(taken_labels.numpy(), labels[[5, 0, 7]])
