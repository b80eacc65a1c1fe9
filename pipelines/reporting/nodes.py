"""From results to `summary.json` and `report.html`."""

from pathlib import Path
from typing import Any

import numpy as np

from tunescope.datasets import PackedDataset
from tunescope.parameters import ReportParameters, RunParameters
from tunescope.report import collect, render
from tunescope.store import frames, open_store, runs

_STUDY_KEYS = (
    "name",
    "strategy",
    "trials",
    "complete",
    "pruned",
    "failed",
    "best_validation_accuracy",
    "seconds",
    "stopped_because",
)


def summarize_run(
    run: RunParameters,
    prepared_dataset: dict[str, Any],
    winner: dict[str, Any],
    benchmark_result: dict[str, Any],
    *studies: dict[str, Any],
) -> dict[str, Any]:
    """The run as plain data."""
    assert run.id is not None  # the start-up check has filled it in
    store = open_store()
    dataset = PackedDataset.open(Path(prepared_dataset["folder"]))
    return {
        "run_id": run.id,
        "seconds": round(runs.get(store, run.id)["seconds"], 3),
        "device": frames.device(store, run.id),
        "dataset": _dataset(dataset, prepared_dataset["rejected"]),
        "studies": [{key: study[key] for key in _STUDY_KEYS} for study in studies if study],
        "best": _best(winner, benchmark_result),
        "baseline": {"majority_class_accuracy": _majority_accuracy(dataset)},
    }


def write_report(summary: dict[str, Any], run: RunParameters, parameters: ReportParameters) -> str:
    """The report as one HTML page."""
    assert run.id is not None  # the start-up check has filled it in
    return render(collect(open_store(), run.id, summary, mistakes=parameters.mistakes))


def _dataset(dataset: PackedDataset, rejected: int) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "classes": list(dataset.classes),
        "images": len(dataset.labels),
        "rejected": rejected,
        "splits": dataset.counts(),
    }


def _best(winner: dict[str, Any], benchmark: dict[str, Any]) -> dict[str, Any]:
    return {
        "study": winner["study"],
        "trial": winner["trial"],
        "model": winner["model"],
        "params": winner["params"],
        "validation_accuracy": winner["validation_accuracy"],
        "test_accuracy": benchmark["test_accuracy"],
        "test_accuracy_interval": [benchmark["test_accuracy_low"], benchmark["test_accuracy_high"]],
        "train_seconds": winner["train_seconds"],
        "test_seconds": benchmark["test_seconds"],
        "latency_ms": benchmark["latency_ms"],
        "package": None,
    }


def _majority_accuracy(dataset: PackedDataset) -> float:
    """The test accuracy of always answering with the most frequent training class."""
    train, test = (dataset.labels[dataset.indices(split)] for split in ("train", "test"))
    return float(np.mean(test == np.bincount(train).argmax()))
