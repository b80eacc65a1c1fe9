"""Training examples, a batch at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tunescope.datasets import PackedDataset

SHARE_OF_GPU = 0.25  # of its free memory, that the examples may take to lie there whole
FEWEST_STEPS = 16  # in an epoch: a small dataset gets smaller batches rather than hardly any training
SMALLEST_BATCH = 8  # below which batch normalization is mostly noise


class Batches:
    """The training split of a dataset, mixed anew for each epoch, in batches of equal size.

    What is left over when an epoch is cut into batches waits for the next one: with one size alone, compiled
    code and the kernels that a GPU has been tuned to serve every step.

    Args:
        dataset: whose arrays stay mapped from disk, or move to a GPU whole where they fit.
        batch_size: wanted number of images in a batch; see :func:`steps_in_epoch`.
        device: where batches go.
        generator: mixes the images, on the CPU.
        inputs: (n, ...) what to read for each image of the dataset instead of its pixels.
    """

    def __init__(
        self,
        dataset: PackedDataset,
        batch_size: int,
        device: str,
        generator: torch.Generator,
        inputs: npt.NDArray[Any] | None = None,
    ) -> None:
        self.rows = dataset.indices("train")
        self.steps = steps_in_epoch(len(self.rows), batch_size)
        self.size = len(self.rows) // self.steps
        self._inputs = dataset.images if inputs is None else inputs
        self._device = device
        self._generator = generator
        self._on_device = self._moved() if self._fits() else None
        self._labels = torch.from_numpy(dataset.labels[self.rows]).to(self._home)

    def __len__(self) -> int:
        """Number of training images."""
        return len(self.rows)

    def shuffled(self) -> Iterator[Tensor]:
        """The numbers of the images of an epoch, a batch at a time."""
        order = torch.randperm(len(self.rows), generator=self._generator)
        yield from torch.split(order[: self.steps * self.size].to(self._home), self.size)

    def take(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """What to read, uint8 (n, height, width, channels) for pixels, and labels (n,), on the device."""
        labels = self._labels[numbers]
        if self._on_device is not None:
            return self._on_device[numbers], labels
        inputs = torch.from_numpy(self._inputs[self.rows[numbers.numpy()]])
        return inputs.to(self._device), labels.to(self._device)

    @property
    def _home(self) -> str:
        """Where examples lie before they are taken."""
        return "cpu" if self._on_device is None else self._device

    def _fits(self) -> bool:
        if not self._device.startswith("cuda"):
            return False
        free, _ = torch.cuda.mem_get_info(self._device)
        return self._inputs[:1].nbytes * len(self.rows) < SHARE_OF_GPU * free

    def _moved(self) -> Tensor:
        return torch.from_numpy(np.asarray(self._inputs[self.rows])).to(self._device)


def steps_in_epoch(images: int, batch_size: int) -> int:
    """Batches that an epoch is cut into: none is incomplete, and small datasets have smaller ones."""
    wanted = min(batch_size, max(images // FEWEST_STEPS, SMALLEST_BATCH))
    return max(images // wanted, 1)
