"""Layers that read an image a piece at a time. Importing this module imports PyTorch."""

from typing import Literal

import torch
from torch import Tensor, nn

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


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


class Patches(nn.Module):
    """(n, channels, height, width) to (n, patches, channels * side * side), in the order of reading.

    What makes no whole patch at the right and at the bottom falls away.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, images: Tensor) -> Tensor:
        patches = images.unfold(2, self.side, self.side).unfold(3, self.side, self.side)
        return patches.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


class Recurrence(nn.Module):
    """(n, steps, features) to (n, 2 * directions * width): mean and maximum over what the cells say."""

    def __init__(
        self,
        cell: Literal["lstm", "gru"],
        features: int,
        width: int,
        layers: int,
        bidirectional: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        self.cells = CELLS[cell](
            features,
            width,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, steps: Tensor) -> Tensor:
        states, _ = self.cells(steps)
        return torch.cat([states.mean(1), states.amax(1)], dim=1)
