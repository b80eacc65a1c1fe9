"""From a packed dataset to one feature matrix an extractor, and to a map of its images."""

from pathlib import Path
from typing import Any

from pipelines.progress import progress_bar
from tunescope.datasets import PackedDataset
from tunescope.features import extract, write_map
from tunescope.parameters import FeaturesParameters


def extract_features(
    prepared_dataset: dict[str, Any], parameters: FeaturesParameters, folder: Path, *, extractor: str
) -> dict[str, Any]:
    """Compute the matrix of an extractor, or reuse it; returns a handle, empty when it was not chosen."""
    if extractor not in parameters.extractors:
        return {}
    dataset, options = PackedDataset.open(Path(prepared_dataset["folder"])), getattr(parameters, extractor)
    with progress_bar(f"Extracting {extractor}") as on_progress:
        extracted = extract(dataset, extractor, folder, options, on_progress)
    return {"extractor": extractor, "folder": str(extracted), "options": options.model_dump(mode="json")}


def map_features(
    prepared_dataset: dict[str, Any], parameters: FeaturesParameters, *features: dict[str, Any]
) -> dict[str, Any]:
    """Draw the images in two dimensions by the chosen extractors' features; returns a handle."""
    dataset = PackedDataset.open(Path(prepared_dataset["folder"]))
    folders = [handle["folder"] for handle in features if handle]
    return {"path": str(write_map(dataset, folders, parameters.map))}
