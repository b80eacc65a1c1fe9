"""What a search needs is looked for before any trial would fail for want of it."""

from pathlib import Path

import pytest
import torch

from tunescope.errors import ParameterError, SourceError
from tunescope.parameters import FeaturesParameters, LearningRateParameters, SearchParameters
from tunescope.search import Space
from tunescope.search.checks import build_space, check_device, fetch_weights
from tunescope.search.space_changes import difference


def _fetch(**search: object) -> None:
    fetch_weights(SearchParameters(**search), FeaturesParameters(), LearningRateParameters())  # type: ignore[arg-type]


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_what_is_always_there_is_not_looked_for(device: str) -> None:
    check_device(device)


def test_a_gpu_that_is_not_there_is_refused() -> None:
    count = torch.cuda.device_count()
    with pytest.raises(
        ParameterError, match=f"`search.training.device` is `cuda:{count}`, but PyTorch finds"
    ):
        check_device(f"cuda:{count}")


def test_networks_from_scratch_need_no_weights() -> None:
    _fetch(models=("cnn", "resnet"), space={"resnet": {"weights": {"choices": ["none"]}}})


def test_weights_that_are_not_there_end_a_search_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="resnet18"):
        _fetch(models=("resnet",), training={"weights": str(tmp_path)})


@pytest.mark.parametrize("space", [{}, {"cifar_resnet": {"epochs": {"low": 8, "high": 8}}}])
def test_what_no_configuration_has_is_not_in_the_space_so_that_a_search_can_go_on(space: object) -> None:
    search = SearchParameters(models=("cnn", "cifar_resnet"), space=space)  # type: ignore[arg-type]
    built = build_space(search, FeaturesParameters(), LearningRateParameters())
    declared = built.to_dict()
    assert "cifar_resnet.transfer" not in declared  # without weights there is nothing to transfer
    assert "cifar_resnet.weights" in declared
    assert difference(declared, declared) == []
    assert Space.from_dict(declared).to_dict() == declared
