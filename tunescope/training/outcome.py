"""What a training tells while it runs, and what it leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tunescope.errors import RunError, TunescopeError

if TYPE_CHECKING:
    from tunescope.training.predictor import Predictor

Probabilities = npt.NDArray[np.float32]


class TrainingFault(RunError):  # noqa: N818  a trial's reason, not the program's
    """A training cannot give a usable model; the message says why."""


class Stopped(TunescopeError):  # noqa: N818  an answer to `should_stop`, not a failure
    """A training ended because ``should_stop`` asked for it."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the training split.

    Attributes:
        number: from 1.
        epochs: how many there will be.
        train_loss: mean of the loss that was minimized, label smoothing and augmentation included.
        train_accuracy: on the augmented batches, while the weights were changing.
        validation_loss: log loss of the whole validation split, without smoothing.
        validation_accuracy: of the whole validation split.
        learning_rate: of the last step.
        seconds: of this epoch, validation included.
        predictions: class and its probability (3 digits) for each of the watched validation images, in the
            order of :func:`tunescope.datasets.watched_rows`; None where it is not known.
    """

    number: int
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float
    predictions: tuple[tuple[int, float], ...] | None = None


@dataclass(frozen=True)
class Costs:
    """What the training of a deep model took of the machine.

    Attributes:
        device: `cpu` or a CUDA device.
        precision: what the network computed with.
        flops_per_image: floating point operations of one image's forward pass; None where unknown.
        peak_flops: operations a second that the device reached in a large matrix product, with as many
            threads and in this precision.
        bytes_per_image: memory traffic of one image's forward pass, an operator at a time, with its share of
            what is read once for a micro batch; None where unknown.
        peak_bandwidth: bytes a second that a large copy read and wrote, with as many threads; None where
            there was no memory for it.
        energy_joules: of the GPU, while the training ran; None where nobody measures it.
        device_memory_bytes: peak of a GPU's memory that tensors took.
        batch_size: images in a step of the optimizer.
        micro_batch: images that went through the network together.
        operators: the costliest ones, where a profile was asked for.
    """

    device: str
    precision: str
    flops_per_image: int | None
    peak_flops: float
    bytes_per_image: int | None
    peak_bandwidth: float | None
    energy_joules: float | None
    device_memory_bytes: int | None
    batch_size: int
    micro_batch: int
    operators: list[dict[str, Any]] | None


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        predictor: the model that was kept.
        validation_probabilities: (n, classes) of the validation split, rows in the dataset's order.
        scores: ``accuracy``, ``balanced_accuracy``, ``macro_f1`` and ``log_loss`` of these; of several folds,
            the means, while model and probabilities are those of the first.
        phases: seconds by phase, which add up to ``seconds``. Of a shallow model ``load``, ``fit`` and
            ``evaluate``; of a deep one ``prepare``, ``warm_up`` (the first step), ``load``, ``augment``,
            ``forward``, ``backward``, ``optimizer``, ``evaluate``, ``checkpoint`` and ``other``; trainings on
            smaller shares of the images before are ``rungs``.
        seconds: of everything, those before an interruption too.
        images_per_second: training images, counted once each time they were used, over the seconds of their
            steps, warm-up apart; of a shallow model over all seconds.
        peak_memory_bytes: of the process.
        weights: number of parameters that were trained; None for shallow models.
        costs: what a deep model took of the machine.
        notes: what was adapted, in sentences.
    """

    predictor: "Predictor"
    validation_probabilities: Probabilities
    scores: Mapping[str, float]
    phases: Mapping[str, float]
    seconds: float
    images_per_second: float
    peak_memory_bytes: int
    weights: int | None
    costs: Costs | None = None
    notes: tuple[str, ...] = ()


OnEpoch = Callable[[Epoch], object]
ShouldStop = Callable[[], bool]
