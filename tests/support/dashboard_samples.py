"""Runs in every state, written into a store as searches write them, and a process that stands in for one."""

import json
import sys
import textwrap
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from dashboard.launch import Launcher
from tunescope.store import Store, frames, runs
from tunescope.store import trials as trial_rows
from tunescope.store.schema import now

CLASSES = ["eight", "five", "four", "nine", "one", "seven", "six", "three", "two", "zero"]
# A class of a sample holds mark-up, as names from outside may.
MARKED = "<b>rock</b>"
# Of a GPU, though no test has one: these figures are invented like all others here.
DEEP_COSTS = {
    "device": "cuda",
    "precision": "bfloat16",
    "batch_size": 128,
    "micro_batch": 64,
    "flops_per_image": 41_300_000,
    "peak_flops": 5.1e11,
    "bytes_per_image": 1_240_000,
    "peak_bandwidth": 2.1e10,
    "energy_joules": 1234.5,
    "device_memory_bytes": 1_460_000_000,
    "notes": ["Images of 16 x 16 are enlarged to 32 x 32."],
    "operators": [
        {"name": "aten::convolution_backward", "calls": 60, "seconds": 0.41, "share": 0.62},
        {"name": "aten::addmm", "calls": 40, "seconds": 0.0123, "share": 0.019},
    ],
}
# What the trials of samples are drawn from.
SPACE = {
    "model": {"type": "categorical", "choices": ["svm", "cnn"]},
    "svm.C": {
        "type": "float",
        "low": 0.01,
        "high": 1000.0,
        "log": True,
        "default": 10.0,
        "when": {"model": "svm"},
    },
    "svm.extractor": {
        "type": "categorical",
        "choices": ["hog", "colour_histogram", "pixels_pca"],
        "when": {"model": "svm"},
    },
    "svm.cells": {
        "type": "int",
        "low": 2,
        "high": 8,
        "default": 6,
        "when": {"model": "svm", "svm.extractor": "hog"},
    },
    "cnn.learning_rate": {
        "type": "float",
        "low": 1e-4,
        "high": 0.1,
        "log": True,
        "default": 0.01,
        "when": {"model": "cnn"},
    },
    "cnn.epochs": {"type": "int", "low": 5, "high": 20, "step": 5, "when": {"model": "cnn"}},
}
STAGES = ["inspect_images", "pack_images", "extract_features", "grid.search_models", "tpe.search_models"]


def tree(**search: Any) -> dict[str, Any]:
    """A parameter tree as a run has it."""
    settings = {
        "strategies": ["grid", "tpe"],
        "models": ["svm", "cnn"],
        "max_trials": 40,
        "max_seconds": 180.0,
    }
    return {
        "run": {},
        "dataset": {"source": "data/01_raw/hand_signs.zip", "name": "hand-signs"},
        "search": {**settings, **search},
    }


@dataclass
class Samples:
    """Writes runs into a store as searches do."""

    store: Store
    folder: Path
    seed: int = 0

    def __post_init__(self) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.random = np.random.default_rng(self.seed)
        self.dataset_id = trial_rows.enter_dataset(
            self.store,
            fingerprint=f"f00d{self.seed}",
            name="hand-signs",
            source="data/01_raw/hand_signs.zip",
            folder=str(self.folder / "packed"),
            classes=[*CLASSES[:-1], MARKED],
            image_shape=[64, 64, 3],
            splits={"train": 420, "validation": 90, "test": 90},
            images=600,
            rejected=7,
        )

    def run(self, run_id: str, trials: int = 6, stages: int = 5, **search: Any) -> runs.Launch:
        """A run that this process works on, with trials of two studies."""
        folder = self.folder / run_id
        folder.mkdir(parents=True, exist_ok=True)
        parameters = tree(**search)
        parameters["run"] = {"id": run_id}
        launch = runs.claim(self.store, run_id, parameters, folder)
        for name in STAGES[:stages]:
            runs.begin_stage(self.store, launch, name)
            runs.end_stage(self.store, launch, name)
        if stages > 1:
            runs.relate(self.store, run_id, dataset_id=self.dataset_id)
        for strategy in parameters["search"]["strategies"] if trials else ():
            self.study(run_id, strategy, trials)
        (folder / "run.log").write_text(
            "".join(
                f"12:00:{second:02d} trial {second} of study {run_id}-grid ended\n" for second in range(40)
            )
        )
        return launch

    def study(self, run_id: str, strategy: str, trials: int) -> optuna.Study:
        """A study with complete, pruned, failed and running trials."""
        study = optuna.create_study(
            study_name=f"{run_id}-{strategy}", storage=self.store.storage, direction="maximize"
        )
        trial_rows.enter_study(self.store, study._study_id, run_id, strategy, "accuracy", SPACE)
        for index in range(trials):
            self.trial(
                study, "svm" if index % 2 else "cnn", ["COMPLETE"] * 7 + ["PRUNED", "FAIL"], index, trials
            )
        trial_rows.update_study(self.store, study._study_id, seconds=trials * 2.5)
        return study

    def trial(self, study: optuna.Study, model: str, states: list[str], index: int, of: int) -> None:
        """One trial that ended as the list says, round and round."""
        study.enqueue_trial({"model": model})
        trial = study.ask()
        trial.suggest_categorical("model", ["svm", "cnn"])
        trial_id = trial._trial_id
        folder = self.folder / "models" / study.study_name / str(trial.number)
        params = self._suggest(trial, model)
        trial_rows.enter_trial(self.store, trial_id, worker=index % 2, seed=index, folder=str(folder))
        accuracy = (
            round(float(np.clip(0.55 + 0.38 * (index / of) + self.random.normal(0, 0.06), 0.1, 0.99)) * 90)
            / 90
        )
        self._end(study, trial, params, states[index % len(states)], accuracy, folder)

    def running(self, study_name: str, epochs: int = 5) -> None:
        """A trial that is being trained."""
        study = optuna.load_study(study_name=study_name, storage=self.store.storage)
        trial = study.ask(
            fixed_distributions={"model": optuna.distributions.CategoricalDistribution(["svm", "cnn"])}
        )
        trial_rows.enter_trial(
            self.store, trial._trial_id, worker=0, seed=1, folder=str(self.folder / "live")
        )
        self._epochs(trial._trial_id, epochs, 0.8)

    def weighed(self, run_id: str, strategy: str, trials: int) -> None:
        """A study of accuracy against latency."""
        study = optuna.create_study(
            study_name=f"{run_id}-{strategy}",
            storage=self.store.storage,
            directions=["maximize", "minimize"],
        )
        trial_rows.enter_study(self.store, study._study_id, run_id, strategy, "accuracy+latency", SPACE)
        for index in range(trials):
            study.enqueue_trial({"model": "svm" if index % 2 else "cnn"})
            trial = study.ask()
            model = trial.suggest_categorical("model", ["svm", "cnn"])
            self._suggest(trial, model)
            trial_rows.enter_trial(
                self.store, trial._trial_id, worker=0, seed=index, folder=str(self.folder / "weighed")
            )
            accuracy = round(float(self.random.uniform(0.6, 0.95)) * 90) / 90
            latency = float(0.4 + 20 * self.random.random() * accuracy**4)
            trial_rows.enter_outcome(
                self.store, trial._trial_id, validation_accuracy=accuracy, seconds=1.5 + latency
            )
            study.tell(trial, [accuracy, latency])

    def _suggest(self, trial: optuna.Trial, model: str) -> dict[str, Any]:
        if model == "svm":
            trial.suggest_float("svm.C", 0.01, 1000, log=True)
            trial.suggest_categorical("svm.extractor", ["hog", "colour_histogram", "pixels_pca"])
        else:
            trial.suggest_float("cnn.learning_rate", 1e-4, 1e-1, log=True)
            trial.suggest_int("cnn.epochs", 5, 20, step=5)
        return dict(trial.params)

    def _end(
        self,
        study: optuna.Study,
        trial: optuna.Trial,
        params: dict[str, Any],
        state: str,
        accuracy: float,
        folder: Path,
    ) -> None:
        trial_id, is_deep = trial._trial_id, params["model"] == "cnn"
        count = int(params.get("cnn.epochs", 0))
        if is_deep:
            self._epochs(trial_id, count, accuracy)
        phases = (
            {"warm_up": 0.5, "forward": 0.9, "backward": 1.4, "evaluate": 0.2, "other": 0.02}
            if is_deep
            else {"fit": 0.3, "evaluate": 0.02}
        )
        scores = {
            "validation_accuracy": accuracy,
            "balanced_accuracy": accuracy - 0.01,
            "macro_f1": accuracy - 0.013,
            "log_loss": 2.2 * (1 - accuracy),
            "train_accuracy": min(1.0, accuracy + 0.05),
        }
        costs = {"seconds": sum(phases.values()) * self.random.uniform(0.7, 2), "images_per_second": 2400.0}
        costs |= {"peak_memory_bytes": 412_000_000, "weights": 184_522 if is_deep else None}
        costs |= {"epochs": count or None, **(DEEP_COSTS if is_deep else {})}
        if state == "COMPLETE":
            self._predictions(folder, accuracy)
            trial_rows.enter_outcome(self.store, trial_id, phases, **scores, **costs)
            study.tell(trial, accuracy)
            return
        reason = {
            "PRUNED": "pruned: below the median after epoch 6",
            "FAIL": "loss is not finite after epoch 2 <script>alert(1)</script>",
        }[state]
        trial_rows.enter_outcome(self.store, trial_id, seconds=1.25, reason=reason)
        study.tell(trial, state=optuna.trial.TrialState[state])

    def _epochs(self, trial_id: int, count: int, best: float) -> None:
        for epoch in range(1, count + 1):
            share = 1 - 0.8 ** (epoch + 1)
            trial_rows.enter_epoch(
                self.store,
                trial_id,
                epoch=epoch,
                train_loss=2.3 * (1 - share * best),
                train_accuracy=best * share,
                validation_loss=2.35 * (1 - share * best * 0.95),
                validation_accuracy=best * share * float(self.random.uniform(0.95, 1)),
                learning_rate=0.01 * (1 - epoch / (count + 1)),
                seconds=0.2,
            )

    def _predictions(self, folder: Path, accuracy: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        labels = np.arange(90) % len(CLASSES)
        right = self.random.uniform(size=90) < accuracy
        predicted = np.where(right, labels, self.random.integers(0, len(CLASSES), 90))
        probabilities = np.full((90, len(CLASSES)), 0.02, dtype=np.float32)
        probabilities[np.arange(90), predicted] = 0.82
        np.savez(folder / "validation.npz", probabilities=probabilities, labels=labels, rows=np.arange(90))

    def finish(self, run_id: str) -> None:
        """Benchmark the best trial, write report and summary, and end the run."""
        trials = frames.trials_frame(self.store, run_id)
        best = trials.sort_values("validation_accuracy", ascending=False).iloc[0]
        trial_rows.enter_benchmark(
            self.store,
            int(best["trial_id"]),
            run_id=run_id,
            test_accuracy=83 / 90,
            test_accuracy_low=0.848,
            test_accuracy_high=0.961,
            train_seconds=float(best["seconds"]),
            test_seconds=0.031,
            latency_ms=1.84,
            images_per_second=2910.0,
            peak_memory_bytes=398_000_000,
            predictions=str(Path(best["folder"]) / "validation.npz"),
        )
        folder = self.folder / run_id
        (folder / "report.html").write_text(
            f"<!doctype html><title>{run_id}</title><h1>Report of {run_id}</h1>"
        )
        (folder / "summary.json").write_text(json.dumps({"run_id": run_id, "best": {"model": "cnn"}}))
        runs.relate(self.store, run_id, seconds=131.4)
        runs.finish(self.store, run_id, "finished")

    def kill(self, run_id: str) -> None:
        """Make it look as if the run's process was killed."""
        runs.relate(self.store, run_id, process_started=0.0, seconds=48.2)

    def age(self, run_id: str, **ago: float) -> None:
        """Move a run's creation into the past."""
        runs.relate(self.store, run_id, created=now() - timedelta(**ago))


def fill(store: Store, folder: Path, trials: int = 4) -> Samples:
    """A run in every state."""
    samples = Samples(store, folder)
    samples.run("signs-finished", trials)
    samples.finish("signs-finished")
    samples.run("signs-running", trials, stages=4)
    runs.begin_stage(store, runs.Launch("signs-running", 1, "new"), "tpe.search_models")
    samples.running("signs-running-tpe")
    runs.relate(store, "signs-running", seconds=61.0)
    samples.run("signs-killed", trials, stages=3)
    samples.kill("signs-killed")
    samples.run("signs-stopped", trials)
    runs.finish(store, "signs-stopped", "stopped", "Stopped by a command from the dashboard.")
    samples.run("signs-failed", 0, stages=1)
    reason = (
        "`dataset.source` is `<i>x</i>.zip`, but there is no such file or folder: give the path of an archive"
    )
    runs.finish(store, "signs-failed", "failed", reason)
    runs.announce(store, "signs-starting", tree(), folder / "signs-starting")
    for hours, run_id in enumerate(
        ("signs-running", "signs-killed", "signs-stopped", "signs-failed", "signs-finished")
    ):
        samples.age(run_id, hours=hours * 7, minutes=3)
    return samples


STAND_IN = """
    import os, sys, time
    from pathlib import Path
    import yaml
    from tunescope.store import open_store, runs

    path = Path(sys.argv[-1].removeprefix("--config="))
    parameters = yaml.safe_load(path.read_text())["run"]["params"]
    store = open_store(os.environ["TUNESCOPE_STORE"])
    launch = runs.claim(store, parameters["run"]["id"], parameters, path.parent)
    runs.begin_stage(store, launch, "inspect_images")
    print("stand-in at work", flush=True)
    from tunescope.store import commands
    with runs.heartbeat(store, launch):
        for _ in range(600):
            for command in commands.pending(store, launch.run_id):
                commands.acknowledge(store, command, "Stopping: running trials end now.")
                time.sleep(0.3)
                runs.finish(store, launch.run_id, "stopped", "stopped by command")
                sys.exit(0)
            time.sleep(0.1)
"""


def stand_in(project: Path) -> Launcher:
    """A launcher whose process claims its run and waits to be stopped."""
    script = project / "stand_in.py"
    script.write_text(textwrap.dedent(STAND_IN))
    return Launcher(command=(sys.executable, str(script)), project=project)
