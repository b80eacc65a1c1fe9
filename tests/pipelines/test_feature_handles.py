"""A search takes the features that were asked for, or says that they are not there."""

from pathlib import Path
from typing import Any

import pytest
from patterns import pattern_dataset

from pipelines.feature_extraction.nodes import extract_features, map_features
from pipelines.model_search.nodes import search_models
from tunescope.datasets import PackedDataset
from tunescope.errors import SourceError
from tunescope.parameters import FeaturesParameters, LearningRateParameters, RunParameters, SearchParameters

USUAL = FeaturesParameters(extractors=("hog",))
FINER = FeaturesParameters.model_validate({"extractors": ("hog",), "hog": {"cells": 4}})


@pytest.fixture
def dataset(tmp_path: Path) -> PackedDataset:
    return pattern_dataset(tmp_path / "patterns", images=6)


def handle(dataset: PackedDataset) -> dict[str, Any]:
    return {"folder": str(dataset.folder), "fingerprint": dataset.fingerprint}


def extracted(dataset: PackedDataset, parameters: FeaturesParameters, name: str = "hog") -> dict[str, Any]:
    return extract_features(handle(dataset), parameters, dataset.folder.parent / "features", extractor=name)


def search(dataset: PackedDataset, features: dict[str, Any], parameters: FeaturesParameters) -> None:
    """Begin a search; every case here must end before its first trial."""
    search_models(
        handle(dataset),
        SearchParameters(strategies=("grid",), models=("svm",), max_trials=1),
        parameters,
        LearningRateParameters(),
        RunParameters(id="never"),
        dataset.folder.parent / "models",
        features,
        strategy="grid",
    )


def test_a_handle_names_extractor_options_and_folder(dataset: PackedDataset) -> None:
    made = extracted(dataset, FINER)

    assert made["extractor"] == "hog"
    assert made["options"] == {"orientations": 9, "cells": 4}
    assert Path(made["folder"]) != Path(extracted(dataset, USUAL)["folder"])


def test_an_extractor_that_was_not_chosen_gives_an_empty_handle(dataset: PackedDataset) -> None:
    assert extracted(dataset, USUAL, "pixels") == {}


def test_the_map_is_drawn_from_the_chosen_extractors(dataset: PackedDataset) -> None:
    made = map_features(handle(dataset), USUAL, {}, extracted(dataset, USUAL))

    assert made == {"path": str(dataset.folder / "map.npz")}


def test_features_of_other_options_are_not_taken(dataset: PackedDataset) -> None:
    with pytest.raises(
        SourceError, match="`hog` are not those of this dataset and these options: run feature"
    ):
        search(dataset, extracted(dataset, USUAL), FINER)


def test_features_of_another_dataset_are_not_taken(dataset: PackedDataset, tmp_path: Path) -> None:
    other = pattern_dataset(tmp_path / "other", images=6)
    with pytest.raises(SourceError, match="`hog` are not those of this dataset"):
        search(dataset, extracted(other, USUAL), USUAL)


def test_features_that_are_missing_are_asked_for(dataset: PackedDataset) -> None:
    with pytest.raises(SourceError, match="run feature extraction first"):
        search(dataset, {}, USUAL)
