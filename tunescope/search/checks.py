"""The check of a whole parameter tree: rules, names of registries, and the space that it declares."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tunescope.errors import ParameterError
from tunescope.features import EXTRACTORS
from tunescope.models import MODELS
from tunescope.parameters import (
    FeaturesParameters,
    LearningRateParameters,
    Parameters,
    SearchParameters,
    check,
)
from tunescope.search.space import Space
from tunescope.search.strategies import STRATEGIES
from tunescope.training import POLICIES
from tunescope.training.spaces import policy_space


def check_parameters(tree: Mapping[str, Any]) -> Parameters:
    """The typed tree.

    Raises:
        ParameterError: with one sentence (a line each) for every fault.
    """
    names: dict[str, Collection[str]] = {
        "search.strategies": STRATEGIES,
        "search.models": MODELS,
        "features.extractors": EXTRACTORS,
        "learning_rate.policy": POLICIES,
    }
    parameters = check(tree, names)
    space = build_space(parameters.search, parameters.features, parameters.learning_rate)
    faults = [
        f"`search.seed_trials.{index}`: {fault}"
        for index, configuration in enumerate(parameters.search.seed_trials)
        for fault in space.faults(configuration)
    ]
    if faults:
        raise ParameterError("\n".join(faults))
    return parameters


def build_space(
    search: SearchParameters, features: FeaturesParameters, learning_rate: LearningRateParameters
) -> Space:
    """The space of a search: that of its models, with the changes that the parameters make.

    Raises:
        ParameterError: when a change names no model of the search, or makes an impossible entry.
    """
    strangers = [name for name in search.space if name not in search.models]
    if strangers:
        raise ParameterError(
            f"`search.space.{strangers[0]}` is given, but `{strangers[0]}` is not in `search.models`: "
            "add it there, or leave its space out"
        )
    try:
        return Space.of_models(
            {name: _declaration(name, search, features, learning_rate) for name in search.models}
        )
    except ParameterError as error:
        raise ParameterError(f"`search.space`: {error}") from None


def check_device(device: str) -> None:
    """See that a GPU that somebody named is there, before every trial would fail for want of it.

    Raises:
        ParameterError: when it is not.
    """
    if not device.startswith("cuda"):
        return
    import torch  # here, because most searches begin without it

    count = torch.cuda.device_count()
    if int(device.partition(":")[2] or 0) >= count:
        found = f"PyTorch finds {count} such devices" if count else "PyTorch finds no GPU"
        raise ParameterError(f"`search.training.device` is `{device}`, but {found}: use `auto` or `cpu`")


def fetch_weights(
    search: SearchParameters, features: FeaturesParameters, learning_rate: LearningRateParameters
) -> None:
    """Make sure of all pretrained weights that a search may begin with, downloading what is missing.

    Raises:
        SourceError: when some are not to be had, or are of another network.
    """
    location = search.training.weights
    for name in search.models:
        pretrained = MODELS[name].pretrained
        if pretrained is not None:
            declared = _declaration(name, search, features, learning_rate)
            pretrained.fetch(declared, Path(location) if location else None)


def _declaration(
    name: str, search: SearchParameters, features: FeaturesParameters, learning_rate: LearningRateParameters
) -> dict[str, Mapping[str, Any]]:
    declared = dict(MODELS[name].space_with(search.training.weights))
    if "extractor" in declared:
        declared["extractor"] = {"type": "categorical", "choices": list(features.extractors)}
    if MODELS[name].kind == "deep":
        declared |= policy_space(learning_rate.policy)
    for hyperparameter, change in search.space.get(name, {}).items():
        declared[hyperparameter] = _changed(declared.get(hyperparameter, {}), change)
    return declared


def _changed(entry: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A changed range drops the declared grid and default where they no longer fit."""
    merged = {**entry, **change}
    if {"low", "high", "choices", "step", "type"} & change.keys():
        for key in ("grid", "default"):
            if key not in change:
                merged.pop(key, None)
    return merged
