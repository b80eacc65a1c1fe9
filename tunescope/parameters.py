"""One pydantic model for each top-level parameter key.

The same models type the inputs of pipeline nodes, feed the forms of the dashboard and back the check
of the whole tree before any work starts. They know rules, not registries: which names a key may hold
(models, strategies, ...) is handed to :func:`check` by its caller.
"""

import difflib
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from tunescope.errors import ParameterError

RUN_ID_PATTERN = r"^[a-z][a-z0-9-]*$"
DATASET_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
Objective = Literal["accuracy", "balanced_accuracy", "macro_f1"]


def _split_names(value: object) -> object:
    """`grid+tpe`, the way the command line writes a list, becomes `["grid", "tpe"]`."""
    return [part.strip() for part in value.split("+")] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split_names), Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunParameters(_Section):
    """What identifies a run."""

    id: str | None = Field(None, pattern=RUN_ID_PATTERN, max_length=60, description="Name of the run")


class DatasetParameters(_Section):
    """Which images, and how they are prepared."""

    source: str = Field(min_length=1, description="Folder or archive of labelled images")
    name: str | None = Field(None, pattern=DATASET_NAME_PATTERN, max_length=80, description="Name")
    image_size: int | None = Field(None, ge=8, le=512, description="Side of the packed images in pixels")
    fit: Literal["letterbox", "crop", "stretch"] = Field(
        "letterbox", description="How an image becomes square"
    )
    validation: float = Field(0.15, gt=0, lt=0.5, description="Share of the images for validation")
    test: float = Field(0.15, gt=0, lt=0.5, description="Share of the images for the sealed test split")
    seed: int = Field(0, ge=0, description="Seed of the split")


class FeaturesParameters(_Section):
    """Which feature matrices shallow models may choose from."""

    extractors: Names = Field(("hog", "colour_histogram", "pixels_pca"), description="Extractors")


class SearchParameters(_Section):
    """What is searched, how, and for how long. Budgets are for the whole run."""

    strategies: Names = Field(("grid", "evolutionary", "tpe"), description="Search strategies")
    models: Names = Field(("svm", "cnn"), description="Models to choose from")
    max_trials: int | None = Field(None, ge=1, description="Trials, over all studies")
    max_seconds: float | None = Field(180, gt=0, description="Seconds of search, over all studies")
    target_accuracy: float | None = Field(None, gt=0, le=1, description="Accuracy that ends the run")
    patience: int | None = Field(None, ge=1, description="Trials without a better one that end a study")
    workers: int | None = Field(None, ge=1, le=256, description="Trials at a time")
    seed: int = Field(0, ge=0, description="Seed of strategies and trainings")
    seed_trials: tuple[dict[str, Any], ...] = Field((), description="Configurations to try first")
    objective: Objective = Field("accuracy", description="Score that a study maximizes")
    pruner: Literal["median", "none"] = Field("median", description="Rule that stops hopeless trials early")
    space: dict[str, dict[str, dict[str, Any]]] = Field({}, description="Changes to the models' spaces")

    @model_validator(mode="after")
    def _has_an_end(self) -> "SearchParameters":
        if self.max_trials is None and self.max_seconds is None:
            raise ValueError("needs an end: give `search.max_trials`, `search.max_seconds` or both")
        return self


class LearningRateParameters(_Section):
    """How the learning rate of deep models moves during a training."""

    policy: str = Field("onecycle", description="Learning-rate policy of deep models")


class BenchmarkParameters(_Section):
    """How the finished model is measured."""

    batch_size: int = Field(64, ge=1, le=4096, description="Images at a time for throughput")
    latency_repeats: int = Field(50, ge=1, le=10_000, description="Single images timed for the latency")


class ReportParameters(_Section):
    """What the report shows."""

    mistakes: int = Field(24, ge=0, le=200, description="Wrongly classified images to show")


class Parameters(_Section):
    """The whole tree: one field for each top-level parameter key."""

    run: RunParameters = RunParameters()
    dataset: DatasetParameters
    features: FeaturesParameters = FeaturesParameters()
    search: SearchParameters = SearchParameters()
    learning_rate: LearningRateParameters = LearningRateParameters()
    benchmark: BenchmarkParameters = BenchmarkParameters()
    report: ReportParameters = ReportParameters()


def faults(tree: Mapping[str, Any], names: Mapping[str, Collection[str]] | None = None) -> list[str]:
    """Every fault of a parameter tree, one sentence each; empty when the tree is good.

    ``names`` maps a dotted key, such as ``search.models``, to the names that it may hold.
    """
    try:
        parameters = Parameters.model_validate(tree)
    except ValidationError as error:
        return [_sentence(details) for details in error.errors()]
    return [
        f"`{key}` holds `{name}`, which is unknown{_suggestion(name, known)}: use {_listing(known)}"
        for key, known in (names or {}).items()
        for name in _names_at(parameters, key)
        if name not in known
    ]


def check(tree: Mapping[str, Any], names: Mapping[str, Collection[str]] | None = None) -> Parameters:
    """Return the typed tree.

    Raises:
        ParameterError: with one sentence (a line each) for every fault.
    """
    found = faults(tree, names)
    if found:
        raise ParameterError("\n".join(found))
    return Parameters.model_validate(tree)


def _names_at(parameters: Parameters, key: str) -> tuple[str, ...]:
    section, field = key.split(".")
    value = getattr(getattr(parameters, section), field)
    return (value,) if isinstance(value, str) else value


def _listing(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _suggestion(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""


_RULES = {
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "less_than": "must be less than {lt:g}",
    "literal_error": "must be {expected}",
    "too_short": "must have at least {min_length} entry",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_type": "must be text",
    "dict_type": "must be a group of keys",
    "model_type": "must be a group of keys",
    "tuple_type": "must be a list",
}
# A pattern in words: nobody should need to read a regular expression to mend a name.
_PATTERNS = {
    RUN_ID_PATTERN: "must begin with a lower-case letter and hold only lower-case letters, digits and dashes",
    DATASET_NAME_PATTERN: "must begin with a letter or digit and hold only letters, digits and `.`, `_`, `-`",
}
_KINDS = {"int": "must be a whole number", "float": "must be a number", "bool": "must be true or false"}


def _sentence(details: ErrorDetails) -> str:
    """Pydantic's account of a fault, as key, value and rule."""
    key, value, kind = ".".join(str(part) for part in details["loc"]), details["input"], details["type"]
    if kind == "extra_forbidden":
        return _unknown_key(key)
    if kind == "missing":
        return f"`{key}` is missing: give it a value"
    if kind == "value_error":
        return f"`{key}` {details['ctx']['error']}"
    if kind == "string_pattern_mismatch":
        return f"`{key}` is {_shown(value)}, but {_PATTERNS[details['ctx']['pattern']]}"
    rule = _RULES.get(kind, "").format(**details.get("ctx", {}))
    rule = rule or next((text for name, text in _KINDS.items() if kind.startswith(name)), details["msg"])
    return f"`{key}` is {_shown(value)}, but {rule}"


def _shown(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else repr(value)


def _unknown_key(key: str) -> str:
    parent = key.rpartition(".")[0]
    field = Parameters.model_fields.get(parent)
    owner: Any = field.annotation if field else Parameters
    prefix = f"{parent}." if parent else ""
    known = [prefix + field for field in owner.model_fields]
    return f"`{key}` is unknown{_suggestion(key, known)}: use {_listing(known)}"
