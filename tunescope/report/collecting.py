"""Gathers a report from the store and from the files of a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tunescope.analysis import confusion as predictions
from tunescope.analysis.confusion import Mistake
from tunescope.analysis.curves import learning_curves
from tunescope.analysis.measures import measure_for
from tunescope.analysis.selection import text_or_none, with_models
from tunescope.datasets import SPLITS, PackedDataset
from tunescope.errors import SourceError
from tunescope.figures import CHARTS
from tunescope.parameters import ReportParameters
from tunescope.report.data import ClassFacts, DatasetFacts, Failure, MistakeFacts, ReportData, Winner
from tunescope.report.pictures import data_address
from tunescope.store import Store, frames, runs

SHOWN_MISTAKES = ReportParameters().mistakes
Frames = dict[str, pd.DataFrame]


def collect(
    store: Store, run_id: str, summary: Mapping[str, Any] | None = None, mistakes: int = SHOWN_MISTAKES
) -> ReportData:
    """Gather the report of a run in any state.

    Args:
        store: where the run is.
        run_id: its id.
        summary: what goes into ``summary.json``; without it that file of the run's folder is read.
        mistakes: how many wrongly classified images to show, at most.

    Raises:
        UnknownNameError: when the store has no such run.
    """
    run = runs.get(store, run_id)
    folder = Path(run["folder"])
    found = _frames(store, run_id)
    measure = measure_for(found["trials"], found["studies"])
    summary = _json(folder / "summary.json") if summary is None else summary
    row = frames.dataset(store, run_id)
    packed = _packed(row)
    return ReportData(
        run=run,
        parameters=run["parameters"],
        summary=summary,
        quality=_json(folder / "data_quality.json"),
        device=frames.device(store, run_id),
        dataset=_dataset(row, packed) if row else None,
        charts={name: chart.computed(found, measure) for name, chart in CHARTS.items()},
        winner=_winner(store, run_id, found, summary, packed, mistakes),
        failures=_failures(found["trials"]),
        trial_seconds=float(found["trials"]["seconds"].astype(float).sum()),
    )


def _frames(store: Store, run_id: str) -> Frames:
    return {
        "trials": frames.trials_frame(store, run_id),
        "studies": frames.studies_frame(store, run_id),
        "epochs": frames.epochs_frame(store, run_id),
        "timings": frames.timings_frame(store, run_id),
    }


def _json(path: Path) -> Mapping[str, Any]:
    """What a file holds; nothing when the run never came to write it."""
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content


def _packed(row: Mapping[str, Any] | None) -> PackedDataset | None:
    """The arrays, unless they were cleared away since: a report can do without pictures."""
    try:
        return PackedDataset.open(row["folder"]) if row else None
    except SourceError:
        return None


def _dataset(row: Mapping[str, Any], packed: PackedDataset | None) -> DatasetFacts:
    height, width, channels = row["image_shape"]
    return DatasetFacts(
        name=row["name"],
        fingerprint=row["fingerprint"],
        source=row["source"],
        image_shape=(height, width, channels),
        names=tuple(row["classes"]),
        classes=_classes(packed) if packed else (),
        splits=row["splits"],
        rejected=row["rejected"],
    )


def _classes(packed: PackedDataset) -> tuple[ClassFacts, ...]:
    return tuple(_class(packed, label, name) for label, name in enumerate(packed.classes))


def _class(packed: PackedDataset, label: int, name: str) -> ClassFacts:
    counts = np.bincount(packed.splits[packed.labels == label], minlength=len(SPLITS))
    train, validation, test = (int(count) for count in counts)
    return ClassFacts(name, train, validation, test, _picture_of(packed, label))


def _picture_of(packed: PackedDataset, label: int) -> str:
    """The first training image of a class."""
    rows = np.flatnonzero((packed.labels == label) & (packed.splits == SPLITS.index("train")))
    return data_address(packed.images[rows[0]])


def _winner(
    store: Store,
    run_id: str,
    found: Frames,
    summary: Mapping[str, Any],
    packed: PackedDataset | None,
    mistakes: int,
) -> Winner | None:
    best = summary.get("best")
    if not best:
        return None
    trial = _row(found["trials"], best)
    benchmark = _row(frames.benchmarks_frame(store, run_id), best)
    curve = _curve(found, best)
    stored = _predictions(benchmark.get("predictions"))
    if stored is None:
        return Winner(best, trial, benchmark, curve)
    probabilities, labels, rows = stored
    classes = tuple(summary["dataset"]["classes"])
    wrong = predictions.mistakes(probabilities, labels, rows, mistakes)
    return Winner(
        best=best,
        trial=trial,
        benchmark=benchmark,
        curve=curve,
        confusion=predictions.confusion(labels, probabilities.argmax(axis=1), classes),
        mistakes=tuple(_mistake(one, classes, packed) for one in wrong),
    )


def _row(frame: pd.DataFrame, best: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the best trial; empty when the frame has none."""
    rows = frame[(frame["study"] == best["study"]) & (frame["number"] == best["trial"])]
    return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else {}


def _curve(found: Frames, best: Mapping[str, Any]) -> Any:
    epochs = found["epochs"]
    own = epochs[(epochs["study"] == best["study"]) & (epochs["number"] == best["trial"])]
    return next(iter(learning_curves(own, found["trials"]).curves), None)


def _predictions(
    path: str | None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    if path is None or not Path(path).exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["probabilities"], arrays["labels"], arrays["rows"]


def _mistake(mistake: Mistake, classes: tuple[str, ...], packed: PackedDataset | None) -> MistakeFacts:
    return MistakeFacts(
        picture=data_address(packed.images[mistake.row]) if packed else None,
        path=packed.paths[mistake.row] if packed else "",
        true=classes[mistake.true],
        predicted=classes[mistake.predicted],
        confidence=mistake.confidence,
        true_probability=mistake.true_probability,
    )


def _failures(trials: pd.DataFrame) -> tuple[Failure, ...]:
    failed = with_models(trials[trials["state"] == "FAIL"])
    reasons = failed["reason"].map(lambda reason: text_or_none(reason) or "no reason was recorded")
    groups = (_failure(reason, failed[reasons == reason]) for reason in reasons.unique())
    return tuple(sorted(groups, key=lambda failure: -len(failure.trials)))


def _failure(reason: str, rows: pd.DataFrame) -> Failure:
    names = zip(rows["study"], rows["number"], strict=True)
    return Failure(
        reason, tuple(f"{study} #{number}" for study, number in names), tuple(rows["model"].unique())
    )
