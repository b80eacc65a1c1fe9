"""What is asked of a training is checked before it begins."""

import pytest

from tunescope.datasets import PackedDataset
from tunescope.errors import ParameterError, UnknownNameError
from tunescope.training import train


def test_an_unknown_model_is_answered_with_the_known_ones(dataset: PackedDataset) -> None:
    with pytest.raises(UnknownNameError, match="`oracle` is no model: use `svm`"):
        train("oracle", {}, dataset, {}, seed=0)


def test_an_unknown_policy_is_answered_with_the_known_ones(dataset: PackedDataset) -> None:
    with pytest.raises(UnknownNameError, match="`guess` is no learning-rate policy: use `fix`"):
        train("cnn", {"policy": "guess"}, dataset, {}, seed=0)


def test_an_unknown_hyperparameter_is_refused(dataset: PackedDataset) -> None:
    with pytest.raises(ParameterError, match="`C` is no hyperparameter of `cnn`"):
        train("cnn", {"C": 1.0}, dataset, {}, seed=0)


def test_no_threads_are_refused(dataset: PackedDataset) -> None:
    with pytest.raises(ParameterError, match="`threads` is 0, but must be at least 1"):
        train("cnn", {}, dataset, {}, seed=0, threads=0)
