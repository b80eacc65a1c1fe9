"""Wiring of the benchmark."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node

from pipelines.benchmark.nodes import benchmark_winner, choose_winner, predict_test


def create_pipeline(strategies: Sequence[str]) -> Pipeline:
    """Choose on validation, predict the test split once, measure."""
    return Pipeline(
        [
            node(choose_winner, [f"{name}.study" for name in strategies], "winner", name="choose_winner"),
            node(predict_test, ["winner", "prepared_dataset"], "test_predictions", name="predict_test_split"),
            node(
                benchmark_winner,
                ["winner", "test_predictions", "prepared_dataset", "params:benchmark", "params:run"],
                "benchmark_result",
                name="benchmark_winner",
            ),
        ],
        tags="benchmark",
    )
