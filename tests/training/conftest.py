"""Small datasets and their features."""

from pathlib import Path

import pytest
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.features import EXTRACTORS, extract


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PackedDataset:
    """Three classes of twenty colour images, 16 x 16."""
    return pattern_dataset(tmp_path_factory.mktemp("packed") / "patterns")


@pytest.fixture(scope="session")
def features(dataset: PackedDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of the feature matrices of ``dataset``, by every extractor."""
    root = tmp_path_factory.mktemp("features")
    for name in EXTRACTORS:
        extract(dataset, name, root)
    return root
