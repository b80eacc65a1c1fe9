"""Models that were taken away: unpacked elsewhere, they predict as they did."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from photo_samples import CHOSEN, PhotoSample

from tunescope.errors import RunError
from tunescope.export import write_archive
from tunescope.store import Store
from tunescope.training import load_predictor


@pytest.fixture(scope="module")
def sample(photo_models: tuple[Store, PhotoSample]) -> PhotoSample:
    return photo_models[1]


def taken(folder: Path, target: Path) -> Path:
    """The model in a folder, unpacked elsewhere."""
    archive = io.BytesIO()
    write_archive(archive, "stripes-grid-0", folder, "letterbox", {})
    zipfile.ZipFile(archive).extractall(target)
    return target / "stripes-grid-0"


def predicted(model: Path, *photos: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "predict.py", *map(str, photos)]
    return subprocess.run(command, cwd=model, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("trial", range(len(CHOSEN)), ids=list(CHOSEN))
def test_a_model_predicts_elsewhere_as_it_did(sample: PhotoSample, trial: int, tmp_path: Path) -> None:
    rows = sample.dataset.indices("validation")[:3]
    known = load_predictor(sample.models[trial])
    probabilities = known.predict(sample.dataset.images[rows])
    photos = sample.paths("validation")[:3]

    got = predicted(taken(sample.models[trial], tmp_path), *photos)

    expected = [
        f"{photo}: {known.identity.classes[row.argmax()]} ({row.max():.1%})"
        for photo, row in zip(photos, probabilities, strict=True)
    ]
    assert (got.returncode, got.stdout.splitlines()) == (0, expected), got.stderr


def test_a_file_that_is_no_photo_is_told_and_the_others_are_answered(
    sample: PhotoSample, tmp_path: Path
) -> None:
    (tmp_path / "notes.jpg").write_bytes(b"no photo at all")
    photo = sample.paths("validation")[0]

    got = predicted(taken(sample.models[1], tmp_path), tmp_path / "notes.jpg", tmp_path / "gone.jpg", photo)

    assert got.returncode == 1
    assert [line.split(": ")[0] for line in got.stdout.splitlines()] == [str(photo)]
    assert [line.split(": ")[0] for line in got.stderr.splitlines()] == [
        str(tmp_path / "notes.jpg"),
        str(tmp_path / "gone.jpg"),
    ]


def test_without_a_photo_one_is_asked_for(sample: PhotoSample, tmp_path: Path) -> None:
    got = predicted(taken(sample.models[1], tmp_path))
    assert (got.returncode, got.stderr) == (1, "Give at least one photo: python predict.py photo.jpg\n")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no model that can be loaded: train it again"):
        write_archive(io.BytesIO(), "none", tmp_path, "letterbox", {})
