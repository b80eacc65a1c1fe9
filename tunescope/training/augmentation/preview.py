"""What networks are shown of a few training images: for people to judge augmentations by eye."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tunescope.datasets import PackedDataset
from tunescope.training.augmentation import Augmentation
from tunescope.training.mirroring import is_mirrored
from tunescope.training.normalization import Normalization
from tunescope.training.predictor import images_at_a_time

Pixels = npt.NDArray[np.uint8]


def augmented(
    dataset: PackedDataset,
    configurations: Sequence[Mapping[str, Any]],
    images: int = 6,
    seed: int = 0,
) -> Pixels:
    """Show training images as they are and as some configurations change them; see :class:`Augmentation`.

    Args:
        dataset: its training split alone is looked at.
        configurations: each with ``augmenter``, ``augmentation``, ``mixing`` and ``mirror``, as a deep model
            has them, and ``transfer`` where it has one: a frozen network is shown images as they are.
        images: how many, evenly picked from the classes; fewer where there are no more.
        seed: of all draws.

    Returns:
        (1 + configurations, images, height, width, channels), the images themselves first
    """
    rows = dataset.indices("train")
    normalization = Normalization.of(dataset.images, rows, images_at_a_time(dataset.image_shape))
    by_class = rows[np.argsort(dataset.labels[rows], kind="stable")]
    chosen = by_class[np.linspace(0, len(by_class) - 1, min(images, len(by_class))).round().astype(int)]
    pixels, labels = torch.from_numpy(dataset.images[chosen]), torch.from_numpy(dataset.labels[chosen])
    generator = torch.Generator().manual_seed(seed)

    def changed(configuration: Mapping[str, Any]) -> Pixels:
        if configuration.get("transfer") == "frozen":
            return np.asarray(dataset.images[chosen])
        mirror = is_mirrored(dataset, configuration["mirror"])
        augment = Augmentation(configuration, mirror, len(dataset.classes), normalization, generator)
        return _pixels(augment(normalization(pixels), labels)[0], normalization)

    return np.stack([dataset.images[chosen], *map(changed, configurations)])


def _pixels(images: torch.Tensor, normalization: Normalization) -> Pixels:
    """Normalized images (n, channels, height, width) as uint8 (n, height, width, channels) again."""
    values = images.permute(0, 2, 3, 1) * torch.tensor(normalization.std) + torch.tensor(normalization.mean)
    found: Pixels = (values.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return found
