"""From a packed dataset to one feature matrix an extractor."""

from pathlib import Path
from typing import Any

from tunescope.datasets import PackedDataset
from tunescope.features import extract
from tunescope.parameters import FeaturesParameters


def extract_features(
    prepared_dataset: dict[str, Any], parameters: FeaturesParameters, folder: Path, *, extractor: str
) -> dict[str, Any]:
    """Compute the matrix of an extractor, or reuse it; returns a handle, empty when it was not chosen."""
    if extractor not in parameters.extractors:
        return {}
    dataset = PackedDataset.open(Path(prepared_dataset["folder"]))
    return {"extractor": extractor, "folder": str(extract(dataset, extractor, folder))}
