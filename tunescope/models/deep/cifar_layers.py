"""The layers of the residual networks for CIFAR-10. Importing this module imports PyTorch.

He et al., "Deep residual learning for image recognition" (2015), section 4.2: a 3 x 3 stem and three stages
of 16, 32 and 64 channels; a network of depth 6n + 2 has n blocks a stage. Where a stage halves the sides, the
shortcut drops every other pixel and adds channels of zeros (option A), which costs no parameters. Names of
parameters are those of published weights (``akamaster/pytorch_resnet_cifar10``).
"""

import torch
from torch import nn
from torch.nn import functional

CHANNELS = (16, 32, 64)


class CifarResNet(nn.Module):
    """Logits (n, classes) of float32 (n, 3, height, width) images."""

    def __init__(self, depth: int, classes: int = 10) -> None:
        super().__init__()
        blocks = (depth - 2) // 6
        self.conv1 = _convolution(3, CHANNELS[0], stride=1)
        self.bn1 = nn.BatchNorm2d(CHANNELS[0])
        self.layer1 = _stage(CHANNELS[0], CHANNELS[0], blocks)
        self.layer2 = _stage(CHANNELS[0], CHANNELS[1], blocks)
        self.layer3 = _stage(CHANNELS[1], CHANNELS[2], blocks)
        self.linear = nn.Linear(CHANNELS[2], classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Classify the mean over all places of what the last stage sees."""
        maps = functional.relu(self.bn1(self.conv1(images)))
        maps = self.layer3(self.layer2(self.layer1(maps)))
        logits: torch.Tensor = self.linear(maps.mean(dim=(2, 3)))
        return logits


class Block(nn.Module):
    """Two convolutions, added to what goes in."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.stride = after // before
        self.padding = (after - before) // 2
        self.conv1 = _convolution(before, after, self.stride)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = _convolution(after, after, stride=1)
        self.bn2 = nn.BatchNorm2d(after)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(n, before, height, width) to (n, after, height / stride, width / stride)."""
        added = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(maps)))))
        kept = maps[:, :, :: self.stride, :: self.stride]
        return functional.relu(added + functional.pad(kept, (0, 0, 0, 0, self.padding, self.padding)))


def _stage(before: int, after: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(Block(before, after), *(Block(after, after) for _ in range(blocks - 1)))


def _convolution(before: int, after: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
