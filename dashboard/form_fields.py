"""The fields of the forms: what each is called, what it takes, and which options it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from tunescope.parameters import CleaningParameters

Kind = Literal["text", "whole", "number", "choice", "names", "configurations"]
Options = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        key: its parameter, such as ``search.seed``.
        label: its name for people.
        kind: what it takes: text, a whole number, a number, one of some options, several names of them, or
            configurations, one a line.
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
    Field("search.patience", "Patience", "whole", "Trials without a better one that end a strategy.", "none"),
)
ADVANCED = (
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
)
SEEDS = (
    Field(
        "search.seed_study",
        "Seed study",
        "text",
        "A study of an earlier run, whose best five configurations are tried next.",
        "none",
    ),
    Field(
        "search.seed_trials",
        "Own configurations",
        "configurations",
        "One a line, such as `model: svm, svm.C: 10`. What a line leaves out, the strategy chooses.",
        "none",
    ),
)
MACHINE = (
    Field("search.workers", "Workers", "whole", "Trials trained at the same time.", "one a core"),
    Field("search.training.device", "Device", "text", "`auto`, `cpu`, `cuda` or `cuda:1`.", "auto"),
    Field(
        "search.training.precision",
        "Precision",
        "choice",
        "Numbers that networks compute with.",
        options=_precisions,
    ),
)
TRAINING = (
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
    *SEEDS,
    *SCORING,
    *ADVANCED,
    *MACHINE,
    *TRAINING,
)
# What is asked before a source is prepared, without a search.
PREPARATION = (
    Field("dataset.name", "Name", "text", "Letters, digits and `.`, `_`, `-`.", "made up from the source"),
    _IMAGE_SIZE,
    _SPLIT,
    _GROUP,
    _CORRECTIONS,
)
CLEANING = _cleaning()
