"""Measure the winner: the sealed test split, once, and what its predictions cost."""

from pipelines.benchmark.pipeline import create_pipeline

__all__ = ["create_pipeline"]
