"""Training of shallow models on feature matrices."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from feature_samples import all_features

from tunescope.datasets import PackedDataset
from tunescope.errors import SourceError
from tunescope.features import EXTRACTORS
from tunescope.training import Stopped, load_predictor, train


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_predictions_from_images_are_those_from_the_extracted_features(
    dataset: PackedDataset, features: dict[str, Path], extractor: str
) -> None:
    trained = train("svm", {"extractor": extractor}, dataset, features, seed=0)
    images, _ = dataset.subset("validation")
    np.testing.assert_allclose(trained.predictor.predict(images), trained.validation_probabilities, atol=1e-5)


def test_an_svm_predicts_the_class_with_the_largest_decision_value(
    dataset: PackedDataset, features: dict[str, Path]
) -> None:
    from tunescope.features import load_features
    from tunescope.training.shallow_predictor import ShallowPredictor

    trained = train("svm", {}, dataset, features, seed=0)
    assert isinstance(trained.predictor, ShallowPredictor)
    matrix = load_features(features["hog"])[dataset.indices("validation")]
    values = trained.predictor.pipeline.decision_function(matrix)
    np.testing.assert_array_equal(values.argmax(1), trained.validation_probabilities.argmax(1))


@pytest.mark.parametrize("features", [{}, {"hog": Path("nowhere/hog-12345678")}])
def test_features_that_were_not_extracted_are_asked_for(
    dataset: PackedDataset, features: dict[str, Path]
) -> None:
    with pytest.raises(SourceError, match="run feature extraction"):
        train("svm", {}, dataset, features, seed=0)


def test_models_share_what_their_extractor_learnt_and_outlive_its_folder(
    dataset: PackedDataset, tmp_path: Path
) -> None:
    features = all_features(dataset, tmp_path / "features")
    trained = train("svm", {"extractor": "embedding"}, dataset, features, seed=0)
    for trial in ("first", "second"):
        trained.predictor.save(tmp_path / trial)
    stored = features["embedding"] / "state.npz"
    assert (tmp_path / "first/extractor.npz").samefile(stored)
    assert (tmp_path / "second/extractor.npz").samefile(stored)

    shutil.rmtree(tmp_path / "features")
    images, _ = dataset.subset("test")
    loaded = load_predictor(tmp_path / "first")
    np.testing.assert_array_equal(loaded.predict(images), trained.predictor.predict(images))
    loaded.save(tmp_path / "first")
    np.testing.assert_array_equal(
        load_predictor(tmp_path / "second").predict(images), trained.predictor.predict(images)
    )


@pytest.mark.parametrize("answers", [[True], [False, True]])
def test_a_training_stops_before_and_after_its_fit_when_it_is_asked_to(
    dataset: PackedDataset, features: dict[str, Path], answers: list[bool]
) -> None:
    left = iter(answers)
    with pytest.raises(Stopped):
        train("svm", {}, dataset, features, seed=0, should_stop=lambda: next(left))
    assert list(left) == []


def test_a_forest_is_the_same_with_any_number_of_threads(
    dataset: PackedDataset, features: dict[str, Path]
) -> None:
    one, two = (
        train("random_forest", {"trees": 50}, dataset, features, seed=0, threads=threads)
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.validation_probabilities, two.validation_probabilities)
