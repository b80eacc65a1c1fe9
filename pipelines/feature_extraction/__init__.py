"""Turn images into feature matrices for shallow models."""

from pipelines.feature_extraction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
