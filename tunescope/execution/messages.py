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
    what frozen networks say of the images; ``threads`` are those of one worker.
    """

    dataset: Path
    features: Mapping[str, Path]
    cache: Path | None
    threads: int
    training: TrainingParameters = field(default_factory=TrainingParameters)


@dataclass(frozen=True)
class Assignment:
    """One configuration to train.

    ``folder`` is where its model and validation predictions go; ``checkpoint`` is the file of an unfinished
    training, which an earlier trial of the same configuration may have left.
    """

    trial_id: int
    model: str
    hyperparameters: Mapping[str, Any]
    seed: int
    folder: Path
    checkpoint: Path | None = None


@dataclass(frozen=True)
class EpochEnded:
    """A training has come an epoch further; ``values`` are the columns of the epoch table."""

    trial_id: int
    epoch: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class TrialEnded:
    """A trial was trained and scored; ``columns`` are those of the trial table, ``phases`` seconds."""

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


TrialMessage = EpochEnded | TrialEnded | TrialFailed
