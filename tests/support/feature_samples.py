"""Extractors with options that need neither a network nor much time, and the features of small datasets."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tunescope.datasets import PackedDataset
from tunescope.features import EXTRACTORS, FeatureExtractor, extract
from tunescope.parameters import EmbeddingParameters


def quick_options(name: str, folder: Path) -> BaseModel:
    """The defaults; an embedding gets a small network with random weights, written into ``folder``."""
    if name != "embedding":
        return EXTRACTORS[name].options()
    return EmbeddingParameters(backbone="cifar_resnet20", weights=str(random_weights(folder)))


def random_weights(folder: Path) -> Path:
    """A file with random weights of a CIFAR-10 ResNet of depth 20, the same at each call."""
    import torch

    from tunescope.models.deep.cifar_layers import CifarResNet

    path = folder / "resnet20.pth"
    if not path.exists():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            torch.save(CifarResNet(20).state_dict(), path)
    return path


def quick_extractor(name: str, folder: Path) -> FeatureExtractor[Any]:
    """An extractor that is not fitted, with those options."""
    return EXTRACTORS[name].build(quick_options(name, folder))


def all_features(dataset: PackedDataset, root: Path) -> dict[str, Path]:
    """Folder of each extractor's feature matrix of a dataset, below ``root``."""
    root.mkdir(parents=True, exist_ok=True)
    return {name: extract(dataset, name, root, quick_options(name, root)) for name in EXTRACTORS}
