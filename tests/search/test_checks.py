"""What a search needs is looked for before any trial would fail for want of it."""

from pathlib import Path

import pytest
import torch

from tunescope.errors import ParameterError, SourceError
from tunescope.parameters import FeaturesParameters, LearningRateParameters, SearchParameters
from tunescope.search.checks import check_device, fetch_weights


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
