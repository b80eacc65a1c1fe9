"""Images made of two, whose targets are shares of two classes."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

# Gives the mixed images and (n,) the share that the image which was there before has in each.
Mixer = Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor]]

MIXUP_BETA = 0.2  # both parameters of the beta distribution of shares: most images stay nearly pure
CUTMIX_BETA = 1.0  # uniform


def mixup(images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Weighted means with another image of the batch, (n, channels, height, width).

    Zhang and others, "mixup: beyond empirical risk minimization", ICLR 2018; a share for each image.
    """
    shares = _drawn_shares(len(images), MIXUP_BETA, generator).to(images.device)
    return torch.lerp(_partners(images), images, shares[:, None, None, None]), shares


def cutmix(images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Paste a box of another image of the batch, with its middle anywhere, (n, channels, height, width).

    Yun and others, "CutMix: regularization strategy to train strong classifiers with localizable features",
    ICCV 2019; a box for each image. The shares are those of the pixels, also where the box is cut off.
    """
    n, _, height, width = images.shape
    half = (1 - _drawn_shares(n, CUTMIX_BETA, generator)).sqrt()[:, None] / 2
    down, across = (_stretch(side, half, generator) for side in (height, width))
    box = (down[:, :, None] & across[:, None, :]).to(images.device)
    return torch.where(box[:, None], _partners(images), images), 1 - box.float().mean((1, 2))


def soft_targets(labels: Tensor, shares: Tensor, classes: int) -> Tensor:
    """(n, classes) the shares of the classes in mixed images, of labels and own shares (n,)."""
    own = functional.one_hot(labels, classes).float()
    return torch.lerp(_partners(own), own, shares[:, None])


def _partners(batch: Tensor) -> Tensor:
    """Whom each is mixed with: the one before it, since batches come shuffled."""
    return batch.roll(1, dims=0)


def _drawn_shares(n: int, beta: float, generator: torch.Generator) -> Tensor:
    """(n,) numbers from 0 to 1, by NumPy: PyTorch's beta distribution takes no generator."""
    seed = int(torch.randint(2**62, (), generator=generator))
    return torch.from_numpy(np.random.default_rng(seed).beta(beta, beta, n)).float()


def _stretch(side: int, half: Tensor, generator: torch.Generator) -> Tensor:
    """(n, side) whether a pixel lies in a stretch of these half lengths (n, 1) with a random middle."""
    places = (torch.arange(side) + 0.5) / side
    return (places - torch.rand(len(half), 1, generator=generator)).abs() < half
