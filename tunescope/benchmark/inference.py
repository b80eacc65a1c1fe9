"""A finished model at work: the sealed test split, once; and what a prediction costs."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

from tunescope.datasets import PackedDataset

Images = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]
Predict = Callable[[Images], Probabilities]

_BATCH = 256
_WARM_UP = 3


@dataclass(frozen=True)
class TestPredictions:
    """The stored prediction set, and how many seconds its one prediction took.

    The file holds `probabilities` (n, classes), `labels` (n,) and `rows` (n,) in the packed arrays.
    """

    path: Path
    seconds: float


@dataclass(frozen=True)
class InferenceCost:
    """``latency_ms`` of a single image (median), ``images_per_second`` in batches, memory of the process."""

    latency_ms: float
    images_per_second: float
    peak_memory_bytes: int


def predict_test_split(folder: Path, dataset: PackedDataset) -> TestPredictions:
    """Predict the test split with the model in a trial's folder, or return what it predicted before.

    The split is sealed: a model sees it once, and the stored set serves every table and picture.
    """
    predictions, record = folder / "test.npz", folder / "test.json"
    if record.exists():
        return TestPredictions(predictions, json.loads(record.read_text())["seconds"])
    from tunescope.training import load_predictor

    predictor = load_predictor(folder)
    rows = dataset.indices("test")
    started = time.perf_counter()
    probabilities = _predict(predictor.predict, dataset.images, rows)
    seconds = time.perf_counter() - started
    np.savez(predictions, probabilities=probabilities, labels=dataset.labels[rows], rows=rows)
    # The record comes last and at once: predictions without it are those of a killed process.
    part = record.with_suffix(".part")
    part.write_text(json.dumps({"seconds": seconds}))
    os.replace(part, record)
    return TestPredictions(predictions, seconds)


def measure_inference(
    folder: Path, dataset: PackedDataset, batch_size: int, latency_repeats: int
) -> InferenceCost:
    """Time the model in a trial's folder on validation images, warm-up apart."""
    from tunescope.training import load_predictor

    predictor = load_predictor(folder)
    images, _ = dataset.subset("validation")
    singles = [images[index % len(images)][None] for index in range(_WARM_UP + latency_repeats)]
    latencies = [_seconds(predictor.predict, single) for single in singles][_WARM_UP:]
    batch = images[np.arange(batch_size) % len(images)]
    batches = [_seconds(predictor.predict, batch) for _ in range(2 * _WARM_UP)][_WARM_UP:]
    return InferenceCost(
        latency_ms=float(np.median(latencies)) * 1e3,
        images_per_second=batch_size / float(np.median(batches)),
        peak_memory_bytes=psutil.Process().memory_info().rss,
    )


def _predict(predict: Predict, images: Images, rows: npt.NDArray[np.intp]) -> Probabilities:
    parts = [predict(np.asarray(images[rows[at : at + _BATCH]])) for at in range(0, len(rows), _BATCH)]
    return np.concatenate(parts)


def _seconds(predict: Predict, images: Images) -> float:
    started = time.perf_counter()
    predict(images)
    return time.perf_counter() - started
