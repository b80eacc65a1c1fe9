"""The main job as its users start it: `kedro run` in a project of its own."""

import json
import re
from pathlib import Path

import numpy as np
import optuna
import pytest
from projects import SMALL_SEARCH, Project

from tunescope.datasets import PackedDataset
from tunescope.store import frames, open_store

SUMMARY_KEYS = {"run_id", "seconds", "device", "dataset", "studies", "best", "baseline"}
STUDY_KEYS = {
    "name",
    "strategy",
    "trials",
    "complete",
    "pruned",
    "failed",
    "best_validation_accuracy",
    "seconds",
    "stopped_because",
}
BEST_KEYS = {
    "study",
    "trial",
    "model",
    "params",
    "validation_accuracy",
    "test_accuracy",
    "test_accuracy_interval",
    "train_seconds",
    "test_seconds",
    "latency_ms",
    "package",
}


@pytest.fixture(scope="module")
def summary(finished: Project) -> dict:
    return json.loads(finished.report("main", "summary.json").read_text())


class TestOutput:
    def test_the_summary_has_the_promised_keys(self, summary: dict) -> None:
        assert set(summary) == SUMMARY_KEYS
        assert set(summary["dataset"]) == {"name", "fingerprint", "classes", "images", "rejected", "splits"}
        assert all(set(study) == STUDY_KEYS for study in summary["studies"])
        assert set(summary["best"]) == BEST_KEYS
        assert summary["baseline"] == {"majority_class_accuracy": pytest.approx(1 / 3, abs=0.01)}

    def test_the_studies_are_those_that_were_asked_for(self, summary: dict) -> None:
        assert [study["strategy"] for study in summary["studies"]] == ["grid", "tpe"]
        assert [study["trials"] for study in summary["studies"]] == [4, 4]
        assert {study["stopped_because"] for study in summary["studies"]} == {"max_trials reached"}

    def test_the_winner_is_the_best_by_validation(self, summary: dict, finished: Project) -> None:
        store = open_store(finished.store_url)
        trials = frames.trials_frame(store, run_id="main")
        store.close()
        assert summary["best"]["validation_accuracy"] == trials["validation_accuracy"].max()
        low, high = summary["best"]["test_accuracy_interval"]
        assert 0 <= low <= summary["best"]["test_accuracy"] <= high <= 1

    def test_the_data_quality_adds_up(self, finished: Project) -> None:
        quality = json.loads(finished.report("main", "data_quality.json").read_text())
        assert (quality["files"], quality["accepted"], quality["rejected"]) == (42, 42, 0)

    def test_the_report_is_one_page_that_needs_no_network(self, finished: Project) -> None:
        page = finished.report("main", "report.html").read_text()
        assert "<title>" in page
        assert not re.search(r'<(script|link|img|iframe)\b[^>]*\b(src|href)="?(https?:)?//', page)

    def test_the_test_split_was_predicted_by_the_winner_alone(self, finished: Project, summary: dict) -> None:
        predicted = sorted((finished.root / "data/06_models/main").rglob("test.npz"))
        assert len(predicted) == 1
        assert predicted[0].parent.parts[-2:] == (summary["best"]["study"], str(summary["best"]["trial"]))


class TestStore:
    def test_optuna_loads_the_studies(self, finished: Project) -> None:
        storage = optuna.storages.RDBStorage(finished.store_url)
        study = optuna.load_study(study_name="main-grid", storage=storage)
        assert study.direction == optuna.study.StudyDirection.MAXIMIZE
        assert len(study.trials) == 4
        assert all(trial.params["model"] in ("gaussian_nb", "decision_tree") for trial in study.trials)
        storage.engine.dispose()

    def test_each_study_starts_with_the_default_of_every_model(self, finished: Project) -> None:
        store = open_store(finished.store_url)
        trials = frames.trials_frame(store, run_id="main")
        store.close()
        for _, study in trials.groupby("study"):
            first = study.sort_values("number")["params"].tolist()[:2]
            assert {params["model"] for params in first} == {"gaussian_nb", "decision_tree"}

    def test_stages_timings_and_the_device_are_kept(self, finished: Project) -> None:
        store = open_store(finished.store_url)
        stages = frames.stages_frame(store, "main")
        assert {"inspect_images", "pack_images", "grid.search_models", "write_report"} <= set(stages["name"])
        assert stages["seconds"].notna().all()
        assert len(frames.timings_frame(store, run_id="main")) >= 8
        assert frames.device(store, "main")["cores"] >= 1
        assert frames.dataset(store, "main")["classes"] == ["stripes0", "stripes1", "stripes2"]
        store.close()

    def test_validation_predictions_of_every_trial_are_kept(self, finished: Project) -> None:
        store = open_store(finished.store_url)
        trials = frames.trials_frame(store, run_id="main")
        dataset = PackedDataset.open(frames.dataset(store, "main")["folder"])
        store.close()
        for trial in trials.itertuples():
            stored = np.load(Path(trial.folder) / "validation.npz")
            accuracy = (stored["probabilities"].argmax(axis=1) == stored["labels"]).mean()
            assert accuracy == pytest.approx(trial.validation_accuracy)
            assert set(stored["rows"]) == set(dataset.indices("validation"))


@pytest.mark.long
def test_a_finished_run_trains_nothing_and_writes_its_outputs_again(finished: Project) -> None:
    report = finished.report("main", "report.html")
    before = report.stat().st_mtime_ns
    again = finished.run(f"run.id=main,dataset.source=photos,{SMALL_SEARCH}")
    assert again.returncode == 0, again.stderr
    assert "was finished before" in again.stdout
    assert report.stat().st_mtime_ns > before
    store = open_store(finished.store_url)
    assert len(frames.trials_frame(store, run_id="main")) == 8
    store.close()


@pytest.mark.long
def test_each_pipeline_runs_alone_on_what_earlier_ones_left(project: Project) -> None:
    params = f"run.id=parts,dataset.source=photos,{SMALL_SEARCH}"
    for name in ("preprocessing", "feature_extraction", "model_search", "benchmark", "reporting"):
        ended = project.run(params, f"--pipelines={name}")
        assert ended.returncode == 0, f"{name}: {ended.stderr}"
    assert json.loads(project.report("parts", "summary.json").read_text())["best"]["test_accuracy"] >= 0


@pytest.mark.long
def test_deep_models_leave_epochs_and_learn(project: Project) -> None:
    space = "search.models=cnn,search.strategies=random,search.max_trials=1"
    ended = project.run(f"run.id=deep,dataset.source=photos,{space}")
    assert ended.returncode == 0, ended.stderr
    store = open_store(project.store_url)
    epochs = frames.epochs_frame(store, run_id="deep")
    store.close()
    assert epochs.groupby("number")["epoch"].max().min() >= 1
    assert json.loads(project.report("deep", "summary.json").read_text())["best"]["model"] == "cnn"


def test_a_run_without_an_id_gets_one_from_its_source(project: Project) -> None:
    ended = project.run("dataset.source=photos", "--pipelines=preprocessing")
    assert ended.returncode == 0, ended.stderr
    (folder,) = (project.root / "data/08_reporting").iterdir()
    assert re.fullmatch(r"photos-\d{8}-\d{6}-[0-9a-f]{4}", folder.name)
