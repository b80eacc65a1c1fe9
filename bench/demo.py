"""The demo over three seeds, beside what a careful script would do: grid search of an SVM on HOG features."""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import Cost, watched
from bench.rows import Row

SEEDS = (0, 1, 2)
_GIBIBYTE = 2**30


def measure() -> list[Row]:
    """Run the demo's job with each seed, in a store of its own."""
    costs, accuracies, rivals, rival_seconds = [], [], [], []
    for seed in SEEDS:
        run_id = f"bench-demo-{seed}-{int(time.time())}"
        with tempfile.TemporaryDirectory() as folder:
            costs.append(_run(run_id, seed, Path(folder) / "trials.db"))
        summary = json.loads(Path(f"data/08_reporting/{run_id}/summary.json").read_text())
        accuracies.append(summary["best"]["test_accuracy"])
        accuracy, seconds = _svm_on_hog(summary["dataset"]["fingerprint"], seed)
        rivals.append(accuracy)
        rival_seconds.append(seconds)
    return [
        Row(
            "demo: test accuracy, mean over seeds",
            "share",
            statistics.mean(accuracies),
            len(SEEDS),
            rival=statistics.mean(rivals),
            goal=0.90,
            better="higher",
        ),
        Row("demo: lowest test accuracy", "share", min(accuracies), len(SEEDS), min(rivals), better="higher"),
        Row(
            "demo: wall time, slowest seed",
            "s",
            max(cost.seconds for cost in costs),
            len(SEEDS),
            rival=max(rival_seconds),
            goal=240,
        ),
        Row(
            "demo: peak memory of all processes",
            "GiB",
            max(cost.memory_bytes for cost in costs) / _GIBIBYTE,
            len(SEEDS),
            goal=2.5,
        ),
    ]


def _run(run_id: str, seed: int, store: Path) -> Cost:
    parameters = f"run.id={run_id},dataset.seed={seed},search.seed={seed}"
    command = [sys.executable, "-m", "kedro", "run", f"--params={parameters}"]
    return watched(command, {"TUNESCOPE_STORE": f"sqlite:///{store}"})


def _svm_on_hog(fingerprint: str, seed: int) -> tuple[float, float]:
    """Test accuracy and seconds of scikit-learn's own grid search on the same split."""
    import numpy as np
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    from tunescope.datasets import PackedDataset
    from tunescope.features import extract, load_features

    dataset = PackedDataset.open(Path("data/05_model_input") / fingerprint)
    features = np.asarray(load_features(extract(dataset, "hog", "data/04_feature")))
    started = time.perf_counter()
    train, test = (dataset.indices(split) for split in ("train", "test"))
    grid = {"svc__C": [1, 10, 100], "svc__gamma": ["scale", 1e-4, 1e-3]}
    search = GridSearchCV(make_pipeline(StandardScaler(), SVC(random_state=seed)), grid, cv=3)
    search.fit(features[train], dataset.labels[train])
    return float(search.score(features[test], dataset.labels[test])), time.perf_counter() - started
