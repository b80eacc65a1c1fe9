"""Brings the pixels of each channel to mean 0 and variance 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LEVELS = 256


@dataclass(frozen=True)
class Normalization:
    """Mean and standard deviation of each channel, on the scale from 0 to 1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, images: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp], at_a_time: int) -> "Normalization":
        """Learn from the named rows of uint8 images (n, height, width, channels), a few at a time."""
        counts = np.zeros((images.shape[-1], LEVELS), np.int64)
        for at in range(0, len(rows), at_a_time):
            piece = images[rows[at : at + at_a_time]]
            for channel, count in enumerate(counts):
                count += np.bincount(piece[..., channel].ravel(), minlength=LEVELS)
        return cls._of_histograms(counts / counts.sum(axis=1, keepdims=True))

    @classmethod
    def _of_histograms(cls, shares: npt.NDArray[np.float64]) -> "Normalization":
        values = np.arange(LEVELS) / (LEVELS - 1)
        mean = shares @ values
        variance = (shares * (values - mean[:, None]) ** 2).sum(axis=1)
        # A channel of one value carries nothing, and must not divide by 0.
        std = np.where(variance > 0, np.sqrt(variance), 1.0)
        return cls(tuple(mean.tolist()), tuple(std.tolist()))

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> "Normalization":
        """Read what :meth:`to_dict` gave."""
        return cls(tuple(about["mean"]), tuple(about["std"]))

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data that JSON can hold."""
        return {"mean": list(self.mean), "std": list(self.std)}

    def __call__(self, images: Tensor) -> Tensor:
        """uint8 (n, height, width, channels) to float32 (n, channels, height, width), channels last.

        Images of one channel come out with as many as the statistics are of.
        """
        n, height, width, _ = images.shape
        channels, top = len(self.mean), LEVELS - 1
        # Whole rows of pixels at a time: channels alone are too short a stretch to be computed together, and
        # took thirty times as long.
        mean = torch.tensor(self.mean * width, device=images.device) * top
        std = torch.tensor(self.std * width, device=images.device) * top
        rows = images.expand(-1, -1, -1, channels).reshape(n * height, width * channels)
        normalized = rows.float().sub_(mean).div_(std)
        return normalized.view(n, height, width, channels).permute(0, 3, 1, 2)
