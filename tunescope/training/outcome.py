"""What a training tells while it runs, and what it leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """

    number: int
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        predictor: the model that was kept.
        validation_probabilities: (n, classes) of the validation split, rows in the dataset's order.
        scores: ``accuracy``, ``balanced_accuracy``, ``macro_f1`` and ``log_loss`` of these.
        phases: seconds in ``load``, ``evaluate`` and either ``fit`` or ``augment``, ``forward``,
            ``backward`` and ``optimizer``.
        seconds: of everything.
        images_per_second: training images, counted once each time they were used, over ``seconds``.
        peak_memory_bytes: of the device's memory on a GPU, of the process elsewhere.
        weights: number of trained parameters; None for shallow models.
    """

    predictor: "Predictor"
    validation_probabilities: Probabilities
    scores: Mapping[str, float]
    phases: Mapping[str, float]
    seconds: float
    images_per_second: float
    peak_memory_bytes: int
    weights: int | None


OnEpoch = Callable[[Epoch], object]
ShouldStop = Callable[[], bool]
