"""The features of a frozen network are computed once, and never from the test split."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import torch
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset, share_views
from tunescope.models import MODELS
from tunescope.models.deep.network import Network
from tunescope.training.frozen import frozen_features
from tunescope.training.normalization import Normalization

NORMALIZATION = Normalization((0.5, 0.4, 0.3), (0.2, 0.2, 0.2))


def _network(side: int = 32) -> Network:
    model = MODELS["cifar_resnet"]
    torch.manual_seed(0)
    network: Network = model.build(model.completed({"side": side}), (16, 16, 3), 3)
    return network


def _features(dataset: PackedDataset, root: Path, **options: object) -> np.ndarray:
    network = options.pop("network", None) or _network()
    arguments = {"normalization": NORMALIZATION, "identity": "drawn", "device": "cpu"} | options
    return frozen_features(network, dataset, root=root, **arguments)


def test_rows_are_what_the_head_would_see(dataset: PackedDataset, tmp_path: Path) -> None:
    network = _network()
    features = _features(dataset, tmp_path, network=network)
    rows = dataset.indices("validation")
    with torch.inference_mode():
        images = NORMALIZATION(torch.from_numpy(np.array(dataset.images[rows])))
        expected = network.head(network.features(images))
        found = network.head(torch.from_numpy(features[rows]))
    assert features.shape == (len(dataset), 64)
    assert features.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert features[dataset.indices("train")].any(axis=1).all()


def test_the_test_split_is_never_looked_at(dataset: PackedDataset, tmp_path: Path) -> None:
    features = _features(dataset, tmp_path)
    assert not features[dataset.indices("test")].any()


def test_a_view_with_few_rows_leaves_features_of_all_for_other_views(
    dataset: PackedDataset, tmp_path: Path
) -> None:
    few = share_views(dataset)[3]
    assert len(few.indices("train")) < len(dataset.indices("train"))
    features = _features(few, tmp_path)
    assert features[dataset.indices("train")].any(axis=1).all()
    assert not features[dataset.indices("test")].any()


def test_they_are_computed_once(dataset: PackedDataset, tmp_path: Path) -> None:
    asked: list[int] = []
    first = _features(dataset, tmp_path, before_batch=lambda: asked.append(1))
    assert asked == [1]
    network = _network()
    network.features = None  # type: ignore[assignment]  # would fail when called
    second = _features(dataset, tmp_path, network=network, before_batch=lambda: asked.append(1))
    assert asked == [1]
    np.testing.assert_array_equal(first, second)
    assert isinstance(second, np.memmap)
    assert not second.flags.writeable


@pytest.mark.parametrize(
    "change",
    [
        {"identity": "others"},
        {"normalization": Normalization((0.1, 0.1, 0.1), (1.0, 1.0, 1.0))},
        {"network": _network(side=48)},
    ],
    ids=["weights", "normalization", "side"],
)
def test_other_weights_normalization_or_side_give_other_features(
    dataset: PackedDataset, tmp_path: Path, change: dict[str, object]
) -> None:
    _features(dataset, tmp_path)
    _features(dataset, tmp_path, **change)
    assert len(list((tmp_path / dataset.fingerprint).glob("frozen-????????"))) == 2


def test_gray_images_give_features_too(tmp_path: Path) -> None:
    gray = pattern_dataset(tmp_path / "gray", classes=2, images=3, side=8, channels=1)
    assert _features(gray, tmp_path / "cache").shape == (6, 64)


def test_nothing_is_left_of_a_computation_that_was_stopped(dataset: PackedDataset, tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _features(dataset, tmp_path, before_batch=stop)
    assert list((tmp_path / dataset.fingerprint).iterdir()) == []


def test_two_that_compute_the_same_at_once_both_end_well(dataset: PackedDataset, tmp_path: Path) -> None:
    both = Barrier(2, timeout=60)  # passed only when each has found nothing there
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(
            lambda network: _features(dataset, tmp_path, network=network, before_batch=both.wait),
            [_network(), _network()],
        )
    np.testing.assert_array_equal(first, second)
    assert first.any()
    (folder,) = (tmp_path / dataset.fingerprint).iterdir()
    assert [one.name for one in folder.iterdir()] == ["features.npy"]
