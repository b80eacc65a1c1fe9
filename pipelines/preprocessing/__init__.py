"""Read, check, split and pack the images."""

from pipelines.preprocessing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
