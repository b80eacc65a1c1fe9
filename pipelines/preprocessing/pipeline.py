"""Wiring of preprocessing."""

from kedro.pipeline import Pipeline, node

from pipelines.preprocessing.label_check import suspect_labels
from pipelines.preprocessing.nodes import inspect_images, pack_images


def create_pipeline() -> Pipeline:
    """Reading is a node of its own: the account of the files is on disk before the data are judged."""
    return Pipeline(
        [
            node(
                inspect_images,
                ["params:dataset", "packed_datasets_folder", "params:run"],
                ["inspection", "data_quality"],
                name="inspect_images",
            ),
            node(
                pack_images,
                ["inspection", "packed_datasets_folder"],
                "prepared_dataset",
                name="pack_images",
            ),
            node(
                suspect_labels,
                ["prepared_dataset", "params:dataset", "feature_matrices_folder"],
                "label_issues",
                name="suspect_labels",
            ),
        ],
        tags="preprocessing",
    )
