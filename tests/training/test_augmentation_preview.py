"""What people are shown of an augmentation."""

import numpy as np
import pytest

from tunescope.datasets import PackedDataset
from tunescope.training.augmentation.preview import augmented

USUAL = {"augmenter": "basic", "augmentation": 1.0, "mixing": "none", "mirror": "never"}


def test_training_images_of_several_classes_come_first_as_they_are(dataset: PackedDataset) -> None:
    found = augmented(dataset, USUAL, images=3, versions=2)
    assert found.shape == (3, 3, *dataset.image_shape)
    assert found.dtype == np.uint8
    rows = dataset.indices("train")
    matches = [rows[(dataset.images[rows] == one).all(axis=(1, 2, 3))] for one in found[:, 0]]
    assert [len(one) for one in matches] == [1, 1, 1]
    assert len({int(dataset.labels[one[0]]) for one in matches}) == 3


@pytest.mark.parametrize("augmenter", ["basic", "randaugment"])
def test_every_version_is_another_and_a_seed_gives_the_same(dataset: PackedDataset, augmenter: str) -> None:
    chosen = {**USUAL, "augmenter": augmenter}
    found = augmented(dataset, chosen, images=2, versions=3)
    first = found[0]
    assert len({one.tobytes() for one in first}) >= 3
    np.testing.assert_array_equal(found, augmented(dataset, chosen, images=2, versions=3))


def test_without_augmentation_pixels_come_back_as_they_were(dataset: PackedDataset) -> None:
    found = augmented(dataset, {**USUAL, "augmentation": 0.0}, images=2, versions=1)
    assert np.abs(found[:, 0].astype(int) - found[:, 1]).max() <= 1


def test_more_images_than_there_are_are_no_fault(dataset: PackedDataset) -> None:
    assert len(augmented(dataset, USUAL, images=10_000, versions=1)) == len(dataset.indices("train"))
