"""Write what the run found: a summary for programs and a report for people."""

from pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
