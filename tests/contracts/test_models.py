"""Every model declares a sound space, learns, repeats itself, and is saved and loaded whole."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import torch
from feature_samples import all_features
from model_samples import DEEP, HEAVY, TRANSFERABLE, cheap, write_weights
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.models import MODELS
from tunescope.parameters import TrainingParameters
from tunescope.search import Space
from tunescope.training import Trained, load_predictor, train
from tunescope.training.spaces import completed, declared_space

TRAINED = [pytest.param(name, marks=pytest.mark.long if name in HEAVY else ()) for name in MODELS]
STEPS = {"augment", "forward", "backward", "optimizer"}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PackedDataset:
    return pattern_dataset(tmp_path_factory.mktemp("packed") / "patterns")


@pytest.fixture(scope="module")
def features(dataset: PackedDataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return all_features(dataset, tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="module")
def trained(dataset: PackedDataset, features: dict[str, Path]) -> Callable[[str], Trained]:
    """Each model with its default configuration; the heavy ones with a cheap one."""

    @cache
    def train_once(name: str) -> Trained:
        return train(name, cheap(name) if name in HEAVY else {}, dataset, features, seed=0)

    return train_once


@pytest.mark.parametrize("name", MODELS)
class TestDeclarations:
    def test_it_is_declared_under_its_own_name_and_says_what_it_is_and_suits(self, name: str) -> None:
        assert MODELS[name].name == name
        assert 10 < len(MODELS[name].line) < 80
        assert 10 < len(MODELS[name].suits) < 70

    def test_its_defaults_and_grid_lie_in_its_space(self, name: str) -> None:
        space = Space.from_dict(declared_space(name))
        assert space.faults(completed(name, {})) == []
        points = list(space.grid())
        assert [space.faults(point) for point in points] == [[]] * len(points)
        assert 2 <= len(points) <= 40  # a grid of more would not end in a coffee break

    def test_its_defaults_are_those_that_a_search_begins_with(self, name: str) -> None:
        assert Space.from_dict(declared_space(name)).defaults() == [completed(name, {})]

    def test_what_it_is_given_can_be_told_from_what_is_missing(self, name: str) -> None:
        is_deep = name in DEEP
        assert ("extractor" in MODELS[name].space) != is_deep
        assert ("epochs" in MODELS[name].space) == is_deep
        assert {"projection", "variance"} <= MODELS[name].space.keys() or is_deep
        assert (MODELS[name].pretrained is not None) == ("weights" in MODELS[name].space and is_deep)


@pytest.mark.parametrize("name", TRAINED)
class TestModels:
    def test_its_defaults_learn_far_more_than_chance(
        self, name: str, trained: Callable[[str], Trained]
    ) -> None:
        # A heavy network trains for one epoch here, which is too short to learn.
        least = 0.0 if name in HEAVY else 0.7  # chance is 1/3
        assert trained(name).scores["accuracy"] >= least
        assert np.isfinite(trained(name).scores["log_loss"])

    def test_it_gives_probabilities_of_every_class(
        self, name: str, trained: Callable[[str], Trained], dataset: PackedDataset
    ) -> None:
        images, _ = dataset.subset("validation")
        probabilities = trained(name).predictor.predict(images)
        assert probabilities.shape == (len(images), len(dataset.classes))
        assert probabilities.dtype == np.float32
        assert probabilities.min() >= 0
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(probabilities, trained(name).validation_probabilities, atol=1e-5)

    def test_the_same_seed_gives_the_same_model(
        self, name: str, dataset: PackedDataset, features: dict[str, Path]
    ) -> None:
        first, second = (train(name, cheap(name), dataset, features, seed=3) for _ in range(2))
        np.testing.assert_array_equal(first.validation_probabilities, second.validation_probabilities)

    def test_it_predicts_the_same_after_being_saved_and_loaded(
        self, name: str, trained: Callable[[str], Trained], dataset: PackedDataset, tmp_path: Path
    ) -> None:
        images, _ = dataset.subset("test")
        predictor = trained(name).predictor
        predictor.save(tmp_path / "model")
        loaded = load_predictor(tmp_path / "model")
        assert loaded.identity == predictor.identity
        np.testing.assert_array_equal(loaded.predict(images), predictor.predict(images))

    def test_any_configuration_of_its_space_can_be_trained(
        self, name: str, dataset: PackedDataset, features: dict[str, Path]
    ) -> None:
        space = Space.from_dict(declared_space(name))
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
        for _ in range(2 if name in DEEP else 6):
            chosen = space.suggest(study.ask())
            chosen = {key: value for key, value in chosen.items() if key not in ("transfer", "lower_rates")}
            outcome = train(name, {**chosen, **cheap(name)}, dataset, features, seed=0)
            assert np.isfinite(outcome.scores["log_loss"])

    def test_two_gray_classes_of_three_tiny_images_are_enough(self, name: str, tmp_path: Path) -> None:
        tiny = pattern_dataset(tmp_path / "tiny", classes=2, images=3, side=8, channels=1)
        outcome = train(name, cheap(name), tiny, all_features(tiny, tmp_path / "features"), seed=0)
        assert outcome.validation_probabilities.shape == (2, 2)
        assert ("1 channel is shown to the network as 3." in outcome.notes) == (name in TRANSFERABLE)

    def test_where_its_time_goes_is_told(self, name: str, trained: Callable[[str], Trained]) -> None:
        one = trained(name)
        assert {"load", "evaluate"} | (STEPS if name in DEEP else {"fit"}) <= one.phases.keys()
        assert 0 < sum(one.phases.values()) <= one.seconds * (1 + 1e-9)
        assert one.images_per_second > 0
        assert one.peak_memory_bytes > 10 * 2**20
        assert (one.weights is not None) == (name in DEEP)


@pytest.mark.parametrize("transfer", ["frozen", "last_stage", "all"])
class TestTransfer:
    """The three ways to begin with pretrained weights, in the smallest of the networks that can."""

    @pytest.fixture
    def fitted(
        self, transfer: str, dataset: PackedDataset, tmp_path: Path
    ) -> Callable[[PackedDataset | None], Trained]:
        write_weights("cifar_resnet20", tmp_path, "cifar10-resnet20-12fca82f.th")
        chosen = cheap("cifar_resnet") | {"weights": "pretrained", "transfer": transfer}
        options = TrainingParameters(weights=str(tmp_path))

        def fit(other: PackedDataset | None = None) -> Trained:
            cache = tmp_path / "cache"
            return train("cifar_resnet", chosen, other or dataset, {}, seed=0, options=options, cache=cache)

        return fit

    def test_only_what_is_not_frozen_learns(
        self, transfer: str, fitted: Callable[[], Trained], tmp_path: Path
    ) -> None:
        module: Any = fitted().predictor.module
        given = torch.load(tmp_path / "cifar10-resnet20-12fca82f.th")
        changed = {
            name.split(".")[0]
            for name, value in module.body.state_dict().items()
            if not torch.equal(value, given[name])
        }
        everything = {"conv1", "bn1", "layer1", "layer2", "layer3"}
        assert changed == {"frozen": set(), "last_stage": {"layer3"}, "all": everything}[transfer]

    def test_it_repeats_itself_and_is_saved_and_loaded_whole(
        self, fitted: Callable[[], Trained], dataset: PackedDataset, tmp_path: Path
    ) -> None:
        first, second = fitted(), fitted()
        np.testing.assert_array_equal(first.validation_probabilities, second.validation_probabilities)
        images, _ = dataset.subset("validation")
        first.predictor.save(tmp_path / "model")
        loaded = load_predictor(tmp_path / "model")
        np.testing.assert_array_equal(loaded.predict(images), first.predictor.predict(images))
        np.testing.assert_allclose(loaded.predict(images), first.validation_probabilities, atol=1e-5)

    def test_gray_images_are_adapted(
        self, fitted: Callable[[PackedDataset], Trained], tmp_path: Path
    ) -> None:
        gray = pattern_dataset(tmp_path / "gray", classes=2, images=4, side=8, channels=1)
        outcome = fitted(gray)
        assert np.isfinite(outcome.scores["log_loss"])
        assert outcome.notes[:2] == (
            "1 channel is shown to the network as 3.",
            "Images of 8 x 8 are enlarged to 32 x 32.",
        )


def test_registries_are_read_without_the_heavy_libraries() -> None:
    heavy = {"torch", "torchvision", "sklearn", "skimage", "skops", "PIL", "nevergrad"}
    code = f"import sys, tunescope.models, tunescope.training; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
