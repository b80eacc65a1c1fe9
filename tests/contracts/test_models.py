"""Every model declares a sound space, learns, repeats itself, and is saved and loaded whole."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from feature_samples import all_features
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.models import MODELS
from tunescope.search import Space
from tunescope.training import Trained, load_predictor, train

DEEP = [name for name, model in MODELS.items() if model.kind == "deep"]
SHORT = {"epochs": 8}  # for tests in which accuracy is no matter


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PackedDataset:
    return pattern_dataset(tmp_path_factory.mktemp("packed") / "patterns")


@pytest.fixture(scope="module")
def features(dataset: PackedDataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return all_features(dataset, tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="module")
def trained(dataset: PackedDataset, features: dict[str, Path]) -> dict[str, Trained]:
    """Each model with its default configuration."""
    return {name: train(name, {}, dataset, features, seed=0) for name in MODELS}


def _short(name: str, chosen: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**(chosen or {}), **(SHORT if name in DEEP else {})}


@pytest.mark.parametrize("name", MODELS)
class TestModels:
    def test_it_is_declared_under_its_own_name_and_says_what_it_is(self, name: str) -> None:
        assert MODELS[name].name == name
        assert 10 < len(MODELS[name].line) < 80

    def test_its_defaults_and_grid_lie_in_its_space(self, name: str) -> None:
        space = Space.from_dict(MODELS[name].space)
        assert space.faults(MODELS[name].completed({})) == []
        points = list(space.grid())
        assert [space.faults(point) for point in points] == [[]] * len(points)
        assert 2 <= len(points) <= 40  # a grid of more would not end in a coffee break

    def test_its_defaults_are_those_that_a_search_begins_with(self, name: str) -> None:
        assert Space.from_dict(MODELS[name].space).defaults() == [MODELS[name].completed({})]

    def test_its_defaults_learn_far_more_than_chance(self, name: str, trained: dict[str, Trained]) -> None:
        assert trained[name].scores["accuracy"] >= 0.7  # chance is 1/3

    def test_it_gives_probabilities_of_every_class(
        self, name: str, trained: dict[str, Trained], dataset: PackedDataset
    ) -> None:
        images, _ = dataset.subset("validation")
        probabilities = trained[name].predictor.predict(images)
        assert probabilities.shape == (len(images), len(dataset.classes))
        assert probabilities.dtype == np.float32
        assert probabilities.min() >= 0
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(probabilities, trained[name].validation_probabilities, atol=1e-5)

    def test_the_same_seed_gives_the_same_model(
        self, name: str, dataset: PackedDataset, features: dict[str, Path]
    ) -> None:
        first, second = (train(name, _short(name), dataset, features, seed=3) for _ in range(2))
        np.testing.assert_array_equal(first.validation_probabilities, second.validation_probabilities)

    def test_it_predicts_the_same_after_being_saved_and_loaded(
        self, name: str, trained: dict[str, Trained], dataset: PackedDataset, tmp_path: Path
    ) -> None:
        images, _ = dataset.subset("test")
        trained[name].predictor.save(tmp_path / "model")
        loaded = load_predictor(tmp_path / "model")
        assert loaded.identity == trained[name].predictor.identity
        np.testing.assert_array_equal(loaded.predict(images), trained[name].predictor.predict(images))

    def test_any_configuration_of_its_space_can_be_trained(
        self, name: str, dataset: PackedDataset, features: dict[str, Path]
    ) -> None:
        space = Space.from_dict(MODELS[name].space)
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
        for _ in range(2 if name in DEEP else 8):
            chosen = _short(name, space.suggest(study.ask()))
            assert np.isfinite(train(name, chosen, dataset, features, seed=0).scores["log_loss"])

    def test_two_gray_classes_of_three_tiny_images_are_enough(self, name: str, tmp_path: Path) -> None:
        tiny = pattern_dataset(tmp_path / "tiny", classes=2, images=3, side=8, channels=1)
        outcome = train(name, _short(name), tiny, all_features(tiny, tmp_path / "features"), seed=0)
        assert outcome.validation_probabilities.shape == (2, 2)

    def test_where_its_time_goes_is_told(self, name: str, trained: dict[str, Trained]) -> None:
        one = trained[name]
        steps = {"augment", "forward", "backward", "optimizer"} if name in DEEP else {"fit"}
        assert set(one.phases) == {"load", "evaluate"} | steps
        assert 0 < sum(one.phases.values()) <= one.seconds
        assert one.images_per_second > 0
        assert one.peak_memory_bytes > 10 * 2**20
        assert (one.weights is not None) == (name in DEEP)


def test_registries_are_read_without_the_heavy_libraries() -> None:
    heavy = {"torch", "sklearn", "skimage", "skops", "PIL", "nevergrad"}
    code = f"import sys, tunescope.models, tunescope.training; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
