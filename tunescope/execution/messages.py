"""What a search and its workers say to each other. Plain data: it crosses process boundaries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tunescope.parameters import TrainingParameters


@dataclass(frozen=True)
class Workbench:
    """What all trials of a search share: where data are found, and how to train.

    ``features`` maps extractors to the folders of their matrices; ``cache`` is where trials leave for others
    what frozen networks say of the images; ``threads`` are those of one worker. With ``folds``, a trial is
    that many trainings; with ``fidelity`` `images` it trains on growing shares of the images first. Of the
    ``objectives``, what takes time to measure is measured only when it is among them.
    """

    dataset: Path
    features: Mapping[str, Path]
    cache: Path | None
    threads: int
    training: TrainingParameters = field(default_factory=TrainingParameters)
    objectives: tuple[str, ...] = ("accuracy",)
    folds: int | None = None
    fidelity: str = "epochs"


@dataclass(frozen=True)
class Assignment:
    """One configuration to train.

    ``folder`` is where its model and validation predictions go; ``checkpoint`` is the file of an unfinished
    training, which an earlier trial of the same configuration may have left; ``threads`` are those of the
    workbench where nobody says otherwise.
    """

    trial_id: int
    model: str
    hyperparameters: Mapping[str, Any]
    seed: int
    folder: Path
    checkpoint: Path | None = None
    threads: int | None = None


@dataclass(frozen=True)
class EpochEnded:
    """A training has come an epoch further; ``values`` are the columns of the epoch table."""

    trial_id: int
    epoch: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class StepScored:
    """A trial of several trainings has ended one of them.

    With folds, ``step`` counts them from 1 and ``scores`` are means over the folds so far; with shares,
    ``step`` is the number of ninths of the training images (1, 3, 9) and ``scores`` are those of this share.
    """

    trial_id: int
    step: int
    scores: Mapping[str, float]


@dataclass(frozen=True)
class TrialEnded:
    """A trial was trained and scored; ``columns`` are those of the trial table, ``phases`` seconds.

    ``scores`` are ``accuracy``, ``balanced_accuracy``, ``macro_f1`` and ``log_loss``, and those of
    ``latency`` (milliseconds for one image), ``size`` (bytes) and ``training_time`` (seconds) that the
    workbench asks for.
    """

    trial_id: int
    scores: Mapping[str, float]
    columns: Mapping[str, Any] = field(default_factory=dict)
    phases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrialFailed:
    """A trial ended without a result.

    ``error``: its training raised; ``stopped``: it was asked to stop; ``lost``: its process died.
    """

    trial_id: int
    kind: Literal["error", "stopped", "lost"]
    reason: str


TrialMessage = EpochEnded | StepScored | TrialEnded | TrialFailed
