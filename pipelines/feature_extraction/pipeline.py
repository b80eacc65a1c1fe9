"""Wiring of feature extraction: one node an extractor, and one for the map."""

from collections.abc import Sequence
from functools import partial, update_wrapper

from kedro.pipeline import Pipeline, node

from pipelines.feature_extraction.nodes import extract_features, map_features


def create_pipeline(extractors: Sequence[str]) -> Pipeline:
    """One node for each extractor; those that were not chosen return at once."""
    extracting = [
        node(
            update_wrapper(partial(extract_features, extractor=extractor), extract_features),
            ["prepared_dataset", "params:features", "feature_matrices_folder"],
            f"{extractor}.features",
            name=f"extract_{extractor}",
        )
        for extractor in extractors
    ]
    mapping = node(
        map_features,
        ["prepared_dataset", "params:features", *(f"{extractor}.features" for extractor in extractors)],
        "feature_map",
        name="map_features",
    )
    return Pipeline([*extracting, mapping], tags="feature_extraction")
