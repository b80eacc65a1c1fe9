"""Random changes to training images, a whole batch at a time and on the device where the images are.

To add an augmenter, write its class in a file beside this one, and name it below.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from tunescope.training.augmentation.basic import Basic
from tunescope.training.augmentation.mixing import Mixer, cutmix, mixup, soft_targets
from tunescope.training.augmentation.randaugment import RandAugment
from tunescope.training.normalization import Normalization

AUGMENTERS: dict[str, Callable[[float, bool, Normalization, torch.Generator], Callable[[Tensor], Tensor]]] = {
    "basic": Basic,
    "randaugment": RandAugment,
}
MIXERS: dict[str, Mixer] = {"mixup": mixup, "cutmix": cutmix}
UNMIXED = "none"

__all__ = ["AUGMENTERS", "MIXERS", "Augmentation"]


class Augmentation:
    """Changes images as their augmenter does, and then perhaps mixes each with another one.

    Args:
        hyperparameters: ``augmenter`` (a key of ``AUGMENTERS``), ``augmentation`` (its strength, 0 for none)
            and ``mixing`` (a key of ``MIXERS``, or `none`).
        mirror: whether to mirror half of the images, whatever the strength.
        classes: how many there are.
        normalization: the one that the images went through.
        generator: where all draws come from, on the CPU, so that every device sees the same.
    """

    def __init__(
        self,
        hyperparameters: Mapping[str, Any],
        mirror: bool,
        classes: int,
        normalization: Normalization,
        generator: torch.Generator,
    ) -> None:
        augmenter, strength = AUGMENTERS[hyperparameters["augmenter"]], hyperparameters["augmentation"]
        self.change = augmenter(strength, mirror, normalization, generator)
        self.mixing = hyperparameters["mixing"]
        self.classes = classes
        self.generator = generator

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Change normalized images, float32 (n, channels, height, width), of classes int64 (n,).

        Returns:
            The images, and as targets the labels themselves, or where images are mixed the shares of the
            classes, float32 (n, classes), each row of which sums to 1. What is not changed is not copied.
        """
        images = self.change(images)
        if self.mixing == UNMIXED:
            return images, labels
        images, shares = MIXERS[self.mixing](images, self.generator)
        return images, soft_targets(labels, shares, self.classes)
