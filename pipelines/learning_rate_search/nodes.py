"""From a prepared dataset to the learning rates that suit each deep model."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tunescope.analysis.range_test import range_curves
from tunescope.datasets import PackedDataset
from tunescope.errors import ParameterError
from tunescope.models import MODELS
from tunescope.parameters import (
    FeaturesParameters,
    LearningRateParameters,
    RunParameters,
    SearchParameters,
)
from tunescope.report.range_test import render_range_tests
from tunescope.search.checks import build_space
from tunescope.search.space import MODEL
from tunescope.timing import usable_cores
from tunescope.training.range_test import RangeTest, range_test

logger = logging.getLogger("tunescope.learning_rate")


def find_learning_rates(
    prepared_dataset: dict[str, Any],
    search: SearchParameters,
    features: FeaturesParameters,
    learning_rate: LearningRateParameters,
) -> list[dict[str, Any]]:
    """Test each deep model of the search in its default configuration, one after the other.

    Raises:
        ParameterError: when the search has no deep model.
    """
    dataset = PackedDataset.open(Path(prepared_dataset["folder"]))
    tests = []
    for model, hyperparameters in _configurations(search, features, learning_rate):
        test = range_test(
            model,
            hyperparameters,
            dataset,
            **learning_rate.range_test.model_dump(),
            seed=search.seed,
            threads=max(1, usable_cores() // (search.workers or 1)),
            device=search.training.device,
            options=search.training,
        )
        logger.info("%s", _line(test))
        tests.append(asdict(test))
    return tests


def write_range_test_page(
    range_tests: list[dict[str, Any]], prepared_dataset: dict[str, Any], run: RunParameters
) -> str:
    """The tests as one HTML page."""
    assert run.id is not None  # the start-up check has filled it in
    return render_range_tests(run.id, prepared_dataset["name"], range_curves(range_tests))


def _configurations(
    search: SearchParameters, features: FeaturesParameters, learning_rate: LearningRateParameters
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The deep models, with the hyperparameters that a search would begin with."""
    deep = [name for name in search.models if MODELS[name].kind == "deep"]
    if not deep:
        raise ParameterError(
            f"`search.models` is {'+'.join(search.models)}, but a range test needs a deep model: add `cnn`"
        )
    for configuration in build_space(search, features, learning_rate).defaults():
        model = configuration.pop(MODEL)
        if model in deep:
            yield model, {name.partition(".")[2]: value for name, value in configuration.items()}


def _line(test: RangeTest) -> str:
    if test.k0 is None:
        return f"{test.model}: no learning rate to propose. {test.note}"
    proposal = (
        f"{test.model} ({test.optimizer}): learning rates from k0 = {test.k0:.2g} to k1 = {test.k1:.2g}"
    )
    return f"{proposal}. {test.note}" if test.note else proposal
