"""The form of a new run as plain data: fields, values, faults, and the parameter tree they make."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from dashboard.launch import CONFIGURATION, project_folder
from tunescope.errors import ParameterError

Kind = Literal["text", "whole", "number", "choice", "names"]
Options = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        key: its parameter, such as ``search.seed``.
        label: its name for people.
        kind: what it takes: text, a whole number, a number, one of some options, or several names of them.
        hint: one line below it.
        placeholder: what stands in it while it is empty.
        options: gives its options, name to line; of kinds choice and names.
    """

    key: str
    label: str
    kind: Kind
    hint: str = ""
    placeholder: str = ""
    options: Options | None = None


def _models() -> Mapping[str, str]:
    from tunescope.models import MODELS

    return {name: model.line for name, model in MODELS.items()}


def _strategies() -> Mapping[str, str]:
    from tunescope.search import STRATEGIES

    return {name: strategy.line for name, strategy in STRATEGIES.items()}


def _extractors() -> Mapping[str, str]:
    from tunescope.features import EXTRACTORS

    return {name: extractor.line for name, extractor in EXTRACTORS.items()}


def _policies() -> Mapping[str, str]:
    from tunescope.training import POLICIES

    return {name: name for name in POLICIES}


def _objectives() -> Mapping[str, str]:
    return {"accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "macro_f1": "Macro F1"}


DATA = (
    Field("dataset.source", "Images", "text", "A folder or zip archive with one folder for each class."),
    Field(
        "run.id", "Run id", "text", "Lower-case letters, digits and dashes.", "made up from the data's name"
    ),
)
MODELS = Field("search.models", "Models", "names", options=_models)
STRATEGIES = Field("search.strategies", "Strategies", "names", options=_strategies)
EXTRACTORS = Field("features.extractors", "Feature extractors", "names", options=_extractors)
BUDGET = (
    Field(
        "search.max_seconds", "Seconds", "number", "Of search, shared equally by the strategies.", "no limit"
    ),
    Field("search.max_trials", "Trials", "whole", "Over all strategies together.", "no limit"),
    Field(
        "search.target_accuracy",
        "Target accuracy",
        "number",
        "Between 0 and 1; reaching it ends the run.",
        "none",
    ),
)
ADVANCED = (
    Field("search.patience", "Patience", "whole", "Trials without a better one that end a strategy.", "none"),
    Field("search.workers", "Workers", "whole", "Trials trained at the same time.", "one a core"),
    Field("search.seed", "Seed", "whole", "The same seed gives the same search."),
    Field(
        "search.objective",
        "Objective",
        "choice",
        "What each strategy maximizes on validation images.",
        "",
        _objectives,
    ),
    Field(
        "learning_rate.policy",
        "Learning-rate policy",
        "choice",
        "How deep models' learning rate moves.",
        "",
        _policies,
    ),
    Field(
        "dataset.image_size",
        "Image size",
        "whole",
        "Side in pixels after preparation.",
        "chosen from the images",
    ),
)
FIELDS = (*DATA, MODELS, STRATEGIES, EXTRACTORS, *BUDGET, *ADVANCED)
_BY_KEY = {field.key: field for field in FIELDS}
# A fault of a whole section, shown at the field that mends it.
_SECTIONS = {"search": "search.max_seconds", "dataset": "dataset.source"}

Values = Mapping[str, Any]


def field(key: str) -> Field:
    """The field of a parameter."""
    return _BY_KEY[key]


@cache
def defaults() -> Values:
    """What each field holds at first: the project's configuration."""
    tree: dict[str, Any] = {}
    for path in sorted((project_folder() / CONFIGURATION).glob("*.yml")):
        tree |= yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return values_of(tree)


def values_of(tree: Mapping[str, Any]) -> Values:
    """The values of all fields in a parameter tree; ``None`` where it has none."""
    return {field.key: _shown(_at(tree, field.key)) for field in FIELDS}


def tree_of(values: Values) -> dict[str, dict[str, Any]]:
    """The parameter tree that the values make."""
    tree: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, name = key.split(".")
        tree.setdefault(section, {})[name] = _given(value)
    return tree


def changed(values: Values) -> dict[str, dict[str, Any]]:
    """The part of the tree that differs from the project's configuration."""
    usual = defaults()
    return tree_of({key: value for key, value in values.items() if _given(value) != _given(usual.get(key))})


def faults(values: Values) -> dict[str, str]:
    """A sentence for each field that must be mended; under the empty key what concerns no field."""
    from tunescope.search import check_parameters

    found = dict(_unready(values))
    try:
        check_parameters(tree_of(values))
    except ParameterError as error:
        for line in str(error).splitlines():
            found.setdefault(_field_of(line), line)
    return found


def _unready(values: Values) -> Iterator[tuple[str, str]]:
    """What the rules of parameters do not look at: whether the images are there."""
    source = _given(values.get("dataset.source"))
    if source and not (project_folder() / Path(str(source)).expanduser()).exists():
        yield (
            "dataset.source",
            f"`dataset.source` is `{source}`, but there is no such file or folder: "
            "give the path of a folder or archive of labelled images",
        )


def _field_of(line: str) -> str:
    """The field that a fault speaks of first: ``search.models.0`` belongs to ``search.models``."""
    named = re.match(r"`([a-z_]+(?:\.[a-z_]+)?)", line)
    key = named.group(1) if named else ""
    return key if key in _BY_KEY else _SECTIONS.get(key, "")


def _at(tree: Mapping[str, Any], key: str) -> Any:
    section, name = key.split(".")
    return (tree.get(section) or {}).get(name)


def _shown(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def _given(value: Any) -> Any:
    """What was entered; a text without letters is nothing."""
    return (value.strip() or None) if isinstance(value, str) else value
