"""The training loop: epochs of steps, and after each epoch a look at the validation split."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from tunescope.datasets import watched_rows
from tunescope.timing import PhaseClock
from tunescope.timing.phases import WARM_UP
from tunescope.training.averaging import WeightAverage
from tunescope.training.batches import Batches
from tunescope.training.checkpoint import Checkpoint
from tunescope.training.deep_predictor import probabilities_of
from tunescope.training.evaluation import scores
from tunescope.training.faults import BrokenBackward, free_cached_memory, ran_out_of_memory
from tunescope.training.optimizers import Optimizer, learning_rate
from tunescope.training.outcome import Epoch, Probabilities, Stopped, TrainingFault
from tunescope.training.policies import make_policy
from tunescope.training.precision import Precision, computing_with
from tunescope.training.setting import Setting
from tunescope.training.task import Task
from tunescope.training.transfer import rate_groups

T = TypeVar("T")

# On a GPU, a look at the loss waits for all that was asked of the GPU before.
STEPS_BETWEEN_LOOKS = 16
COMPILE = "compile"  # the phase of a first step that compiles the network
FEWEST_IN_A_PIECE = 2  # batch normalization has nothing to normalize in one image


@dataclass(frozen=True)
class Best:
    """The weights of an epoch, and how well they did on the validation split."""

    weights: Mapping[str, Tensor]
    probabilities: Probabilities
    scores: Mapping[str, float]

    @property
    def rank(self) -> tuple[float, float]:
        """Higher is better: accuracy, and of equal ones the lower loss."""
        return self.scores["accuracy"], -self.scores["log_loss"]


@dataclass
class Progress:
    """How far a training has come; with weights and generators, all that it needs to go on.

    Attributes:
        step: optimizer steps so far.
        piece: images that are learned from together; fewer than a batch after the memory ran out.
        seen_together: images that are evaluated together.
        unimproved: epochs since the best.
        timed_images: training images that were used since the warm-up.
        history: the epochs so far.
    """

    step: int = 0
    piece: int = 0
    seen_together: int = 0
    unimproved: int = 0
    timed_images: int = 0
    history: list[Epoch] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> "Progress":
        """Read what :meth:`to_dict` gave."""
        return cls(**{**about, "history": [Epoch(**epoch) for epoch in about["history"]]})


class Loop:
    """One training.

    Args:
        task: what learns from what.
        hyperparameters: all of the configuration.
        setting: data, resources and listeners.
        precision: what the forward pass computes with.
        draws: mixes the images.
        clock: gets the phases ``load``, ``augment``, ``forward``, ``backward``, ``optimizer``, ``evaluate``
            and ``checkpoint``.
    """

    def __init__(
        self,
        task: Task,
        hyperparameters: Mapping[str, Any],
        setting: Setting,
        precision: Precision,
        draws: torch.Generator,
        clock: PhaseClock,
    ) -> None:
        self.task, self.hyperparameters, self.setting = task, hyperparameters, setting
        self.precision, self.draws, self.clock = precision, draws, clock
        self.dataset, self.learner = setting.dataset, task.learner
        self.batches = Batches(
            self.dataset, hyperparameters["batch_size"], setting.device, draws, task.inputs
        )
        self.epochs: int = hyperparameters["epochs"]
        self.steps = self.epochs * self.batches.steps
        self.policy = make_policy(hyperparameters, learning_rate(hyperparameters), self.steps)
        self.optimizer = Optimizer(rate_groups(task.learner, hyperparameters), hyperparameters)
        self.average = self._average()
        self.forward = torch.compile(self.learner) if setting.options.compile else self.learner
        together = task.predictor.images_at_a_time
        self.progress = Progress(piece=self.batches.size, seen_together=together)
        self.best: Best | None = None
        # Places among the rows of the validation split.
        self._watched = np.searchsorted(self.dataset.indices("validation"), watched_rows(self.dataset))
        self.seconds_before = 0.0  # of an earlier process, where a checkpoint tells
        self._looks_every = STEPS_BETWEEN_LOOKS if setting.device.startswith("cuda") else 1
        self.first_step = COMPILE if setting.options.compile else WARM_UP
        self._is_warm = False
        self._broken = BrokenBackward()
        self._after_step: Callable[[], object] = lambda: None

    def run(self, after_step: Callable[[], object] = lambda: None) -> Best:
        """Train to the end, and leave the best weights in the learner.

        Args:
            after_step: called after each step of the optimizer.

        Raises:
            Stopped: when it is asked to stop in the first epoch.
            TrainingFault: when the loss is no number, or the memory does not suffice.
        """
        self._after_step = after_step
        checkpoint = Checkpoint.of(self)
        checkpoint.restore()
        for epoch in self.progress.history:
            self.setting.on_epoch(epoch)
        try:
            while not self._is_over():
                self._epoch(len(self.progress.history) + 1)
                with self.clock.phase("checkpoint"):
                    checkpoint.write()
        except Stopped:
            if self.best is None:
                raise
        assert self.best is not None  # every space has at least one epoch
        self.learner.load_state_dict(self.best.weights)
        checkpoint.delete()
        return self.best

    def _is_over(self) -> bool:
        patience = self.setting.options.early_stopping
        is_hopeless = patience is not None and self.progress.unimproved >= patience
        return is_hopeless or len(self.progress.history) >= self.epochs

    def _average(self) -> WeightAverage | None:
        horizon = self.hyperparameters["ema"] * self.steps
        return WeightAverage(self.learner, horizon) if horizon > 1 else None

    def _epoch(self, number: int) -> None:
        begun, tally = time.perf_counter(), _Tally(self.setting.device)
        self.learner.train()
        for numbers in self.batches.shuffled():
            self.setting.stop_if_asked()
            self._timed_step(numbers, tally)
            if self.progress.step % self._looks_every == 0:
                tally.check(number, self._rate())
        tally.check(number, self._rate())
        with self.clock.phase("evaluate"):
            reached = self._validated()
        self._keep(reached)
        self.clock.settle()
        self._report(number, tally, reached, time.perf_counter() - begun)

    def _timed_step(self, numbers: Tensor, tally: "_Tally") -> None:
        """The first step of a process pays for what later ones find done, above all for compiling."""
        if self._is_warm:
            self._step(numbers, tally)
            self.progress.timed_images += len(numbers)
        else:
            with self.clock.warming(self.first_step):
                self._step(numbers, tally)
            self._is_warm = True

    def _step(self, numbers: Tensor, tally: "_Tally") -> None:
        with self.clock.phase("load"):
            inputs, labels = self.batches.take(numbers)
        with self.clock.phase("augment"):
            inputs, targets = self.task.augment(self.task.prepare(inputs), labels)
        loss, right = self._gradient(inputs, targets, labels)
        tally.add(len(labels), loss, right)
        with self.clock.phase("optimizer"):
            self.optimizer.step(self._rate())
            if self.average is not None:
                self.average.update()
        self.progress.step += 1
        self._after_step()

    def _gradient(self, inputs: Tensor, targets: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Sum of the losses and number of right answers of a batch, in pieces that fit into memory."""

        def attempt() -> tuple[Tensor, Tensor]:
            self.optimizer.clear()
            # Nearly equal pieces: one image left over would have nothing to be normalized with.
            pieces = math.ceil(len(inputs) / self.progress.piece)
            wholes = (torch.tensor_split(one, pieces) for one in (inputs, targets, labels))
            sums = [self._piece(len(inputs), *piece) for piece in zip(*wholes, strict=True)]
            losses, right = (torch.stack(column).sum() for column in zip(*sums, strict=True))
            return losses, right

        while (outcome := _unless_memory_runs_out(attempt)) is None:
            self._take_smaller_pieces()
        return outcome

    def _piece(self, of: int, inputs: Tensor, targets: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Add the gradient of the mean loss over a piece, for its share of a batch of so many images."""
        with self.clock.phase("forward"):
            with computing_with(self.precision, self.setting.device):
                logits = self.forward(inputs)
            smoothing = self.hyperparameters["label_smoothing"]
            loss = functional.cross_entropy(logits.float(), targets, label_smoothing=smoothing)
        with self.clock.phase("backward"):
            (loss * (len(inputs) / of)).backward()  # type: ignore[no-untyped-call]
        return loss.detach() * len(labels), (logits.detach().argmax(1) == labels).sum()

    def _take_smaller_pieces(self) -> None:
        size, batch = self.progress.piece, self.batches.size
        if not self.setting.options.halve_batch or size // 2 < FEWEST_IN_A_PIECE:
            raise TrainingFault(
                f"the memory of `{self.setting.device}` ran out with {size} images at a time: "
                + (
                    "use a smaller `batch_size`, or set `search.training.halve_batch`"
                    if size == batch
                    else "use a smaller model or smaller images"
                )
            )
        self.progress.piece = size // 2
        self.optimizer.clear()
        self._broken.let_go()
        free_cached_memory(self.setting.device)

    def _rate(self, step: int | None = None) -> float:
        step = self.progress.step if step is None else step
        if self.policy.sees_losses:
            losses = [epoch.validation_loss for epoch in self.progress.history]
            return self.policy(step, self.steps, losses)
        return self.policy(step, self.steps)

    def _validated(self) -> Best:
        """Predict the validation split, with the average of the weights where there is one."""
        if self.average is None:
            return self._reached()
        with self.average.applied():
            return self._reached()

    def _reached(self) -> Best:
        """Scores, and the weights too where they are better than the best so far."""
        probabilities = self._probabilities()
        labels = self.dataset.labels[self.dataset.indices("validation")]
        reached = Best({}, probabilities, scores(labels, probabilities))
        if self.best is not None and reached.rank <= self.best.rank:
            return reached
        weights = {name: value.detach().clone() for name, value in self.learner.state_dict().items()}
        return replace(reached, weights=weights)

    def _probabilities(self) -> Probabilities:
        """What the learner says of the validation split, in pieces that fit into memory.

        Raises:
            Stopped: when it is asked to stop meanwhile.
        """
        self.learner.eval()
        while (found := _unless_memory_runs_out(self._predicted)) is None:
            if self.progress.seen_together == 1:
                raise TrainingFault(
                    f"the memory of `{self.setting.device}` does not suffice to evaluate a single image: "
                    "use a smaller model or smaller images"
                )
            self.progress.seen_together //= 2
            free_cached_memory(self.setting.device)
        if not math.isfinite(float(found.sum())):
            number = len(self.progress.history) + 1
            raise TrainingFault(_no_number("the validation loss", number, self._rate()))
        return found

    def _predicted(self) -> Probabilities:
        rows, size = self.dataset.indices("validation"), self.progress.seen_together
        pieces = (rows[at : at + size] for at in range(0, len(rows), size))
        return np.concatenate([self._predicted_piece(piece) for piece in pieces])

    def _predicted_piece(self, rows: npt.NDArray[np.intp]) -> Probabilities:
        self.setting.stop_if_asked()
        inputs = torch.from_numpy(self.task.inputs[rows]).to(self.setting.device)
        return probabilities_of(self.learner, self.task.prepare(inputs))

    def _keep(self, reached: Best) -> None:
        if self.best is None or reached.rank > self.best.rank:
            self.best, self.progress.unimproved = reached, 0
        else:
            self.progress.unimproved += 1

    def _report(self, number: int, tally: "_Tally", reached: Best, seconds: float) -> None:
        epoch = Epoch(
            number=number,
            epochs=self.epochs,
            train_loss=tally.loss,
            train_accuracy=tally.accuracy,
            validation_loss=reached.scores["log_loss"],
            validation_accuracy=reached.scores["accuracy"],
            learning_rate=self._rate(self.progress.step - 1),
            seconds=seconds,
            predictions=_predictions(reached.probabilities[self._watched]),
        )
        self.progress.history.append(epoch)
        self.setting.on_epoch(epoch)


def _unless_memory_runs_out(attempt: Callable[[], T]) -> T | None:
    """What an attempt gives, or None; when this returns, what the failed one held is given back."""
    try:
        return attempt()
    except (RuntimeError, MemoryError) as error:
        if not ran_out_of_memory(error):
            raise
        return None


def _predictions(probabilities: Probabilities) -> tuple[tuple[int, float], ...]:
    """The most probable class of each row, and its probability."""
    classes, highest = probabilities.argmax(axis=1), probabilities.max(axis=1)
    return tuple((int(one), round(float(high), 3)) for one, high in zip(classes, highest, strict=True))


class _Tally:
    """Sums over the batches of an epoch, which stay on the device until somebody looks."""

    def __init__(self, device: str) -> None:
        self.images = 0
        self._losses = torch.zeros((), device=device)
        self._right = torch.zeros((), dtype=torch.long, device=device)

    def add(self, images: int, losses: Tensor, right: Tensor) -> None:
        self.images += images
        self._losses += losses
        self._right += right

    def check(self, epoch: int, rate: float) -> None:
        """Raise ``TrainingFault`` when a loss was no number."""
        if not math.isfinite(self.loss):
            raise TrainingFault(_no_number("the loss", epoch, rate))

    @property
    def loss(self) -> float:
        return float(self._losses) / self.images

    @property
    def accuracy(self) -> float:
        return int(self._right) / self.images


def _no_number(what: str, epoch: int, rate: float) -> str:
    return f"{what} was no number any more in epoch {epoch} at a learning rate of {rate:g}: try a lower one"
