"""One pydantic model for each top-level parameter key.

The same models type the inputs of pipeline nodes, feed the forms of the dashboard and back the check
of the whole tree before any work starts. They know rules, not registries: which names a key may hold
(models, strategies, ...) is handed to :func:`check` by its caller.
"""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from tunescope.errors import ParameterError
from tunescope.fault_sentences import listing, sentence, suggestion

RUN_ID_PATTERN = r"^[a-z][a-z0-9-]*$"
DATASET_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
DEVICE_PATTERN = r"^(auto|cpu|cuda(:\d+)?)$"
# A pattern in words: nobody should need to read a regular expression to mend a name.
_PATTERNS = {
    RUN_ID_PATTERN: "must begin with a lower-case letter and hold only lower-case letters, digits and dashes",
    DATASET_NAME_PATTERN: "must begin with a letter or digit and hold only letters, digits and `.`, `_`, `-`",
    DEVICE_PATTERN: "must be `auto`, `cpu`, `cuda`, or `cuda:` with the number of a GPU",
}
# More of them is a slip of the finger, and no estimate or axis could show it.
MOST_TRIALS = 1_000_000
MOST_SECONDS = 365 * 86_400
Direction = Literal["maximize", "minimize"]
Objective = Literal[
    "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "latency", "size", "training_time"
]
# Which way each objective is better. Latency is in milliseconds for one image, size in bytes of the files
# that predict, training time in seconds; the others are scores on the validation images.
DIRECTIONS: Mapping[str, Direction] = {
    "accuracy": "maximize",
    "balanced_accuracy": "maximize",
    "macro_f1": "maximize",
    "log_loss": "minimize",
    "latency": "minimize",
    "size": "minimize",
    "training_time": "minimize",
}


def _split_names(value: object) -> object:
    """`grid+tpe`, the way the command line writes a list, becomes `["grid", "tpe"]`."""
    return [part.strip() for part in value.split("+")] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split_names), Field(min_length=1)]
Objectives = Annotated[tuple[Objective, ...], BeforeValidator(_split_names), Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunParameters(_Section):
    """What identifies a run."""

    id: str | None = Field(None, pattern=RUN_ID_PATTERN, max_length=60, description="Name of the run")


Kept = Literal["drop", "keep"]
Mended = Literal["drop", "fix"]
Handled = Literal["drop", "fix", "keep"]


class CleaningParameters(_Section):
    """What is done about each finding: drop the file, fix the picture, or keep it as it is.

    What no policy can mend (an empty file, no image, a bomb, ...) is always dropped. Each key but the
    thresholds at the end is a finding, in the words of ``data_quality.json`` with ``_`` for spaces.
    """

    truncated: Mended = Field("drop", description="A picture that ends too early: `fix` leaves the rest gray")
    too_small: Kept = Field("drop", description="A side shorter than `smallest_side`")
    turned: Handled = Field("fix", description="Turned by its EXIF data: `fix` puts it upright")
    transparent: Handled = Field("fix", description="See-through: `fix` puts it on white, `keep` ignores it")
    deep_colour: Mended = Field(
        "fix", description="16-bit, 32-bit or floating-point values: `fix` scales them"
    )
    other_colours: Mended = Field("fix", description="CMYK, LAB, YCbCr ...: `fix` turns them into RGB")
    palette: Mended = Field("fix", description="Palette colours: `fix` looks them up")
    black_and_white: Mended = Field("fix", description="1-bit pixels: `fix` makes them 0 and 255")
    animated: Mended = Field("fix", description="Several frames: `fix` takes the first")
    exact_duplicate: Kept = Field("drop", description="The same content as an earlier file of its class")
    near_duplicate: Kept = Field("keep", description="Hardly to be told from an earlier image of its class")
    two_labels: Kept = Field("drop", description="The same image in two classes")
    leakage: Handled = Field("fix", description="Near duplicates across splits: `fix` moves them into one")
    label_case: Literal["fix", "keep"] = Field(
        "keep", description="Classes that differ by case: `fix` joins them"
    )
    blurred: Kept = Field("keep", description="Sharpness below `blurred_below`")
    dark: Kept = Field("keep", description="Brightness below `dark_below`")
    odd_aspect: Kept = Field("keep", description="One side more than `odd_aspect_above` times the other")
    smallest_side: int = Field(8, ge=1, le=512, description="Pixels")
    near_duplicate_bits: int = Field(
        4, ge=0, le=16, description="Differing bits of 64 between near duplicates"
    )
    blurred_below: float = Field(0.025, ge=0, description="Sharpness of a blurred image")
    dark_below: float = Field(0.1, ge=0, le=1, description="Mean brightness, 0 to 1, of a dark image")
    odd_aspect_above: float = Field(4.0, ge=1, description="Longer side by shorter side")


class LimitParameters(_Section):
    """What a source may hold: an archive that declares more is refused before it is read."""

    files: int = Field(2_000_000, ge=1, description="Files in an archive")
    total_bytes: int = Field(2**40, ge=1, description="Bytes of an archive, unpacked")
    ratio: int = Field(200, ge=1, description="Unpacked bytes for each packed one")
    file_bytes: int = Field(2**28, ge=1, description="Bytes of one image file")


class DatasetParameters(_Section):
    """Which images, and how they are prepared."""

    source: str = Field(min_length=1, description="Folder, archive, manifest or name of labelled images")
    name: str | None = Field(None, pattern=DATASET_NAME_PATTERN, max_length=80, description="Name")
    image_size: int | None = Field(None, ge=8, le=512, description="Side of the packed images in pixels")
    fit: Literal["letterbox", "crop", "stretch"] = Field(
        "letterbox", description="How an image becomes square"
    )
    split: Literal["auto", "stratified", "group", "kfold", "official"] = Field(
        "auto", description="How images are shared out among the splits"
    )
    group: str | None = Field(
        None, min_length=1, description="Regular expression: what names an image's group"
    )
    folds: int = Field(5, ge=2, le=100, description="Number of folds")
    fold: int = Field(0, ge=0, description="The fold that is for validation")
    validation: float = Field(0.15, gt=0, lt=0.5, description="Share of the images for validation")
    test: float = Field(0.15, gt=0, lt=0.5, description="Share of the images for the sealed test split")
    seed: int = Field(0, ge=0, description="Seed of the split")
    corrections: str | None = Field(None, min_length=1, description="CSV of labels to correct")
    label_check: bool = Field(True, description="Whether to look for suspected label errors")
    cleaning: CleaningParameters = CleaningParameters()
    limits: LimitParameters = LimitParameters()

    @field_validator("group")
    @classmethod
    def _is_a_pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"is `{value}`, but is no regular expression ({error})") from None
        return value

    @model_validator(mode="after")
    def _can_be_split(self) -> "DatasetParameters":
        if self.split == "group" and self.group is None:
            raise ValueError("has `split` `group`: give `dataset.group`, what names an image's group")
        if self.fold >= self.folds:
            raise ValueError(f"has `fold` {self.fold}, but `folds` is {self.folds}: they count from 0")
        return self


class PixelsParameters(_Section):
    """Options of the extractor ``pixels``."""

    side: int = Field(16, ge=2, le=128, description="Side that images shrink to")


class PixelsPcaParameters(_Section):
    """Options of the extractor ``pixels_pca``."""

    components: int = Field(64, ge=1, le=1024, description="Principal components")


class HogParameters(_Section):
    """Options of the extractor ``hog``."""

    orientations: int = Field(9, ge=2, le=36, description="Sectors of the half circle")
    cells: int = Field(6, ge=2, le=32, description="Cells across the shorter side")


class LbpParameters(_Section):
    """Options of the extractor ``lbp``."""

    points: int = Field(8, ge=4, le=24, description="Neighbours on the circle")
    radius: float = Field(1.0, ge=1, le=16, description="Radius of the circle in pixels")
    cells: int = Field(3, ge=1, le=16, description="Cells across the shorter side")


class ColourHistogramParameters(_Section):
    """Options of the extractor ``colour_histogram``."""

    levels: Literal[2, 4, 8] = Field(4, description="Steps of each colour channel")


class EmbeddingParameters(_Section):
    """Options of the extractor ``embedding``."""

    backbone: str = Field(
        "resnet18", min_length=1, description="A torchvision model, or cifar_resnet20 to 56"
    )
    weights: str | None = Field(
        None, min_length=1, description="File or folder of weights; else torchvision's pretrained"
    )
    image_size: int | None = Field(None, ge=16, le=512, description="Side that the backbone sees")


class FeaturesParameters(_Section):
    """Which feature matrices shallow models may choose from, and how they are computed."""

    extractors: Names = Field(("hog", "colour_histogram", "pixels_pca"), description="Extractors")
    map: Literal["pca", "umap"] = Field("pca", description="How the dataset page draws the features")
    pixels: PixelsParameters = PixelsParameters()
    pixels_pca: PixelsPcaParameters = PixelsPcaParameters()
    hog: HogParameters = HogParameters()
    lbp: LbpParameters = LbpParameters()
    colour_histogram: ColourHistogramParameters = ColourHistogramParameters()
    embedding: EmbeddingParameters = EmbeddingParameters()


class TrainingParameters(_Section):
    """How every trial is trained, whatever its hyperparameters."""

    device: str = Field("auto", pattern=DEVICE_PATTERN, description="auto, cpu, cuda or cuda:N")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Numbers that deep models compute with"
    )
    compile: bool = Field(False, description="Whether deep models are compiled first")
    early_stopping: int | None = Field(
        None, ge=1, description="Epochs without a better one that end a training"
    )
    halve_batch: bool = Field(
        True, description="Out of memory: go on with smaller pieces of the same batches"
    )
    weights: str | None = Field(
        None, min_length=1, description="File of pretrained weights, or folder that holds such files"
    )
    profile: bool = Field(False, description="Whether the costliest operators of each trial are noted")


class SearchParameters(_Section):
    """What is searched, how, and for how long. Budgets are for the whole run."""

    strategies: Names = Field(("grid", "evolutionary", "tpe"), description="Search strategies")
    models: Names = Field(("svm", "cnn"), description="Models to choose from")
    max_trials: int | None = Field(None, ge=1, le=MOST_TRIALS, description="Trials, over all studies")
    max_seconds: float | None = Field(
        180, gt=0, le=MOST_SECONDS, description="Seconds of search, over all studies"
    )
    target_accuracy: float | None = Field(None, gt=0, le=1, description="Accuracy that ends the run")
    patience: int | None = Field(
        None, ge=1, le=MOST_TRIALS, description="Trials without a better one that end a study"
    )
    workers: int | None = Field(None, ge=1, le=256, description="Trials at a time")
    seed: int = Field(0, ge=0, description="Seed of strategies and trainings")
    seed_trials: tuple[dict[str, Any], ...] = Field((), description="Configurations to try first")
    seed_study: str | None = Field(
        None, min_length=1, description="Earlier study whose best configurations are tried first"
    )
    objective: Objectives = Field(
        ("accuracy",), description="What a study optimizes; several give a Pareto front"
    )
    folds: int | None = Field(
        None, ge=2, le=20, description="Folds of a cross-validation; none is the one validation split"
    )
    pruner: Literal["median", "asha", "hyperband", "none"] = Field(
        "median", description="Rule that stops hopeless trials early"
    )
    fidelity: Literal["epochs", "images"] = Field(
        "epochs", description="What the pruner watches: epochs, or growing shares of the training images"
    )
    options: dict[str, dict[str, Any]] = Field({}, description="Options of strategies")
    space: dict[str, dict[str, dict[str, Any]]] = Field({}, description="Changes to the models' spaces")
    training: TrainingParameters = TrainingParameters()

    @model_validator(mode="after")
    def _has_an_end(self) -> "SearchParameters":
        if self.max_trials is None and self.max_seconds is None:
            raise ValueError("needs an end: give `search.max_trials`, `search.max_seconds` or both")
        return self

    @model_validator(mode="after")
    def _watches_one_thing(self) -> "SearchParameters":
        if self.folds is not None and self.fidelity == "images":
            raise ValueError(
                "has `folds` and `fidelity` `images`, which exclude each other: leave one of them out"
            )
        twice = [name for name in self.objective if self.objective.count(name) > 1]
        if twice:
            raise ValueError(f"has `{twice[0]}` twice in `objective`: name each objective once")
        return self


class RangeTestParameters(_Section):
    """The range test: a short training whose rate rises from step to step."""

    lowest: float = Field(1e-5, gt=0, description="Learning rate of the first step")
    highest: float = Field(1.0, gt=0, description="Learning rate of the last step")
    steps: int = Field(100, ge=10, le=10_000, description="Number of steps")

    @model_validator(mode="after")
    def _rises(self) -> "RangeTestParameters":
        if self.lowest >= self.highest:
            raise ValueError(f"has `lowest` {self.lowest:g}, but must be below `highest` {self.highest:g}")
        return self


class LearningRateParameters(_Section):
    """How the learning rate of deep models moves during a training."""

    policy: Names = Field(("onecycle",), description="Learning-rate policies that deep models choose from")
    range_test: RangeTestParameters = RangeTestParameters()


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
        return [sentence(details, Parameters, _PATTERNS) for details in error.errors()]
    return [
        f"`{key}` holds `{name}`, which is unknown{suggestion(name, known)}: use {listing(known)}"
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
