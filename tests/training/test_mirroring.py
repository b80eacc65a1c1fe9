"""The images tell whether a mirrored one still looks like its class."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from patterns import Change, pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.datasets.splitting import SPLITS
from tunescope.training.mirroring import keeps_its_class

CLASSES, EACH, SIDE = 3, 60, 16


def _dataset(folder: Path, change: Change | None = None, side: int = SIDE) -> PackedDataset:
    return pattern_dataset(folder, classes=CLASSES, images=EACH, side=side, channels=3, change=change)


def _symmetric(images: np.ndarray, splits: np.ndarray) -> None:
    half = images.shape[2] // 2
    images[:, :, half:] = images[:, :, :half][:, :, ::-1]


def _facing_either_way(images: np.ndarray, splits: np.ndarray) -> None:
    images[::2] = images[::2, :, ::-1].copy()


def _without_pattern(images: np.ndarray, splits: np.ndarray) -> None:
    images[:] = np.random.default_rng(0).integers(0, 256, images.shape, np.uint8)


def test_patterns_whose_mirror_images_look_otherwise_are_not_mirrored(tmp_path: Path) -> None:
    assert not keeps_its_class(_dataset(tmp_path))


@pytest.mark.parametrize("change", [_symmetric, _facing_either_way])
def test_patterns_whose_mirror_images_are_of_their_class_are_mirrored(tmp_path: Path, change: Change) -> None:
    assert keeps_its_class(_dataset(tmp_path, change))


def test_large_images_are_judged_like_small_ones(tmp_path: Path) -> None:
    assert keeps_its_class(_dataset(tmp_path / "symmetric", _symmetric, side=70))
    assert not keeps_its_class(_dataset(tmp_path / "others", side=70))


def test_images_that_tell_nothing_are_not_mirrored(tmp_path: Path) -> None:
    assert not keeps_its_class(_dataset(tmp_path, _without_pattern))


@pytest.mark.parametrize("names", [("0", "1", "2"), ("A", "B", "space")])
def test_characters_are_never_mirrored(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert not keeps_its_class(replace(_dataset(tmp_path, _symmetric), classes=names))


def test_only_the_training_split_counts(tmp_path: Path) -> None:
    """The other splits would say no: without them the answer is that of the symmetric training images."""

    def symmetric_in_training(images: np.ndarray, splits: np.ndarray) -> None:
        training = images[splits == SPLITS.index("train")]
        _symmetric(training, splits)
        images[splits == SPLITS.index("train")] = training

    assert keeps_its_class(_dataset(tmp_path, symmetric_in_training))
