"""What a trained model left can be saved, and nothing else."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import yaml
from dashboard_samples import Samples
from model_page_samples import STUDY, enter_model

from dashboard.app import create_app
from tunescope.parameters import Parameters
from tunescope.store import Store, frames
from tunescope.training.predictor import Identity


@pytest.fixture
def trial_id(store: Store, tmp_path: Path) -> int:
    """A store with one trained model."""
    return enter_model(store, tmp_path, classes=("=cmd|' /C calc'!A0", "b", "c"))


def got(store: Store, trial: int, name: str, status: int = 200) -> Any:
    answer = create_app(store.url).server.test_client().get(f"/models/{trial}/{name}", buffered=True)
    assert answer.status_code == status
    return answer


def test_predictions_as_a_table_have_a_line_an_image_and_no_formula(store: Store, trial_id: int) -> None:
    answer = got(store, trial_id, "predictions.csv")
    assert f"{STUDY}-0-predictions.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == 12
    first = rows[0]
    assert first["image"] == "'=cmd|' /C calc'!A0/003.png"
    assert (first["row"], first["true_class"], first["right"]) == ("3", "'=cmd|' /C calc'!A0", "no")
    assert (first["confidence"], first["p(b)"], first["p(c)"]) == ("0.5", "0.5", "0.25")
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_predictions_as_arrays_are_those_of_the_trial(store: Store, trial_id: int) -> None:
    arrays = np.load(io.BytesIO(got(store, trial_id, "validation.npz").data))
    assert sorted(arrays.files) == ["labels", "probabilities", "rows"]
    assert arrays["probabilities"].shape == (12, 3)


@pytest.fixture
def folder(store: Store, trial_id: int) -> Path:
    """The folder of the trial, in which a whole model seems to lie."""
    folder = Path(frames.trials_frame(store)["folder"].iloc[0])
    identity = Identity("svm", {"extractor": "pixels"}, (8, 8, 3), ("a", "b", "c"))
    (folder / "model.json").write_text(json.dumps(identity.to_dict()), encoding="utf-8")
    for name in ("model.skops", "extractor.npz"):
        (folder / name).write_bytes(b"fitted")
    return folder


def test_a_model_is_packed_without_what_it_answered(store: Store, trial_id: int, folder: Path) -> None:
    assert {"test.npz", "validation.npz"} <= {path.name for path in folder.iterdir()}
    packed = zipfile.ZipFile(io.BytesIO(got(store, trial_id, "model.zip").data))
    files = ["README.md", "extractor.npz", "model.json", "model.skops", "predict.py", "preparation.json"]
    assert sorted(packed.namelist()) == [f"{STUDY}-0/{name}" for name in files]


def test_a_model_that_lacks_a_file_is_not_packed(store: Store, trial_id: int, folder: Path) -> None:
    (folder / "model.skops").unlink()
    assert "lacks model.skops: train it again" in got(store, trial_id, "model.zip", 404).text


def test_a_link_in_the_folder_of_a_trial_leads_nowhere(
    store: Store, trial_id: int, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "model.skops").unlink()
    (folder / "model.skops").symlink_to(tmp_path / "secret")
    assert b"secret" not in got(store, trial_id, "model.zip", 404).data
    got(store, trial_id, "weights.safetensors", 404)
    got(store, trial_id, "..%2F..%2Fsecret", 404)


def test_hyperparameters_are_a_configuration_that_a_run_takes(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=2, strategies=["grid"])
    row = frames.trials_frame(store).query("number == 1").iloc[0]
    text = got(store, int(row["trial_id"]), "hyperparameters.yml").text
    search = yaml.safe_load(text)["run"]["params"]["search"]
    assert search["seed_trials"] == [row["params"]]
    given = {"dataset": {"source": "x.zip"}, "search": {"models": ["svm"], **search}}
    assert Parameters.model_validate(given).search.seed_trials == (row["params"],)


def test_a_plain_trial_has_its_parameters_only(store: Store) -> None:
    study = optuna.create_study(study_name="two\nlines: [", storage=store.storage)
    study.tell(study.ask({"x": optuna.distributions.IntDistribution(3, 3)}), 0.5)
    trial = int(frames.trials_frame(store)["trial_id"].iloc[0])
    answer = got(store, trial, "hyperparameters.yml")
    assert yaml.safe_load(answer.text) == {"x": 3}
    assert "two-lines-0-hyperparameters.yml" in answer.headers["Content-Disposition"]
    for name in ("predictions.csv", "validation.npz", "model.zip"):
        got(store, trial, name, 404)


@pytest.mark.parametrize("name", ["predictions.csv", "validation.npz", "model.zip", "hyperparameters.yml"])
def test_an_unknown_trial_has_no_files(store: Store, name: str) -> None:
    got(store, 12345, name, 404)
