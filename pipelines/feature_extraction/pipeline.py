"""Wiring of feature extraction: one node an extractor."""

from collections.abc import Sequence
from functools import partial, update_wrapper

from kedro.pipeline import Pipeline, node

from pipelines.feature_extraction.nodes import extract_features


def create_pipeline(extractors: Sequence[str]) -> Pipeline:
    """One node for each extractor; those that were not chosen return at once."""
    return Pipeline(
        [
            node(
                update_wrapper(partial(extract_features, extractor=extractor), extract_features),
                ["prepared_dataset", "params:features", "feature_matrices_folder"],
                f"{extractor}.features",
                name=f"extract_{extractor}",
            )
            for extractor in extractors
        ],
        tags="feature_extraction",
    )
