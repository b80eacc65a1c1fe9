"""Benchmark: what is measured on a finished model."""

from tunescope.benchmark.inference import (
    InferenceCost,
    TestPredictions,
    measure_inference,
    predict_test_split,
)

__all__ = ["InferenceCost", "TestPredictions", "measure_inference", "predict_test_split"]
