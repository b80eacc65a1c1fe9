"""Small changes that leave the class of nearly every picture as it is."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from tunescope.training.augmentation.mirror import half_mirrored
from tunescope.training.normalization import Normalization

# The largest changes at strength 1; strength 0 changes nothing.
ROTATION = math.radians(10)
LOG_SCALE = 0.1
SHIFT = 0.06  # of the side
BRIGHTNESS = 0.15  # in standard deviations of the training pixels
CONTRAST = 0.15
CUTOUT = 0.25  # side of the square that is blanked, as a share of the image's
DRAWS = 9  # for each image


class Basic:
    """Rotates, scales, shifts, perhaps mirrors, brightens and blanks out a square.

    The square is that of DeVries and Taylor, "Improved regularization of convolutional neural networks with
    cutout", 2017. All draws of a batch are made at once, so that a GPU is sent one small array.

    Args:
        strength: from 0 (nothing but mirroring) upwards.
        mirror: whether to mirror half of the images.
        normalization: not used, because the changes are relative to normalized pixels.
        generator: where the draws come from, on the CPU.
    """

    def __init__(
        self, strength: float, mirror: bool, normalization: Normalization, generator: torch.Generator
    ) -> None:
        self.strength = strength
        self.mirror = mirror
        self.generator = generator

    def __call__(self, images: Tensor) -> Tensor:
        """Change normalized images, float32 (n, channels, height, width)."""
        if not self.strength:
            return half_mirrored(images, self.generator) if self.mirror else images
        draws = torch.rand(len(images), DRAWS, generator=self.generator).to(images.device)
        changed = self._moved(images, draws[:, :5])
        self._brighten(changed, draws[:, 5:7])
        self._blank(changed, draws[:, 7:])
        return changed.contiguous(memory_format=torch.channels_last)

    def _moved(self, images: Tensor, draws: Tensor) -> Tensor:
        """One resampling for all that is geometry; what comes in from outside repeats the border."""
        places = self._places(draws, *images.shape[2:])
        return functional.grid_sample(images, places, padding_mode="border", align_corners=False)

    def _places(self, draws: Tensor, height: int, width: int) -> Tensor:
        """(n, height, width, 2) where each new pixel is in the old image: across and down, from -1 to 1.

        A place is a complex number here, because the sum of what its column and what its row add is then one
        addition to a pixel: several times as fast as the matrix products of ``affine_grid``.
        """
        angle, log_scale, *shift = torch.split(self.strength * (2 * draws[:, :4] - 1), 1, dim=1)
        scale, angle = torch.exp(log_scale * LOG_SCALE), angle * ROTATION
        cos, sin = scale * angle.cos(), scale * angle.sin()
        x, y = (_middles(side, draws.device) * 2 - 1 for side in (width, height))
        x = x * self._sides(draws[:, 4:])
        across = torch.complex(cos * x, sin * x * (width / height))
        right, down = (2 * SHIFT * one for one in shift)
        downwards = torch.complex(right - sin * y * (height / width), down + cos * y)
        return torch.view_as_real(across[:, None] + downwards[:, :, None])

    def _sides(self, draws: Tensor) -> Tensor:
        """-1 for images to mirror, else 1."""
        return torch.where((draws < 0.5) & self.mirror, -1.0, 1.0)

    def _brighten(self, images: Tensor, draws: Tensor) -> None:
        contrast, brightness = torch.split(self.strength * (2 * draws - 1)[..., None, None], 1, dim=1)
        images.mul_(1 + CONTRAST * contrast).add_(BRIGHTNESS * brightness)

    def _blank(self, images: Tensor, draws: Tensor) -> None:
        """0, the mean of the training pixels, in a square whose middle is anywhere in the image."""
        half = min(CUTOUT * self.strength, 1.0) / 2
        height, width = images.shape[2:]
        across, down = (
            ((_middles(side, images.device) - draws[:, one, None]).abs() < half).float()
            for one, side in enumerate((width, height))
        )
        images.mul_(1 - down[:, None, :, None] * across[:, None, None, :])


def _middles(side: int, device: torch.device) -> Tensor:
    """(side,) where the middles of pixels are, from 0 to 1."""
    return (torch.arange(side, device=device) + 0.5) / side
