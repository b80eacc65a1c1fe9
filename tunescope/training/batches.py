"""Training images, a batch at a time."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from tunescope.datasets import PackedDataset

SHARE_OF_GPU = 0.25  # of its free memory, that the images may take to lie there whole
FEWEST_STEPS = 8  # in an epoch: a small dataset gets smaller batches rather than hardly any training
SMALLEST_BATCH = 8  # below which batch normalization is mostly noise


class Batches:
    """The training split of a dataset, mixed anew for each epoch.

    Args:
        dataset: whose arrays stay mapped from disk, or move to a GPU whole where they fit.
        batch_size: wanted number of images in a batch; see :func:`steps_in_epoch`.
        device: where batches go.
        generator: mixes the images, on the CPU.
    """

    def __init__(
        self, dataset: PackedDataset, batch_size: int, device: str, generator: torch.Generator
    ) -> None:
        self.rows = dataset.indices("train")
        self.steps = steps_in_epoch(len(self.rows), batch_size)
        self._labels = torch.from_numpy(dataset.labels[self.rows]).to(device)
        self._images = dataset.images
        self._device = device
        self._generator = generator
        self._on_device = self._moved() if self._fits() else None

    def __len__(self) -> int:
        """Number of training images."""
        return len(self.rows)

    def shuffled(self) -> Iterator[Tensor]:
        """The numbers of all images, in batches of nearly equal size."""
        order = torch.randperm(len(self.rows), generator=self._generator)
        yield from torch.tensor_split(order, self.steps)

    def take(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Images uint8 (n, height, width, channels) and labels (n,) with these numbers, on the device."""
        labels = self._labels[numbers.to(self._device)]
        if self._on_device is not None:
            return self._on_device[numbers.to(self._device)], labels
        images = np.asarray(self._images[self.rows[numbers.numpy()]])
        return torch.from_numpy(images).to(self._device), labels

    def _fits(self) -> bool:
        if not self._device.startswith("cuda"):
            return False
        free, _ = torch.cuda.mem_get_info(self._device)
        return self._images[:1].nbytes * len(self.rows) < SHARE_OF_GPU * free

    def _moved(self) -> Tensor:
        return torch.from_numpy(np.asarray(self._images[self.rows])).to(self._device)


def steps_in_epoch(images: int, batch_size: int) -> int:
    """Batches that an epoch is shared out into: none is incomplete, and small datasets have smaller ones."""
    wanted = min(batch_size, max(images // FEWEST_STEPS, SMALLEST_BATCH))
    return max(images // wanted, 1)
