"""Mirroring."""

import torch
from torch import Tensor


def half_mirrored(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror about half of the images (n, channels, height, width), left to right."""
    chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
    return torch.where(chosen.to(images.device), images.flip(3), images)
