"""Training of deep models: the loop."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from tunescope.models import Model
from tunescope.timing import PhaseClock
from tunescope.training.augmentation import Augmentation
from tunescope.training.batches import Batches
from tunescope.training.deep_predictor import DeepPredictor, build_module
from tunescope.training.evaluation import scores
from tunescope.training.memory import peak_memory, reset_peak_memory
from tunescope.training.normalization import Normalization
from tunescope.training.optimizers import Optimizer
from tunescope.training.outcome import Epoch, Probabilities, Stopped, Trained, TrainingFault
from tunescope.training.precision import reduced_precision
from tunescope.training.predictor import Identity, images_at_a_time
from tunescope.training.setting import Setting


def train_deep(model: Model, hyperparameters: Mapping[str, Any], setting: Setting) -> Trained:
    """Train a network on the training split; see :func:`tunescope.training.train`.

    The weights that are kept are those of the epoch with the best validation accuracy, and of these the one
    with the lowest validation loss; of the epochs so far, when it is stopped after the first.
    """
    begun, cuda = time.perf_counter(), setting.device.startswith("cuda")
    torch.set_num_threads(setting.threads)
    reset_peak_memory(setting.device)
    with torch.random.fork_rng([setting.device] if cuda else []):
        torch.manual_seed(setting.seed)
        loop = _Loop(model, hyperparameters, setting)
        best = loop.run()
    seconds = time.perf_counter() - begun
    return Trained(
        predictor=loop.predictor,
        validation_probabilities=best.probabilities,
        scores=best.scores,
        phases=loop.clock.seconds,
        seconds=seconds,
        images_per_second=loop.images / seconds,
        peak_memory_bytes=peak_memory(setting.device),
        weights=sum(one.numel() for one in loop.module.parameters()),
    )


@dataclass(frozen=True)
class _Best:
    """The weights of an epoch, and how well they did."""

    weights: Mapping[str, Tensor]
    probabilities: Probabilities
    scores: Mapping[str, float]

    @property
    def rank(self) -> tuple[float, float]:
        return self.scores["accuracy"], -self.scores["log_loss"]


@dataclass
class _Tally:
    """Sums over the batches of an epoch."""

    images: int = 0
    loss: float = 0.0
    right: int = 0

    def add(self, images: int, loss: float, right: int) -> None:
        self.images += images
        self.loss += loss * images
        self.right += right


class _Loop:
    def __init__(self, model: Model, hyperparameters: Mapping[str, Any], setting: Setting) -> None:
        from tunescope.training import POLICIES  # here, because the registry's room leads to this module

        self.setting, self.dataset, self.hyperparameters = setting, setting.dataset, hyperparameters
        self.clock = PhaseClock(setting.device)
        self.epochs: int = hyperparameters["epochs"]
        self.policy = POLICIES[setting.policy](k0=hyperparameters["learning_rate"])
        draws = torch.Generator().manual_seed(setting.seed)
        with self.clock.phase("load"):
            self.batches = Batches(self.dataset, hyperparameters["batch_size"], setting.device, draws)
            self.predictor = _untrained(model, hyperparameters, setting)
        self.module = self.predictor.module
        self.augment = Augmentation(hyperparameters["augmentation"], hyperparameters["flip"], draws)
        self.optimizer = Optimizer(self.module, hyperparameters)
        self.step = self.images = 0

    def run(self) -> _Best:
        best: _Best | None = None
        for number in range(1, self.epochs + 1):
            try:
                reached = self._epoch(number)
            except Stopped:
                if best is None:
                    raise
                break  # what has been learned so far is worth keeping
            if best is None or reached.rank > best.rank:
                best = reached
        assert best is not None  # every space has at least one epoch
        self.module.load_state_dict(best.weights)
        return best

    def _epoch(self, number: int) -> _Best:
        begun, tally = time.perf_counter(), _Tally()
        self.module.train()
        for numbers in self.batches.shuffled():
            self.setting.stop_if_asked()
            self._step(numbers, tally, number)
        with self.clock.phase("evaluate"):
            reached = self._validated(number)
        self.setting.on_epoch(self._report(number, tally, reached, time.perf_counter() - begun))
        return reached

    def _step(self, numbers: Tensor, tally: _Tally, epoch: int) -> None:
        with self.clock.phase("load"):
            images, labels = self.batches.take(numbers)
        with self.clock.phase("augment"):
            inputs = self.augment(self.predictor.normalization(images))
        with self.clock.phase("forward"):
            logits, loss = self._forward(inputs, labels)
            value = self._checked(loss.item(), epoch)
        with self.clock.phase("backward"):
            self.optimizer.clear()
            loss.backward()  # type: ignore[no-untyped-call]
        with self.clock.phase("optimizer"):
            self.optimizer.step(self._rate())
        self.step += 1
        self.images += len(numbers)
        tally.add(len(numbers), value, int((logits.argmax(1) == labels).sum()))

    def _forward(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        with reduced_precision(self.setting.device):
            logits: Tensor = self.module(inputs)
        smoothing = self.hyperparameters["label_smoothing"]
        return logits, functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing)

    def _rate(self) -> float:
        return self.policy(self.step, self.epochs * self.batches.steps)

    def _checked(self, loss: float, epoch: int) -> float:
        if not math.isfinite(loss):
            rate = self.hyperparameters["learning_rate"]
            raise TrainingFault(
                f"the loss became {loss} in epoch {epoch} at a `learning_rate` of {rate:g}: try a lower one"
            )
        return loss

    def _validated(self, epoch: int) -> _Best:
        rows = self.dataset.indices("validation")
        probabilities = _predicted(self.predictor, self.dataset.images, rows)
        self._checked(float(probabilities.sum()), epoch)
        weights = {name: value.detach().clone() for name, value in self.module.state_dict().items()}
        return _Best(weights, probabilities, scores(self.dataset.labels[rows], probabilities))

    def _report(self, number: int, tally: _Tally, reached: _Best, seconds: float) -> Epoch:
        return Epoch(
            number=number,
            epochs=self.epochs,
            train_loss=tally.loss / tally.images,
            train_accuracy=tally.right / tally.images,
            validation_loss=reached.scores["log_loss"],
            validation_accuracy=reached.scores["accuracy"],
            learning_rate=self.policy(self.step - 1, self.epochs * self.batches.steps),
            seconds=seconds,
        )


def _untrained(model: Model, hyperparameters: Mapping[str, Any], setting: Setting) -> DeepPredictor:
    dataset = setting.dataset
    identity = Identity(model.name, hyperparameters, dataset.image_shape, dataset.classes)
    size = images_at_a_time(dataset.image_shape)
    normalization = Normalization.of(dataset.images, dataset.indices("train"), size)
    return DeepPredictor(identity, build_module(identity, setting.device), normalization)


def _predicted(
    predictor: DeepPredictor, images: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp]
) -> Probabilities:
    """Predict named rows, without reading all of them into memory."""
    size = images_at_a_time(predictor.identity.image_shape)
    pieces = (images[rows[at : at + size]] for at in range(0, len(rows), size))
    return np.concatenate([predictor.predict(piece) for piece in pieces])
