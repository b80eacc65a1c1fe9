"""Small datasets and their features."""

from pathlib import Path

import pytest
from feature_samples import all_features
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PackedDataset:
    """Three classes of twenty colour images, 16 x 16."""
    return pattern_dataset(tmp_path_factory.mktemp("packed") / "patterns")


@pytest.fixture(scope="session")
def features(dataset: PackedDataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of each extractor's feature matrix of ``dataset``."""
    return all_features(dataset, tmp_path_factory.mktemp("features"))
