"""Range tests: between which learning rates each deep model learns."""

from pipelines.learning_rate_search.pipeline import create_pipeline

__all__ = ["create_pipeline"]
