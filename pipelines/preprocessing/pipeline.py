"""Wiring of preprocessing."""

from kedro.pipeline import Pipeline, node

from pipelines.preprocessing.nodes import inspect_images, pack_images


def create_pipeline() -> Pipeline:
    """Two nodes, so that the account of the files is on disk before the data are judged."""
    return Pipeline(
        [
            node(inspect_images, "params:dataset", ["inspection", "data_quality"], name="inspect_images"),
            node(
                pack_images,
                ["inspection", "params:dataset", "packed_datasets_folder"],
                "prepared_dataset",
                name="pack_images",
            ),
        ],
        tags="preprocessing",
    )
