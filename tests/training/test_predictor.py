"""Predictors check what they are given, and load nothing but what they wrote."""

import json
from pathlib import Path

import numpy as np
import pytest
import skops.io
import torch
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.errors import RunError, SourceError
from tunescope.features import extract
from tunescope.training import Predictor, load_predictor, train
from tunescope.training.predictor import images_at_a_time

QUICK = {"svm": {}, "cnn": {"width": 8, "blocks": 0, "epochs": 1}}


@pytest.fixture(scope="module", params=QUICK)
def predictor(request: pytest.FixtureRequest, dataset: PackedDataset, features: dict[str, Path]) -> Predictor:
    return train(request.param, QUICK[request.param], dataset, features, seed=0).predictor


def test_a_saved_model_says_what_it_is(predictor: Predictor, tmp_path: Path) -> None:
    predictor.save(tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    assert about["model"] == predictor.identity.model
    assert about["classes"] == ["class 0", "class 1", "class 2"]
    assert about["image_shape"] == [16, 16, 3]
    assert about["hyperparameters"] == predictor.identity.hyperparameters


def test_images_of_another_shape_or_type_are_refused(predictor: Predictor) -> None:
    with pytest.raises(SourceError, match="the images are uint8 16 x 15 x 3, but must be uint8 16 x 16 x 3"):
        predictor.predict(np.zeros((1, 16, 15, 3), np.uint8))
    with pytest.raises(SourceError, match="the images are float32 16 x 16 x 3"):
        predictor.predict(np.zeros((1, 16, 16, 3), np.float32))  # type: ignore[arg-type]


def test_no_images_are_no_predictions(predictor: Predictor) -> None:
    assert predictor.predict(np.zeros((0, 16, 16, 3), np.uint8)).shape == (0, 3)


def test_a_prediction_does_not_depend_on_the_other_images(
    predictor: Predictor, dataset: PackedDataset
) -> None:
    images = np.tile(dataset.images[:60], (6, 1, 1, 1))
    assert len(images) > images_at_a_time((16, 16, 3))
    together = predictor.predict(images)
    np.testing.assert_allclose(predictor.predict(images[-1:]), together[-1:], atol=1e-5)
    np.testing.assert_allclose(together[:60], together[300:], atol=1e-5)


def test_read_only_images_can_be_predicted(predictor: Predictor, dataset: PackedDataset) -> None:
    assert not dataset.images.flags.writeable
    assert predictor.predict(dataset.images[:2]).shape == (2, 3)


def test_large_images_go_through_a_few_at_a_time() -> None:
    assert images_at_a_time((28, 28, 1)) == 256
    assert images_at_a_time((512, 512, 3)) == 5
    assert images_at_a_time((10_000, 10_000, 3)) == 1


def test_two_classes_and_one_channel_can_be_saved(tmp_path: Path) -> None:
    gray = pattern_dataset(tmp_path / "gray", classes=2, channels=1)
    features = {"hog": extract(gray, "hog", tmp_path)}
    for model, chosen in QUICK.items():
        predictor = train(model, chosen, gray, features, seed=0).predictor
        predictor.save(tmp_path / model)
        np.testing.assert_array_equal(
            load_predictor(tmp_path / model).predict(gray.images), predictor.predict(gray.images)
        )


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no model"):
        load_predictor(tmp_path)


def test_a_model_of_an_unknown_kind_is_refused(predictor: Predictor, tmp_path: Path) -> None:
    predictor.save(tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(about | {"model": "oracle"}))
    with pytest.raises(RunError, match="holds no model that can be loaded"):
        load_predictor(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"not weights at all", None])
def test_damaged_weights_are_refused(predictor: Predictor, tmp_path: Path, damage: bytes | None) -> None:
    predictor.save(tmp_path)
    weights = next(
        tmp_path / name for name in ("weights.safetensors", "model.skops") if (tmp_path / name).exists()
    )
    if damage is None:
        weights.unlink()
    else:
        weights.write_bytes(damage)
    with pytest.raises(RunError, match="is damaged"):
        load_predictor(tmp_path)


class _Stranger:
    """What somebody else might have put into a file."""


def test_a_pipeline_with_a_strange_type_is_not_loaded(
    dataset: PackedDataset, features: dict[str, Path], tmp_path: Path
) -> None:
    train("svm", {}, dataset, features, seed=0).predictor.save(tmp_path)
    skops.io.dump(_Stranger(), tmp_path / "model.skops")
    with pytest.raises(RunError, match="_Stranger"):
        load_predictor(tmp_path)


def test_weights_are_no_pickle(dataset: PackedDataset, tmp_path: Path) -> None:
    train("cnn", QUICK["cnn"], dataset, {}, seed=0).predictor.save(tmp_path)
    torch.save({"a": torch.zeros(1)}, tmp_path / "weights.safetensors")
    with pytest.raises(RunError, match="is damaged"):
        load_predictor(tmp_path)
