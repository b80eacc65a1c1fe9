"""A finished run with invented results, written into a store as a run writes it."""

import itertools
import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from PIL import Image, ImageDraw

from tunescope.analysis.statistics import wilson_interval
from tunescope.datasets import PackedDataset, inspect, pack
from tunescope.parameters import DatasetParameters, Parameters, RunParameters, SearchParameters
from tunescope.store import Store, frames, open_store, runs, trials

SHAPES = ("circle", "cross", "square", "triangle")
IMAGES_PER_CLASS = 60
BEGIN = datetime(2026, 1, 5, 9, 0, 0)
PHASES = {
    "cnn": {
        "load": 0.02,
        "augment": 0.08,
        "forward": 0.3,
        "backward": 0.45,
        "optimizer": 0.05,
        "evaluate": 0.1,
    },
    "svm": {"load": 0.1, "fit": 0.7, "evaluate": 0.2},
}
DEEP_COSTS = {
    "device": "cpu",
    "precision": "bfloat16",
    "batch_size": 64,
    "micro_batch": 32,
    "flops_per_image": 7_340_000,
    "peak_flops": 1.5e11,
    "bytes_per_image": 1_240_000,
    "peak_bandwidth": 2.1e10,
    "notes": ["Images of 24 x 24 are enlarged to 32 x 32."],
}
SPACE: dict[str, BaseDistribution] = {
    "model": CategoricalDistribution(["svm", "cnn"]),
    "svm.extractor": CategoricalDistribution(["hog", "colour_histogram"]),
    "svm.C": FloatDistribution(0.01, 1000.0, log=True),
    "svm.kernel": CategoricalDistribution(["rbf", "linear"]),
    "svm.gamma": FloatDistribution(1e-4, 1.0, log=True),
    "cnn.learning_rate": FloatDistribution(1e-4, 0.1, log=True),
    "cnn.width": IntDistribution(8, 64, step=8),
    "cnn.epochs": IntDistribution(4, 12),
}


@dataclass(frozen=True)
class Sample:
    """A finished run with invented results, on a small real dataset of drawn shapes."""

    store: Store
    run_id: str
    folder: Path
    dataset: PackedDataset
    summary: dict[str, Any]


def make_sample(root: Path, run_id: str = "shapes-1") -> Sample:
    """Build below ``root``: a store, a packed dataset, and a run of three studies with all its files."""
    store, folder = open_store(f"sqlite:///{root}/trials.db"), root / "08_reporting" / run_id
    folder.mkdir(parents=True)
    parameters = _parameters(root, run_id)
    runs.claim(store, run_id, parameters.model_dump(mode="json"), folder)
    dataset = _dataset(store, run_id, parameters.dataset, root, folder)
    _device(store, run_id)
    for seed, strategy in enumerate(parameters.search.strategies):
        _Search(store, run_id, strategy, dataset, root / "07_model_output", np.random.default_rng(seed)).run()
    summary = _summary(store, run_id, dataset, folder)
    (folder / "summary.json").write_text(json.dumps(summary))
    runs.relate(store, run_id, seconds=summary["seconds"], created=BEGIN, started=BEGIN)
    runs.finish(store, run_id, "finished")
    return Sample(store, run_id, folder, dataset, summary)


def _parameters(root: Path, run_id: str) -> Parameters:
    return Parameters(
        run=RunParameters(id=run_id),
        dataset=DatasetParameters(
            source=str(root / "shapes"), name="shapes", image_size=24, validation=0.2, test=0.2
        ),
        search=SearchParameters(max_seconds=180, max_trials=60, seed=7, workers=2),
    )


def _dataset(
    store: Store, run_id: str, parameters: DatasetParameters, root: Path, folder: Path
) -> PackedDataset:
    _draw_shapes(Path(parameters.source))
    inspection = inspect(parameters.source, parameters)
    (folder / "data_quality.json").write_text(json.dumps(inspection.quality()))
    dataset = pack(inspection, root / "03_primary")
    dataset_id = trials.enter_dataset(
        store,
        **dataset.to_dict(),
        folder=str(dataset.folder),
        rejected=inspection.quality()["rejected"],
    )
    runs.relate(store, run_id, dataset_id=dataset_id)
    return dataset


def _draw_shapes(root: Path) -> None:
    """Noisy coloured shapes, and beside them what real folders hold: notes, copies, a broken file."""
    random = np.random.default_rng(0)
    for shape, number in itertools.product(SHAPES, range(IMAGES_PER_CLASS)):
        (root / shape).mkdir(parents=True, exist_ok=True)
        _shape(shape, random).save(root / shape / f"{number:03}.png")
    (root / "circle" / "notes.txt").write_text("drawn by a script")
    (root / "square" / "copy.png").write_bytes((root / "square" / "000.png").read_bytes())
    (root / "triangle" / "broken.png").write_bytes((root / "triangle" / "000.png").read_bytes()[:80])


def _shape(shape: str, random: np.random.Generator) -> Image.Image:
    image = Image.fromarray(random.integers(20, 90, (24, 24, 3), dtype=np.uint8))
    x, y, r = (*random.integers(9, 15, 2).tolist(), int(random.integers(5, 8)))
    draw, colour = ImageDraw.Draw(image), tuple(random.integers(140, 255, 3).tolist())
    if shape == "circle":
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    elif shape == "square":
        draw.rectangle((x - r, y - r, x + r, y + r), fill=colour)
    elif shape == "triangle":
        draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=colour)
    else:
        draw.line((x - r, y, x + r, y), fill=colour, width=4)
        draw.line((x, y - r, x, y + r), fill=colour, width=4)
    return image


def _device(store: Store, run_id: str) -> None:
    manifest = {
        "cpu": "Example CPU 3000",
        "cores": 2,
        "memory_bytes": 8 * 2**30,
        "gpus": [],
        "system": "Linux-6.8-x86_64",
        "python": "3.11.9",
        "libraries": {"tunescope": "0.1.0", "numpy": "2.4.0", "optuna": "5.0.0", "torch": "2.15.0"},
        "commit": "0123456789abcdef0123456789abcdef01234567",
    }
    runs.relate(store, run_id, device_id=trials.enter_device(store, manifest))


@dataclass
class _Search:
    """Writes one study as a search would, without training anything."""

    store: Store
    run_id: str
    strategy: str
    dataset: PackedDataset
    folder: Path
    random: np.random.Generator

    @property
    def name(self) -> str:
        return f"{self.run_id}-{self.strategy}"

    def run(self, count: int = 18) -> None:
        study = optuna.create_study(study_name=self.name, storage=self.store.storage, direction="maximize")
        trials.enter_study(self.store, study._study_id, self.run_id, self.strategy, "accuracy", {})
        moment = BEGIN + timedelta(seconds=4)
        for number in range(count):
            moment = self._trial(study, number, moment)
        seconds = (moment - BEGIN).total_seconds()
        trials.update_study(self.store, study._study_id, seconds=seconds, stopped_because="60 trials")

    def _trial(self, study: optuna.Study, number: int, begun: datetime) -> datetime:
        params = self._params(number)
        accuracy, model = self._accuracy(params), params["model"]
        state = {5: TrialState.FAIL, 11: TrialState.PRUNED}.get(number, TrialState.COMPLETE)
        seconds = self._seconds(params) * (1.0 if state == TrialState.COMPLETE else 0.4)
        ended = begun + timedelta(seconds=seconds)
        study.add_trial(self._frozen(number, params, state, accuracy, begun, ended))
        trial_id = study._storage.get_trial_id_from_study_id_trial_number(study._study_id, number)
        folder = self.folder / self.name / str(number)
        trials.enter_trial(self.store, trial_id, worker=0, seed=number, folder=str(folder))
        if model == "cnn":
            self._epochs(trial_id, params["cnn.epochs"], accuracy, state, seconds)
        if state == TrialState.COMPLETE:
            self._score(trial_id, model, accuracy, seconds, params, folder)
        else:
            reason = "the loss became infinite" if state == TrialState.FAIL else "pruned: below the median"
            trials.enter_outcome(self.store, trial_id, reason=reason, seconds=seconds)
        return ended

    def _params(self, number: int) -> dict[str, Any]:
        model = "cnn" if number in (1, 5, 11) or self.random.random() < 0.5 else "svm"
        if model == "cnn":
            return {
                "model": model,
                "cnn.learning_rate": float(10 ** self._exponent(number, -4, -1, -2.3)),
                "cnn.width": int(self.random.integers(1, 9) * 8),
                "cnn.epochs": int(self.random.integers(4, 13)),
            }
        kernel = str(self.random.choice(["rbf", "linear"]))
        params = {
            "model": model,
            "svm.extractor": str(self.random.choice(["hog", "colour_histogram"])),
            "svm.C": float(10 ** self._exponent(number, -2, 3, 1.0)),
            "svm.kernel": kernel,
        }
        return params | ({"svm.gamma": float(10 ** self.random.uniform(-4, 0))} if kernel == "rbf" else {})

    def _exponent(self, number: int, low: float, high: float, ideal: float) -> float:
        """Strategies that learn draw nearer to the ideal from trial to trial; grid does not."""
        learnt = 0.0 if self.strategy == "grid" else min(0.8, number / 15)
        return float((1 - learnt) * self.random.uniform(low, high) + learnt * ideal)

    def _accuracy(self, params: dict[str, Any]) -> float:
        """Invented: best near one learning rate or C, with HOG, and for wide networks; in steps of images."""
        if params["model"] == "cnn":
            ideal = 0.9 - 0.12 * abs(math.log10(params["cnn.learning_rate"]) + 2.3)
            ideal += 0.04 * params["cnn.width"] / 64 + 0.03 * params["cnn.epochs"] / 12
        else:
            ideal = 0.84 - 0.07 * abs(math.log10(params["svm.C"]) - 1)
            ideal -= 0.25 if params["svm.extractor"] != "hog" else 0.0
        images = self.dataset.counts()["validation"]
        return round(min(max(ideal + self.random.normal(0, 0.02), 0.3), 0.98) * images) / images

    def _seconds(self, params: dict[str, Any]) -> float:
        if params["model"] == "svm":
            return float(0.3 + 0.3 * self.random.random())
        return float(params["cnn.epochs"] * params["cnn.width"] / 80 * (0.9 + 0.2 * self.random.random()))

    def _frozen(
        self,
        number: int,
        params: dict[str, Any],
        state: TrialState,
        accuracy: float,
        begun: datetime,
        ended: datetime,
    ) -> FrozenTrial:
        return FrozenTrial(
            number=number,
            state=state,
            value=accuracy if state == TrialState.COMPLETE else None,
            datetime_start=begun,
            datetime_complete=ended,
            params=params,
            distributions={name: SPACE[name] for name in params},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
            trial_id=number,
        )

    def _epochs(self, trial_id: int, epochs: int, accuracy: float, state: TrialState, seconds: float) -> None:
        last = epochs if state == TrialState.COMPLETE else max(2, epochs // 2)
        for epoch in range(1, last + 1):
            progress = 1 - math.exp(-4 * epoch / epochs)
            reached = 0.25 + (accuracy - 0.25) * progress / (1 - math.exp(-4))
            trials.enter_epoch(
                self.store,
                trial_id,
                epoch=epoch,
                train_loss=1.4 * (1 - progress) + 0.05,
                train_accuracy=min(1.0, reached + 0.03 * progress),
                validation_loss=1.4 * (1 - progress) + 1 - accuracy,
                validation_accuracy=reached,
                learning_rate=0.01 * math.sin(math.pi * epoch / (epochs + 1)),
                seconds=seconds / last,
            )

    def _score(
        self,
        trial_id: int,
        model: str,
        accuracy: float,
        seconds: float,
        params: dict[str, Any],
        folder: Path,
    ) -> None:
        save_predictions(folder / "validation.npz", self.dataset, "validation", accuracy)
        trials.enter_outcome(
            self.store,
            trial_id,
            {phase: share * seconds for phase, share in PHASES[model].items()},
            validation_accuracy=accuracy,
            balanced_accuracy=accuracy,
            macro_f1=accuracy - 0.01,
            log_loss=1.2 * (1 - accuracy) + 0.05,
            train_accuracy=min(1.0, accuracy + 0.03),
            seconds=seconds,
            images_per_second=900.0 / seconds,
            peak_memory_bytes=(700 if model == "cnn" else 180) * 2**20,
            weights=params["cnn.width"] * 1000 if model == "cnn" else None,
            epochs=params.get("cnn.epochs"),
            **(DEEP_COSTS if model == "cnn" else {}),
        )


def save_predictions(path: Path, dataset: PackedDataset, split: str, accuracy: float) -> float:
    """Write invented probabilities for a split, as a benchmark does; returns their exact accuracy."""
    rows = dataset.indices(split)
    labels, random = dataset.labels[rows], np.random.default_rng(len(rows))
    wrong = np.arange(len(rows)) < round((1 - accuracy) * len(rows))
    predicted = np.where(random.permutation(wrong), (labels + 1) % len(dataset.classes), labels)
    probabilities = random.dirichlet(np.ones(len(dataset.classes)), len(rows)) * 0.4
    probabilities[np.arange(len(rows)), predicted] += 0.6
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, probabilities=probabilities.astype(np.float32), labels=labels, rows=rows)
    return float((predicted == labels).mean())


def _summary(store: Store, run_id: str, dataset: PackedDataset, folder: Path) -> dict[str, Any]:
    about, quality = dataset.to_dict(), json.loads((folder / "data_quality.json").read_text())
    kept = ("name", "fingerprint", "classes", "images", "splits")
    test_labels = dataset.labels[dataset.indices("test")]
    return {
        "run_id": run_id,
        "seconds": 96.4,
        "device": frames.device(store, run_id),
        "dataset": {**{key: about[key] for key in kept}, "rejected": quality["rejected"]},
        "studies": _study_summaries(store, run_id),
        "best": _best(store, run_id, dataset, folder),
        "baseline": {"majority_class_accuracy": float(np.bincount(test_labels).max() / len(test_labels))},
    }


def _study_summaries(store: Store, run_id: str) -> list[dict[str, Any]]:
    found = []
    for study in frames.studies_frame(store, run_id).to_dict("records"):
        rows = frames.trials_frame(store, study=study["study"])
        counts = rows["state"].value_counts()
        found.append(
            {
                "name": study["study"],
                "strategy": study["strategy"],
                "trials": len(rows),
                "complete": int(counts["COMPLETE"]),
                "pruned": int(counts["PRUNED"]),
                "failed": int(counts["FAIL"]),
                "best_validation_accuracy": float(rows["value"].max()),
                "seconds": study["seconds"],
                "stopped_because": study["stopped_because"],
            }
        )
    return found


def _best(store: Store, run_id: str, dataset: PackedDataset, folder: Path) -> dict[str, Any]:
    rows = frames.trials_frame(store, run_id)
    best = rows.loc[rows["value"].idxmax()]
    measured = _benchmark(store, run_id, best, dataset, folder)
    return {
        "study": best["study"],
        "trial": int(best["number"]),
        "model": best["params"]["model"],
        "params": best["params"],
        "validation_accuracy": float(best["validation_accuracy"]),
        "test_accuracy": measured["test_accuracy"],
        "test_accuracy_interval": [measured["test_accuracy_low"], measured["test_accuracy_high"]],
        **{key: measured[key] for key in ("train_seconds", "test_seconds", "latency_ms")},
        "package": None,
    }


def _benchmark(
    store: Store, run_id: str, best: pd.Series, dataset: PackedDataset, folder: Path
) -> dict[str, Any]:
    predictions = folder / "test_predictions.npz"
    accuracy = save_predictions(predictions, dataset, "test", 0.88)
    images = dataset.counts()["test"]
    low, high = wilson_interval(round(accuracy * images), images)
    measured = {
        "test_accuracy": accuracy,
        "test_accuracy_low": low,
        "test_accuracy_high": high,
        "train_seconds": float(best["seconds"]),
        "test_seconds": 0.031,
        "latency_ms": 1.82,
        "images_per_second": 2140.0,
        "peak_memory_bytes": 720 * 2**20,
        "predictions": str(predictions),
    }
    trials.enter_benchmark(store, int(best["trial_id"]), run_id=run_id, **measured)
    return measured
