"""Wiring of the range tests."""

from kedro.pipeline import Pipeline, node

from pipelines.learning_rate_search.nodes import find_learning_rates, write_range_test_page


def create_pipeline() -> Pipeline:
    """First the tests, then the page that shows them."""
    return Pipeline(
        [
            node(
                find_learning_rates,
                [
                    "prepared_dataset",
                    "params:search",
                    "params:features",
                    "params:learning_rate",
                ],
                "range_tests",
                name="find_learning_rates",
            ),
            node(
                write_range_test_page,
                ["range_tests", "prepared_dataset", "params:run"],
                "range_test_page",
                name="write_range_test_page",
            ),
        ],
        tags="learning_rate_search",
    )
