"""The check of a whole parameter tree: rules, names of registries, and the space that it declares."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
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
from tunescope.search.space import MODEL, Space
from tunescope.search.space_hyperparameter import Hyperparameter
from tunescope.search.space_reading import read_models
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
    search = parameters.search
    faults = [*_repeated_names(search), *_objective_faults(search), *_option_faults(search)]
    if not faults:
        faults = _space_faults(parameters)
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
    faults = [
        f"`search.space.{name}` is given, but `{name}` is not in `search.models`: "
        "add it there, or leave its space out"
        for name in search.space
        if name not in search.models
    ]
    found, wrong = read_models(
        {name: _declaration(name, search, features, learning_rate) for name in search.models}
    )
    faults += [fault.sentence("search.space.") for fault in wrong]
    if faults:
        raise ParameterError("\n".join(faults))
    return Space(tuple(_possible(found)))


def _possible(found: Iterable[Hyperparameter]) -> Iterator[Hyperparameter]:
    """Those that some configuration has: a model may be narrowed until a condition cannot hold any more."""
    kept: dict[str, Hyperparameter] = {}
    for one in found:
        conditions = one.when.items()
        if all(name in kept and any(map(kept[name].allows, values)) for name, values in conditions):
            kept[one.name] = one
            yield one


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
    """A changed range drops the declared grid and default where they no longer fit.

    Choices take the place of a range, and a range that of choices.
    """
    merged = {**entry, **change}
    if {"low", "high", "choices", "step", "type"} & change.keys():
        replaced = {"grid", "default"}
        if "choices" in change:
            replaced |= {"type", "low", "high", "step", "log"}
        elif "choices" in entry and {"low", "high"} <= change.keys():
            replaced |= {"type", "choices"}
        for key in replaced - change.keys():
            merged.pop(key, None)
    return merged


def _repeated_names(search: SearchParameters) -> Iterator[str]:
    for key, names in (("strategies", search.strategies), ("models", search.models)):
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                yield f"`search.{key}` names `{name}` {names.count(name)} times: name it once"


def _objective_faults(search: SearchParameters) -> Iterator[str]:
    """Strategies that cannot weigh the objectives of the search against each other."""
    if len(search.objective) == 1:
        return
    able = ", ".join(f"`{name}`" for name, strategy in STRATEGIES.items() if strategy.multi_objective)
    for name in search.strategies:
        if not STRATEGIES[name].multi_objective:
            yield (
                f"`search.objective` names {' and '.join(f'`{one}`' for one in search.objective)}, but "
                f"strategy `{name}` searches for one objective only: name one, or use {able}"
            )


def _option_faults(search: SearchParameters) -> Iterator[str]:
    for name, options in search.options.items():
        if name in search.strategies:
            yield from (
                f"`search.options.{name}`: {fault}" for fault in STRATEGIES[name].option_faults(options)
            )
            continue
        close = difflib.get_close_matches(name, search.strategies, n=1)
        meant = f" (did you mean `{close[0]}`?)" if close else ""
        yield (
            f"`search.options.{name}` is given, but `{name}` is not in `search.strategies`{meant}: "
            "add it there, or leave its options out"
        )


def _space_faults(parameters: Parameters) -> list[str]:
    """Faults of the space, or else those of the configurations that are to be tried first."""
    search = parameters.search
    try:
        space = build_space(search, parameters.features, parameters.learning_rate)
    except ParameterError as error:
        return str(error).splitlines()
    return [
        f"`search.seed_trials.{index}`: {fault}"
        for index, configuration in enumerate(search.seed_trials)
        for fault in _seed_faults(configuration, space, search.models)
    ]


def _seed_faults(configuration: Mapping[str, Any], space: Space, models: Collection[str]) -> list[str]:
    """What is wrong with a configuration; of another model's, that the search does not have that model."""
    listed = ", ".join(f"`{name}`" for name in models)
    model = configuration.get(MODEL)
    if model is None:
        return [f"names no `model`: add one of {listed}"]
    if model not in models:
        return [
            f"cannot be tried, because its model `{model}` is not in `search.models`: "
            f"add it there, or use {listed}"
        ]
    return space.faults(configuration)
