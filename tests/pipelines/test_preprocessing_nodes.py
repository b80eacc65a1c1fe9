"""The nodes of preprocessing, called as plain functions."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines import progress
from pipelines.preprocessing.nodes import inspect_images, pack_images
from pipelines.progress import progress_bar
from tunescope.datasets import PackedDataset
from tunescope.errors import SourceError
from tunescope.parameters import DatasetParameters


def photos(folder: Path, labels: str = "ab") -> DatasetParameters:
    random = np.random.default_rng(0)
    for label in labels:
        (folder / label).mkdir(parents=True)
        for number in range(4):
            image = Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8))
            image.save(folder / label / f"{number}.png")
    return DatasetParameters(source=str(folder))


def test_an_unchanged_source_is_not_read_again(tmp_path: Path) -> None:
    parameters, root = photos(tmp_path / "photos"), tmp_path / "packed"
    inspection, quality = inspect_images(parameters, root)
    handle = pack_images(inspection, root)
    again, same_quality = inspect_images(parameters, root)

    assert isinstance(again, PackedDataset)
    assert same_quality == quality == {"files": 8, "accepted": 8, "rejected": 0, "findings": []}
    assert pack_images(again, root) == handle
    assert json.loads(json.dumps(handle)) == handle
    assert (handle["name"], handle["rejected"]) == ("photos", 0)


def test_a_fault_is_told_after_the_account_of_all_files(tmp_path: Path) -> None:
    inspection, quality = inspect_images(photos(tmp_path / "photos", "a"), tmp_path / "packed")

    assert quality["files"] == 4
    with pytest.raises(SourceError, match="only its class `a` has usable images"):
        pack_images(inspection, tmp_path / "packed")


def test_progress_is_logged_now_and_then_where_there_is_no_terminal(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 4.0, 11.0, 11.0, 12.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    with caplog.at_level(logging.INFO, logger="tunescope"), progress_bar("Reading images") as on_progress:
        for done in (1, 2, 3):
            on_progress(done, 3)

    assert [record.getMessage() for record in caplog.records] == ["Reading images: 2 of 3"]


def test_progress_is_drawn_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress_bar("Reading images") as on_progress:
        on_progress(2, 3)

    assert "Reading images" in capsys.readouterr().err
