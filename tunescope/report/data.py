"""What a report is made of, all of it in memory: rendering it reads nothing more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tunescope.analysis.confusion import Confusion
from tunescope.analysis.costs import Speed, speed
from tunescope.analysis.curves import LearningCurve
from tunescope.analysis.selection import text_or_none


@dataclass(frozen=True)
class ClassFacts:
    """One class of a dataset: images in each split, and one image as a ``data:`` address."""

    name: str
    train: int
    validation: int
    test: int
    picture: str

    @property
    def images(self) -> int:
        """Images of all splits."""
        return self.train + self.validation + self.test


@dataclass(frozen=True)
class DatasetFacts:
    """The prepared dataset.

    Attributes:
        name: for people.
        fingerprint: tells its content.
        source: where the images came from.
        image_shape: height, width and channels of a packed image.
        names: of the classes.
        classes: their counts and pictures; empty when the packed arrays are gone.
        splits: images in each split.
        rejected: files that were not used.
    """

    name: str
    fingerprint: str
    source: str
    image_shape: tuple[int, int, int]
    names: tuple[str, ...]
    classes: tuple[ClassFacts, ...]
    splits: Mapping[str, int]
    rejected: int

    @property
    def images(self) -> int:
        """Images of all splits."""
        return sum(self.splits.values())


@dataclass(frozen=True)
class MistakeFacts:
    """A wrongly classified image, with its picture as a ``data:`` address (None: unknown)."""

    picture: str | None
    path: str
    true: str
    predicted: str
    confidence: float
    true_probability: float


@dataclass(frozen=True)
class Winner:
    """The best model, and what it did with the test split.

    Attributes:
        best: ``best`` of the summary.
        trial: its row of the trials frame.
        benchmark: its row of the benchmarks frame; empty when it was not measured.
        curve: its training by epoch; None for a shallow model.
        confusion: its predictions for the test split; None when they are gone.
        mistakes: those it was surest of.
    """

    best: Mapping[str, Any]
    trial: Mapping[str, Any]
    benchmark: Mapping[str, Any] = field(default_factory=dict)
    curve: LearningCurve | None = None
    confusion: Confusion | None = None
    mistakes: tuple[MistakeFacts, ...] = ()

    @property
    def was_measured(self) -> bool:
        """Whether it is known what the training ran on: not of shallow models, nor of those of old stores."""
        return text_or_none(self.trial.get("device")) is not None

    @property
    def speed(self) -> Speed:
        """How much of its machine the training used."""
        return speed(self.trial)


@dataclass(frozen=True)
class Failure:
    """Trials that failed for one reason: what they are called, and the models that they were to train."""

    reason: str
    trials: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True)
class ReportData:
    """A run.

    Attributes:
        run: its row, with ``state``.
        parameters: the tree that it was launched with.
        summary: what ``summary.json`` holds; empty when the run ended before there was one.
        quality: what ``data_quality.json`` holds; empty likewise.
        device: the machine and its software.
        dataset: None when the run ended before there was one.
        charts: what each chart of the registry computes, by its name.
        winner: None without a finished trial.
        failures: reasons for which trials failed, the most frequent first.
        trial_seconds: seconds of all trials together.
    """

    run: Mapping[str, Any]
    parameters: Mapping[str, Any]
    summary: Mapping[str, Any]
    quality: Mapping[str, Any]
    device: Mapping[str, Any]
    dataset: DatasetFacts | None
    charts: Mapping[str, Any]
    winner: Winner | None
    failures: tuple[Failure, ...]
    trial_seconds: float
