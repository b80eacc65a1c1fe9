"""Random changes to training images that leave their class as it is, a whole batch at a time."""

import math

import torch
from torch import Tensor
from torch.nn import functional

# The largest changes at strength 1; strength 0 changes nothing.
ROTATION = math.radians(10)
LOG_SCALE = 0.1
SHIFT = 0.06  # of the side
BRIGHTNESS = 0.15  # in standard deviations of the training pixels
CONTRAST = 0.15
CUTOUT = 0.25  # side of the square that is blanked, as a share of the image's


class Augmentation:
    """Rotates, scales, shifts, perhaps mirrors, brightens and blanks out a square.

    The square is that of DeVries and Taylor, "Improved regularization of convolutional neural networks with
    cutout", 2017.

    Args:
        strength: from 0 (nothing but mirroring) upwards.
        flip: whether to mirror half of the images.
        generator: where the draws come from, on the CPU, so that every device sees the same.
    """

    def __init__(self, strength: float, flip: bool, generator: torch.Generator) -> None:
        self.strength = strength
        self.flip = flip
        self.generator = generator

    def __call__(self, images: Tensor) -> Tensor:
        """Change normalized images, float32 (n, channels, height, width)."""
        if not self.strength and not self.flip:
            return images
        images = self._moved(images)
        if not self.strength:
            return images
        return self._blanked(self._brightened(images))

    def _moved(self, images: Tensor) -> Tensor:
        """One resampling for all that is geometry; what comes in from outside repeats the border."""
        maps = self._maps(len(images)).to(images.device)
        grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
        moved = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
        return moved.contiguous(memory_format=torch.channels_last)

    def _maps(self, n: int) -> Tensor:
        """(n, 2, 3) affine maps from places in the new image to places in the old, both from -1 to 1."""
        angle, scale = self._drawn(n) * ROTATION, torch.exp(self._drawn(n) * LOG_SCALE)
        shift = self._drawn(n, 2) * 2 * SHIFT
        across, down = scale * angle.cos(), scale * angle.sin()
        mirror = self._mirrored(n)
        rows = [torch.stack([across * mirror, -down, shift[:, 0]], 1)]
        rows += [torch.stack([down * mirror, across, shift[:, 1]], 1)]
        return torch.stack(rows, 1)

    def _mirrored(self, n: int) -> Tensor:
        """-1 for images to mirror, else 1."""
        if not self.flip:
            return torch.ones(n)
        return 1.0 - 2.0 * torch.randint(2, (n,), generator=self.generator)

    def _brightened(self, images: Tensor) -> Tensor:
        contrast = (1 + self._drawn(len(images), 1, 1, 1) * CONTRAST).to(images.device)
        brightness = (self._drawn(len(images), 1, 1, 1) * BRIGHTNESS).to(images.device)
        mean = images.mean((1, 2, 3), keepdim=True)
        return (images - mean) * contrast + mean + brightness

    def _blanked(self, images: Tensor) -> Tensor:
        """0, the mean of the training pixels, in a square whose middle is anywhere in the image."""
        n, _, height, width = images.shape
        half = min(CUTOUT * self.strength, 1.0) / 2
        down = self._within(n, height, half).view(n, 1, height, 1)
        across = self._within(n, width, half).view(n, 1, 1, width)
        return images.masked_fill((down & across).to(images.device), 0.0)

    def _within(self, n: int, side: int, half: float) -> Tensor:
        """(n, side) whether a pixel lies in a stretch with a random middle."""
        places = (torch.arange(side) + 0.5) / side
        return (places - torch.rand(n, 1, generator=self.generator)).abs() < half

    def _drawn(self, *shape: int) -> Tensor:
        """Uniform between -strength and strength."""
        return (2 * torch.rand(*shape, generator=self.generator) - 1) * self.strength
