"""What a network is shown of a few training images: for people to judge an augmentation by eye."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tunescope.datasets import PackedDataset
from tunescope.training.augmentation import Augmentation
from tunescope.training.mirroring import keeps_its_class
from tunescope.training.normalization import Normalization
from tunescope.training.predictor import images_at_a_time

Pixels = npt.NDArray[np.uint8]


def augmented(
    dataset: PackedDataset,
    hyperparameters: Mapping[str, Any],
    images: int = 4,
    versions: int = 4,
    seed: int = 0,
) -> Pixels:
    """Show training images as they are and as an augmentation changes them; see :class:`Augmentation`.

    Args:
        dataset: its training split alone is looked at.
        hyperparameters: ``augmenter``, ``augmentation``, ``mixing`` and ``mirror``, as a deep model has them.
        images: how many, evenly picked from the classes; fewer where there are no more.
        versions: of each image.
        seed: of all draws.

    Returns:
        (images, 1 + versions, height, width, channels), the image itself first
    """
    rows = dataset.indices("train")
    normalization = Normalization.of(dataset.images, rows, images_at_a_time(dataset.image_shape))
    by_class = rows[np.argsort(dataset.labels[rows], kind="stable")]
    chosen = by_class[np.linspace(0, len(by_class) - 1, min(images, len(by_class))).round().astype(int)]
    wish = hyperparameters["mirror"]
    mirror = keeps_its_class(dataset) if wish == "auto" else wish == "always"
    generator = torch.Generator().manual_seed(seed)
    augment = Augmentation(hyperparameters, mirror, len(dataset.classes), normalization, generator)
    pixels, labels = torch.from_numpy(dataset.images[chosen]), torch.from_numpy(dataset.labels[chosen])
    shown = [augment(normalization(pixels), labels)[0] for _ in range(versions)]
    return np.stack([dataset.images[chosen], *(_pixels(one, normalization) for one in shown)], axis=1)


def _pixels(images: torch.Tensor, normalization: Normalization) -> Pixels:
    """Normalized images (n, channels, height, width) as uint8 (n, height, width, channels) again."""
    values = images.permute(0, 2, 3, 1) * torch.tensor(normalization.std) + torch.tensor(normalization.mean)
    found: Pixels = (values.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return found
