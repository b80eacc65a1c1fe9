"""Parts of networks. Importing this module imports PyTorch, so models do it when they are built."""

import torch
from torch import Tensor, nn


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3 x 3 convolution, batch normalization (Ioffe and Szegedy, 2015) and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Adds what ``body`` makes of its input to the input (He and others, CVPR 2016)."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = inputs + self.body(inputs)
        return outputs


class MeanAndMax(nn.Module):
    """(n, channels, height, width) to (n, 2 * channels): whether a pattern is there, and how much of it."""

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)


class Strips(nn.Module):
    """(n, channels, height, width) to (n, strips, channels * rows * width), from top to bottom.

    ``rows`` image rows make a strip; rows that are left over at the bottom fall away.
    """

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows

    def forward(self, images: Tensor) -> Tensor:
        strips = images.unfold(2, self.rows, self.rows)
        return strips.permute(0, 2, 1, 4, 3).flatten(2)


class Recurrence(nn.Module):
    """(n, steps, features) to (n, 2 * directions * width): mean and maximum over what an LSTM says."""

    def __init__(self, features: int, width: int, layers: int, bidirectional: bool, dropout: float) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            features,
            width,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, steps: Tensor) -> Tensor:
        states, _ = self.lstm(steps)
        return torch.cat([states.mean(1), states.amax(1)], dim=1)
