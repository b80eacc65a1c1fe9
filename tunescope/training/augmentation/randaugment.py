"""RandAugment: a few strong changes, drawn from many kinds."""

import torch
from torch import Tensor

from tunescope.training.augmentation.mirror import half_mirrored
from tunescope.training.normalization import LEVELS, Normalization

MAGNITUDE = 9  # of 31, at strength 1: what torchvision and the paper's ImageNet experiments use
MOST = 30
GROUP = 4  # images that are changed alike: torchvision draws once a call, and a call costs much


class RandAugment:
    """Two changes out of 14, by torchvision, such as shearing, solarizing or sharpening.

    Cubuk and others, "RandAugment: practical automated data augmentation with a reduced search space", 2020.
    torchvision wants uint8 pixels: the normalization is undone, which gives the exact pixels back, and done
    again. What comes in from outside is the mean of the training pixels.

    Args:
        strength: from 0 (nothing but mirroring) upwards, in units of the usual magnitude.
        mirror: whether to mirror half of the images.
        normalization: the one that the images went through.
        generator: where the draws come from, on the CPU.
    """

    def __init__(
        self, strength: float, mirror: bool, normalization: Normalization, generator: torch.Generator
    ) -> None:
        from torchvision.transforms import InterpolationMode, v2  # type: ignore[import-untyped]

        self.strength = strength
        self.mirror = mirror
        self.generator = generator
        self._mean, self._std = (
            torch.tensor(one).view(-1, 1, 1) * (LEVELS - 1) for one in (normalization.mean, normalization.std)
        )
        self._change = v2.RandAugment(
            magnitude=min(round(strength * MAGNITUDE), MOST),
            interpolation=InterpolationMode.BILINEAR,
            fill=self._mean.flatten().tolist(),
        )

    def __call__(self, images: Tensor) -> Tensor:
        """Change normalized images, float32 (n, channels, height, width)."""
        if self.mirror:
            images = half_mirrored(images, self.generator)
        if not self.strength:
            return images
        mean, std = self._mean.to(images.device), self._std.to(images.device)
        pixels = (images * std + mean).round_().clamp_(0, LEVELS - 1).to(torch.uint8)
        return ((self._changed(pixels).float() - mean) / std).contiguous(memory_format=torch.channels_last)

    def _changed(self, pixels: Tensor) -> Tensor:
        """torchvision draws from the CPU's global generator: ours lends it a seed for the time being."""
        seed = int(torch.randint(2**62, (), generator=self.generator))
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            return torch.cat([self._change(group) for group in torch.split(pixels, GROUP)])
