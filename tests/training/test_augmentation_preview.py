"""What people are shown of augmentations."""

import numpy as np
import pytest

from tunescope.datasets import PackedDataset
from tunescope.training.augmentation.preview import augmented

USUAL = {"augmenter": "basic", "augmentation": 1.0, "mixing": "none", "mirror": "never"}
NOTHING = {**USUAL, "augmentation": 0.0}


def test_training_images_of_several_classes_come_first_as_they_are(dataset: PackedDataset) -> None:
    found = augmented(dataset, [USUAL, USUAL], images=3)
    assert found.shape == (3, 3, *dataset.image_shape)
    assert found.dtype == np.uint8
    rows = dataset.indices("train")
    matches = [rows[(dataset.images[rows] == one).all(axis=(1, 2, 3))] for one in found[0]]
    assert [len(one) for one in matches] == [1, 1, 1]
    assert len({int(dataset.labels[one[0]]) for one in matches}) == 3


@pytest.mark.parametrize("augmenter", ["basic", "randaugment"])
def test_every_version_is_another_and_a_seed_gives_the_same(dataset: PackedDataset, augmenter: str) -> None:
    chosen = [{**USUAL, "augmenter": augmenter}] * 3
    found = augmented(dataset, chosen, images=2)
    assert len({one.tobytes() for one in found[:, 0]}) >= 3
    np.testing.assert_array_equal(found, augmented(dataset, chosen, images=2))


def test_each_configuration_changes_them_in_its_own_way(dataset: PackedDataset) -> None:
    strong, nothing, mirrored = augmented(
        dataset, [{**USUAL, "augmentation": 2.0}, NOTHING, {**NOTHING, "mirror": "always"}], images=12
    )[1:].astype(int)
    images = augmented(dataset, [], images=12)[0].astype(int)
    assert np.abs(strong - images).max() > 20
    assert np.abs(nothing - images).max() <= 1
    for seen, image in zip(mirrored, images, strict=True):
        assert min(np.abs(seen - image).max(), np.abs(seen - image[:, ::-1]).max()) <= 1
    assert np.abs(mirrored - images).max() > 1


def test_a_frozen_network_is_shown_images_as_they_are(dataset: PackedDataset) -> None:
    found = augmented(dataset, [{**USUAL, "mixing": "mixup", "transfer": "frozen"}])
    np.testing.assert_array_equal(found[1], found[0])


def test_more_images_than_there_are_are_no_fault(dataset: PackedDataset) -> None:
    assert augmented(dataset, [USUAL], images=10_000).shape[:2] == (2, len(dataset.indices("train")))
