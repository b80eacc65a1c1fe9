"""Small packed datasets that can be learnt in a second."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tunescope.datasets import PackedDataset, split
from tunescope.datasets.packed import DESCRIPTION, IMAGES, LABELS, PATHS, SPLIT_NUMBERS

Change = Callable[[np.ndarray, np.ndarray], None]


def pattern_dataset(
    folder: Path,
    classes: int = 3,
    images: int = 20,
    side: int = 16,
    channels: int = 3,
    change: Change | None = None,
) -> PackedDataset:
    """Write and open a dataset whose classes are coarse patterns under noise, each ``images`` times.

    ``change(images, splits)`` may change the arrays before they are written.
    """
    labels = np.repeat(np.arange(classes), images)
    pixels, splits = _noisy_patterns(labels, side, channels), split(labels, 0.2, 0.2, 0)
    if change:
        change(pixels, splits)
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in ((IMAGES, pixels), (LABELS, labels), (SPLIT_NUMBERS, splits)):
        np.save(folder / name, array)
    (folder / PATHS).write_text(json.dumps([f"{number}.png" for number in range(len(pixels))]))
    names = tuple(f"class {number}" for number in range(classes))
    about = PackedDataset(folder.name, folder.name, folder, names, pixels.shape[1:], "drawn").to_dict()
    (folder / DESCRIPTION).write_text(json.dumps(about))
    return PackedDataset.open(folder)


def _noisy_patterns(labels: np.ndarray, side: int, channels: int, noise: float = 30) -> np.ndarray:
    random = np.random.default_rng(0)
    patterns = random.integers(60, 200, (labels.max() + 1, 4, 4, channels))
    places = np.arange(side) * 4 // side
    large = patterns[:, places][:, :, places]
    noisy = large[labels] + random.normal(0, noise, (len(labels), side, side, channels))
    return np.clip(noisy, 0, 255).astype(np.uint8)
