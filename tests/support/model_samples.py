"""Configurations of models that are cheap to build and train, and files of weights with random numbers."""

from pathlib import Path
from typing import Any

from tunescope.models import MODELS

DEEP = [name for name, model in MODELS.items() if model.kind == "deep"]
TRANSFERABLE = [name for name, model in MODELS.items() if model.pretrained]
# Even the smallest images take these more than a moment.
HEAVY = {"alexnet", "resnet", "efficientnet_b0", "mobilenet_v3", "convnext_tiny", "vit_b_16"}


def cheap(name: str) -> dict[str, Any]:
    """The smallest network of a model on the smallest images, from scratch, for a short while."""
    if name not in DEEP:
        return {}
    space, chosen = MODELS[name].space, {"epochs": 1 if name in HEAVY else 2}
    if name not in TRANSFERABLE:
        return chosen
    smallest = {own: min(space[own]["choices"]) for own in ("depth", "side") if own in space}
    return {**chosen, **smallest, "weights": "none"}


def write_weights(network: str, folder: Path, name: str) -> Path:
    """Write weights with random numbers of a whole network, such as ``resnet18``."""
    import torch

    from tunescope.models.deep.backbone import whole_network

    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        torch.save(whole_network(network, 224).state_dict(), path)
    return path
