"""What a finished model is scored on beside its predictions: speed, size and training time."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tunescope.datasets import PackedDataset
from tunescope.training import Predictor, Trained

WARM_UP = 2  # predictions that are not counted
FEWEST, MOST = 3, 30  # predictions that are
SECONDS = 0.2  # after which there are no more


def measured(
    objectives: Sequence[str], trained: Trained, dataset: PackedDataset, folder: Path
) -> dict[str, float]:
    """Measure those of the objectives that are in ``MEASURES``; the others are scores already.

    Args:
        objectives: names of objectives.
        trained: the finished training.
        dataset: whose validation images are predicted, one at a time.
        folder: where the model was saved.
    """
    return {name: MEASURES[name](trained, dataset, folder) for name in objectives if name in MEASURES}


def latency(trained: Trained, dataset: PackedDataset, folder: Path) -> float:
    """Median milliseconds from the pixels of one image to its probabilities, on the worker's device.

    Other workers keep the machine busy meanwhile: a benchmark of the finished model has it for itself.
    """
    return 1e3 * statistics.median(_seconds(trained.predictor, dataset))


def size(trained: Trained, dataset: PackedDataset, folder: Path) -> float:
    """Bytes of the saved files that predict."""
    return float(sum((folder / name).stat().st_size for name in trained.predictor.files))


def training_time(trained: Trained, dataset: PackedDataset, folder: Path) -> float:
    """Seconds of the training, of all folds and shares together."""
    return trained.seconds


MEASURES: Mapping[str, Callable[[Trained, PackedDataset, Path], float]] = {
    "latency": latency,
    "size": size,
    "training_time": training_time,
}


def _seconds(predictor: Predictor, dataset: PackedDataset) -> list[float]:
    """Of predictions of single images, warm-up apart: as many as the time allows."""
    rows, taken, begun = dataset.indices("validation"), [], time.perf_counter()
    for number in range(WARM_UP + MOST):
        image = np.array(dataset.images[rows[number % len(rows)]][None])
        taken.append(_time_of(predictor, image))
        if number + 1 >= WARM_UP + FEWEST and time.perf_counter() - begun > SECONDS:
            break
    return taken[WARM_UP:]


def _time_of(predictor: Predictor, image: npt.NDArray[np.uint8]) -> float:
    begun = time.perf_counter()
    predictor.predict(image)
    return time.perf_counter() - begun
