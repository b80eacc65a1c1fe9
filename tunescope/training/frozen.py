"""What a frozen network makes of the images, computed once for all trainings that need it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from tunescope.datasets import PackedDataset
from tunescope.datasets.building import finished_folder
from tunescope.models.deep.network import CHANNELS, Network
from tunescope.training.normalization import Normalization
from tunescope.training.predictor import images_at_a_time

FEATURES = "features.npy"
VERSION = 1  # to raise when the same weights and images give other numbers than before

Features = npt.NDArray[np.float32]


def frozen_features(
    network: Network,
    dataset: PackedDataset,
    normalization: Normalization,
    identity: str,
    root: Path,
    device: str,
    before_batch: Callable[[], object] = lambda: None,
) -> Features:
    """Features of all images but those of the test split, which are never looked at.

    They are kept under ``<root>/<fingerprint of the dataset>/frozen-<8 hex digits>``.

    Args:
        network: with its pretrained weights; it is in evaluation mode afterwards.
        dataset: the images.
        normalization: with which the network sees them.
        identity: which weights exactly the network has.
        root: of what trainings share.
        device: where the network is.
        before_batch: called again and again, so that it can end the work by raising.

    Returns:
        float32 (n, d), a row for each image of the dataset, mapped read-only; rows of the test split are 0

    Raises:
        RunError: when the disk is full.
    """
    folder = root / dataset.fingerprint / f"frozen-{_key(network, normalization, identity)}"
    if not (folder / FEATURES).exists():
        shape = (len(dataset), _width(network))
        with finished_folder(folder, FEATURES, needed=4 * shape[0] * shape[1]) as draft:
            # The file has holes where nothing is written: rows of the test split take no room.
            features = np.lib.format.open_memmap(draft / FEATURES, "w+", np.float32, shape)
            _fill(features, network, dataset, normalization, device, before_batch)
            features.flush()
    return np.asanyarray(np.load(folder / FEATURES, mmap_mode="r", allow_pickle=False))


def _key(network: Network, normalization: Normalization, identity: str) -> str:
    about = [VERSION, identity, network.side, normalization.to_dict()]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:8]


def _width(network: Network) -> int:
    assert isinstance(network.head, torch.nn.Linear)
    return network.head.in_features


def _fill(
    features: Features,
    network: Network,
    dataset: PackedDataset,
    normalization: Normalization,
    device: str,
    before_batch: Callable[[], object],
) -> None:
    rows = dataset.unsealed  # those of every view: others read what one has written
    size = images_at_a_time((network.side, network.side, CHANNELS))
    network.eval()
    with torch.inference_mode():
        for at in range(0, len(rows), size):
            before_batch()
            some = rows[at : at + size]
            images = torch.from_numpy(np.asarray(dataset.images[some])).to(device)
            features[some] = network.features(normalization(images)).float().cpu().numpy()
