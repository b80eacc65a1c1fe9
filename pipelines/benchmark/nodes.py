"""From finished studies to a measured winner."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from tunescope.analysis.statistics import wilson_interval
from tunescope.benchmark import measure_inference, predict_test_split
from tunescope.datasets import PackedDataset
from tunescope.errors import RunError
from tunescope.parameters import BenchmarkParameters, RunParameters
from tunescope.search import best_of
from tunescope.store import open_store
from tunescope.store import trials as trial_rows

logger = logging.getLogger("tunescope.benchmark")


def choose_winner(*studies: dict[str, Any]) -> dict[str, Any]:
    """The best trial of all studies, by validation alone.

    Raises:
        RunError: when no trial of any study has finished.
    """
    chosen = [study for study in studies if study]
    winner = best_of(chosen)
    if winner is None:
        failed = sum(study["failed"] for study in chosen)
        raise RunError(
            f"No trial has finished ({failed} failed), so there is no winner: raise `search.max_seconds` or "
            "`search.max_trials`, or look at the reasons with the trials in the dashboard"
        )
    logger.info(
        "winner: %s (%s, validation %.3f)", winner["model"], winner["study"], winner["validation_accuracy"]
    )
    return winner


def predict_test(winner: dict[str, Any], prepared_dataset: dict[str, Any]) -> dict[str, Any]:
    """Let the winner predict the sealed test split, unless it has done so before; returns a handle."""
    dataset = PackedDataset.open(Path(prepared_dataset["folder"]))
    predictions = predict_test_split(Path(winner["folder"]), dataset)
    return {"path": str(predictions.path), "seconds": predictions.seconds}


def benchmark_winner(
    winner: dict[str, Any],
    test_predictions: dict[str, Any],
    prepared_dataset: dict[str, Any],
    parameters: BenchmarkParameters,
    run: RunParameters,
) -> dict[str, Any]:
    """Score the stored test predictions, time the model on validation images, and enter both."""
    stored = np.load(test_predictions["path"])
    hits = int((stored["probabilities"].argmax(axis=1) == stored["labels"]).sum())
    low, high = wilson_interval(hits, len(stored["labels"]))
    dataset = PackedDataset.open(Path(prepared_dataset["folder"]))
    cost = measure_inference(
        Path(winner["folder"]), dataset, parameters.batch_size, parameters.latency_repeats
    )
    result = {
        "test_accuracy": hits / len(stored["labels"]),
        "test_accuracy_low": low,
        "test_accuracy_high": high,
        "train_seconds": winner["train_seconds"],
        "test_seconds": test_predictions["seconds"],
        "latency_ms": cost.latency_ms,
        "images_per_second": cost.images_per_second,
        "peak_memory_bytes": cost.peak_memory_bytes,
        "predictions": test_predictions["path"],
    }
    trial_rows.enter_benchmark(open_store(), winner["trial_id"], run_id=run.id, **result)
    return result
