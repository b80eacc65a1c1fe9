"""The form of a new run as plain data: fields, values, faults, and the parameter tree they make."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from dashboard import configuration
from dashboard.launch import project_folder
from tunescope.errors import ParameterError, SourceError
from tunescope.parameters import CleaningParameters

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

    return {name: policy.line for name, policy in POLICIES.items()}


def _splits() -> Mapping[str, str]:
    return {
        "auto": "Automatic",
        "stratified": "Stratified by class",
        "group": "By group",
        "kfold": "One fold of several",
        "official": "Official",
    }


def _policies_of(values: tuple[str, ...]) -> Options:
    words = {"drop": "Reject the file", "fix": "Mend it", "keep": "Keep it as it is"}
    return lambda: {value: words[value] for value in values}


def _cleaning() -> "tuple[Field, ...]":
    """A field for each finding that a policy decides about."""
    return tuple(
        Field(
            f"dataset.cleaning.{name}",
            name.replace("_", " ").capitalize(),
            "choice",
            f"{info.description}.",
            options=_policies_of(get_args(info.annotation)),
        )
        for name, info in CleaningParameters.model_fields.items()
        if get_origin(info.annotation) is Literal
    )


def _objectives() -> Mapping[str, str]:
    return {
        "accuracy": "Share of the validation images that are right; more is better",
        "balanced_accuracy": "Accuracy in which every class counts the same",
        "macro_f1": "F1 score, the mean over the classes",
        "log_loss": "How sure of the right classes; less is better",
        "latency": "Milliseconds to classify one image; less is better",
        "size": "Bytes of the files that predict; less is better",
        "training_time": "Seconds of training; less is better",
    }


def _pruners() -> Mapping[str, str]:
    return {
        "median": "Below the median of the others",
        "asha": "Successive halving (ASHA)",
        "hyperband": "Hyperband",
        "none": "None: every training goes on to its end",
    }


def _fidelities() -> Mapping[str, str]:
    return {"epochs": "Epochs of networks", "images": "Growing shares of the training images"}


def _precisions() -> Mapping[str, str]:
    return {"auto": "Whichever is faster here", "float32": "float32", "bfloat16": "bfloat16"}


_IMAGE_SIZE = Field(
    "dataset.image_size", "Image size", "whole", "Side in pixels after preparation.", "chosen from the images"
)
_SPLIT = Field(
    "dataset.split",
    "Split",
    "choice",
    "Automatic: the official one, else by group if one is given, else by class.",
    "",
    _splits,
)
_GROUP = Field(
    "dataset.group",
    "Group",
    "text",
    "A regular expression on the path: what it finds names the group.",
    "none",
)
_CORRECTIONS = Field("dataset.corrections", "Corrections", "text", "A CSV file of labels to correct.", "none")
DATA = (
    Field("dataset.source", "Images", "text", "A folder, archive or manifest, or the name of a known set."),
    Field(
        "run.id", "Run id", "text", "Lower-case letters, digits and dashes.", "made up from the data's name"
    ),
)
MODELS = Field("search.models", "Models", "names", options=_models)
STRATEGIES = Field("search.strategies", "Strategies", "names", options=_strategies)
EXTRACTORS = Field("features.extractors", "Feature extractors", "names", options=_extractors)
POLICIES = Field("learning_rate.policy", "Learning-rate policies", "names", options=_policies)
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
    _IMAGE_SIZE,
    _SPLIT,
    _GROUP,
    _CORRECTIONS,
)
OBJECTIVES = Field("search.objective", "Objectives", "names", options=_objectives)
SCORING = (
    Field(
        "search.folds",
        "Folds",
        "whole",
        "Of a cross-validation over training and validation images; empty scores on the validation split.",
        "no cross-validation",
    ),
    Field("search.pruner", "Pruner", "choice", "What ends hopeless trainings early.", "", _pruners),
    Field("search.fidelity", "The pruner watches", "choice", "", "", _fidelities),
    Field(
        "search.seed_study",
        "Seed study",
        "text",
        "A study of an earlier run, whose best configurations are tried first.",
        "none",
    ),
)
TRAINING = (
    Field("search.training.device", "Device", "text", "`auto`, `cpu`, `cuda` or `cuda:1`.", "auto"),
    Field(
        "search.training.precision",
        "Precision",
        "choice",
        "Numbers that networks compute with.",
        options=_precisions,
    ),
    Field(
        "search.training.early_stopping",
        "Early stopping",
        "whole",
        "Epochs without a better one that end a training.",
        "never",
    ),
    Field(
        "search.training.weights",
        "Pretrained weights",
        "text",
        "A file of weights, or a folder of such files.",
        "torchvision's",
    ),
)
FIELDS = (
    *DATA,
    MODELS,
    STRATEGIES,
    EXTRACTORS,
    POLICIES,
    *BUDGET,
    OBJECTIVES,
    *SCORING,
    *ADVANCED,
    *TRAINING,
)
# What the editor of spaces shows, beside these fields.
EDITED = ("search.space", "search.options")
# What is asked before a source is prepared, without a search.
PREPARATION = (
    Field("dataset.name", "Name", "text", "Letters, digits and `.`, `_`, `-`.", "made up from the source"),
    _IMAGE_SIZE,
    _SPLIT,
    _GROUP,
    _CORRECTIONS,
)
CLEANING = _cleaning()
_BY_KEY = {field.key: field for field in (*FIELDS, *PREPARATION, *CLEANING)}
# A fault of a whole section, shown at the field that mends it.
_SECTIONS = {"search": "search.max_seconds", "dataset": "dataset.split"}

Values = Mapping[str, Any]
Tree = Mapping[str, Any]


def field(key: str) -> Field:
    """The field of a parameter."""
    return _BY_KEY[key]


@cache
def defaults() -> Values:
    """What each field holds at first: the project's configuration."""
    return values_of(configuration.tree(project_folder()))


@cache
def usual_edits() -> Values:
    """What the project's configuration changes of spaces and of strategies' options."""
    search = configuration.tree(project_folder()).get("search", {})
    return {key: search.get(key) or {} for key in ("space", "options")}


@cache
def preparation_defaults() -> Values:
    """What each field of a preparation holds at first."""
    tree = configuration.tree(project_folder())
    return {field.key: _shown(_at(tree, field.key)) for field in (*PREPARATION, *CLEANING)}


def preparation_values(tree: Tree) -> dict[str, Any]:
    """The values of the fields of a preparation in the tree of a run that says them."""
    found = {field.key: _shown(_at(tree, field.key)) for field in (*PREPARATION, *CLEANING)}
    return {key: value for key, value in found.items() if value is not None}


def values_of(tree: Tree) -> Values:
    """The values of all fields in a parameter tree; ``None`` where it has none."""
    return {field.key: _in_field(field, _at(tree, field.key)) for field in FIELDS}


def tree_of(values: Values, carried: Tree | None = None) -> dict[str, Any]:
    """The parameter tree that the values make, over one that holds what no field shows."""
    tree: dict[str, Any] = merged(carried or {}, {})
    for key, value in values.items():
        *sections, name = key.split(".")
        place = tree
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = _given(value)
    return tree


def changed(values: Values, carried: Tree | None = None) -> dict[str, Any]:
    """The part of the tree that differs from the project's configuration."""
    usual = {**preparation_defaults(), **defaults()}
    differing = {key: value for key, value in values.items() if _given(value) != _given(usual.get(key))}
    return tree_of(differing, carried)


def unshown(tree: Tree) -> dict[str, Any]:
    """What of a run's tree no field shows, nor the configuration says: a run like it needs that too."""
    differing = _differing(tree, configuration.tree(project_folder()))
    for key in (*(field.key for field in FIELDS), *EDITED):
        *sections, name = key.split(".")
        _at_path(differing, sections).pop(name, None)
    return {key: value for key, value in differing.items() if value != {}}


def dataset_tree(tree: Tree, **changes: Any) -> dict[str, Any]:
    """What of a run's tree concerns its images and differs from the configuration, with changes."""
    about = {key: tree[key] for key in ("dataset", "features") if key in tree}
    differing = _differing(about, configuration.tree(project_folder()))
    return merged(differing, {"dataset": changes})


def merged(one: Tree, other: Tree) -> dict[str, Any]:
    """Two trees as one, copied; where both have a value, that of the second counts."""
    tree = {key: merged(value, {}) if isinstance(value, Mapping) else value for key, value in one.items()}
    for key, value in other.items():
        both = isinstance(value, Mapping) and isinstance(tree.get(key), Mapping)
        tree[key] = merged(tree[key], value) if both else value
    return tree


def faults(values: Values, carried: Tree | None = None) -> dict[str, str]:
    """A sentence for each field that must be mended; under the empty key what concerns no field."""
    from tunescope.search import check_parameters

    found = dict(_unready(values))
    try:
        check_parameters(tree_of(values, carried))
    except ParameterError as error:
        for line in str(error).splitlines():
            found.setdefault(_edited_of(line) or _field_of(line), line)
    return found


def preparation_faults(values: Values, source: str) -> dict[str, str]:
    """The same for the fields of a preparation."""
    usual = tree_of(defaults())
    return faults({"dataset.source": source, **values}, usual)


def _unready(values: Values) -> Iterator[tuple[str, str]]:
    """What the rules of parameters do not look at: whether the images and the corrections are there."""
    from tunescope.datasets import find

    source, corrections = _given(values.get("dataset.source")), _given(values.get("dataset.corrections"))
    try:
        if source:
            find(str(source), project_folder())
    except SourceError as error:
        yield "dataset.source", str(error)
    if corrections and not (project_folder() / Path(str(corrections)).expanduser()).is_file():
        yield (
            "dataset.corrections",
            f"`dataset.corrections` is `{corrections}`, but there is no such file: give a CSV file's path",
        )


def _edited_of(line: str) -> str:
    """The part of the editor that a fault speaks of: ``search.space.svm.C``."""
    option = re.match(r"`(search\.options\.\w+)`: `(\w+)`", line)
    named = re.match(r"`(search\.space\.\w+\.\w+)", line)
    return ".".join(option.groups()) if option else named.group(1) if named else ""


def _field_of(line: str) -> str:
    """The field that a fault speaks of first: ``search.models.0`` belongs to ``search.models``."""
    named = re.match(r"`([a-z_]+(?:\.[a-z_]+)*)", line)
    key = named.group(1) if named else ""
    while key and key not in _BY_KEY and "." in key:
        key = key.rpartition(".")[0]
    return key if key in _BY_KEY else _SECTIONS.get(key, "")


def _at(tree: Tree, key: str) -> Any:
    *sections, name = key.split(".")
    return _at_path(tree, sections).get(name)


def _at_path(tree: Any, sections: Sequence[str]) -> Any:
    for section in sections:
        tree = tree.get(section) or {}
    return tree


def _differing(tree: Tree, usual: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        before = usual.get(key)
        if isinstance(value, Mapping):
            found[key] = _differing(value, before if isinstance(before, Mapping) else {})
        elif _shown(value) != _shown(before):
            found[key] = value
    return {key: value for key, value in found.items() if value != {}}


def _in_field(field: Field, value: Any) -> Any:
    """A value as its control holds it: one name of several may be written without a list."""
    is_text = field.kind == "names" and isinstance(value, str)
    return value.split("+") if is_text else _shown(value)


def _shown(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def _given(value: Any) -> Any:
    """What was entered; a text without letters is nothing."""
    return (value.strip() or None) if isinstance(value, str) else value
