"""Search for the best model, one study a strategy."""

from pipelines.model_search.pipeline import create_pipeline

__all__ = ["create_pipeline"]
