"""Wiring of reporting."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node

from pipelines.reporting.nodes import summarize_run, write_report


def create_pipeline(strategies: Sequence[str]) -> Pipeline:
    """First the summary, then the report that quotes it."""
    studies = [f"{name}.study" for name in strategies]
    return Pipeline(
        [
            node(
                summarize_run,
                ["params:run", "prepared_dataset", "winner", "benchmark_result", *studies],
                "summary",
                name="summarize_run",
            ),
            node(write_report, ["summary", "params:run", "params:report"], "report", name="write_report"),
        ],
        tags="reporting",
    )
