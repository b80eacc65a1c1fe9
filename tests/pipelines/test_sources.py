"""Real image sets through `kedro run --pipelines=preprocessing,feature_extraction`."""

import csv
import json

import pytest
from projects import ROOT, Project

from tunescope.datasets import PackedDataset

SHARED = ROOT.parent / "shared" / "data"
BOTH = "--pipelines=preprocessing,feature_extraction"

pytestmark = pytest.mark.skipif(
    not SHARED.exists(), reason="the shared image sets lie beside a working copy only"
)


def _prepared(project: Project, params: str) -> tuple[PackedDataset, dict]:
    ended = project.run(f"run.id=prepared,{params}", BOTH)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    (description,) = (project.root / "data/05_model_input").glob("*/dataset.json")
    quality = json.loads(project.report("prepared", "data_quality.json").read_text())
    assert quality["accepted"] + quality["rejected"] == quality["files"]
    return PackedDataset.open(description.parent), quality


def test_the_messy_set_is_accounted_for_to_the_last_file(project: Project) -> None:
    ended = project.run(f"run.id=prepared,dataset.source={SHARED}/messy-images.zip", BOTH)

    quality = json.loads(project.report("prepared", "data_quality.json").read_text())
    with (SHARED / "messy-images.manifest.csv").open(encoding="utf-8") as file:
        unusable = {row["path"] for row in csv.DictReader(file) if "ok" not in (row["open"], row["load"])}
    rejected = {found["file"] for found in quality["findings"] if found["action"] == "rejected"}
    assert quality["files"] == 60
    assert quality["accepted"] + quality["rejected"] == 60
    assert unusable <= rejected
    assert ended.returncode in (0, 1)
    assert "Traceback" not in ended.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("params", "images", "classes"),
    [
        ("dataset.source={}/sign-language-digits-1000.zip", 1000, 10),
        ("dataset.source={}/omniglot-small1.zip", 2720, 136),
        ("dataset.source={}/blood-cell-crops.zip,dataset.group=([^/]+)_box", 1020, 3),
        (r"dataset.source={}/chest-xray-224-800.zip,dataset.group=person\d+", 800, 2),
        ("dataset.source={}/fashion-mnist", 70_000, 10),
        ("dataset.source=sklearn:digits,features.extractors=lbp+pixels", 1797, 10),
    ],
)
def test_a_real_set_is_prepared(project: Project, params: str, images: int, classes: int) -> None:
    dataset, quality = _prepared(project, params.format(SHARED))

    assert quality["files"] == images
    assert len(dataset) == quality["accepted"] > 0.9 * images
    assert len(dataset.classes) == classes
    assert min(dataset.counts().values()) > 0
    groups = dataset.files[dataset.files["accepted"]].dropna(subset="group").groupby("group")["split"]
    assert (groups.nunique() <= 1).all()


@pytest.mark.long
def test_the_official_split_of_fashion_mnist_is_kept(project: Project) -> None:
    dataset, _ = _prepared(project, f"dataset.source={SHARED}/fashion-mnist,dataset.label_check=false")

    in_test = [path for path, split in zip(dataset.paths, dataset.splits, strict=True) if split == 2]
    assert len(in_test) == dataset.counts()["test"] > 9_900
    assert all(path.startswith("t10k/") for path in in_test)
