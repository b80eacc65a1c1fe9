"""The range test: between which learning rates a network learns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tunescope.datasets import PackedDataset
from tunescope.errors import ParameterError, UnknownNameError
from tunescope.models import MODELS
from tunescope.parameters import TrainingParameters
from tunescope.training.setting import Setting
from tunescope.training.spaces import completed

if TYPE_CHECKING:
    import torch

    from tunescope.training.batches import Batches

EXPLOSION = 4.0  # times the smallest loss so far ends the test; both are means of the last few
RECENT = 5
SMOOTHING = 0.03  # standard deviation of the smoothing kernel, as a share of the steps
SHARE = 0.1  # of the fall of the loss, from which on it has begun to fall, and is nearly at its lowest
MARGIN = 2.0  # between the proposed highest rate and the first that is too high
NOISE = 2.0  # times the noise that a fall must be larger than
TINY = 1e-12  # least loss whose logarithm is taken

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RangeTest:
    """A short training whose rate rose from step to step; one value a step in each tuple.

    Attributes:
        model: what was trained.
        optimizer: with what: the rates are on its scale.
        rates: learning rates, at equal ratios.
        losses: the loss that was minimized, on the batch of the step.
        smoothed: the same without most of its noise.
        k0: proposed lower bound of a cyclic policy; None when the loss did not fall.
        k1: proposed higher bound, and highest rate of any policy; None likewise.
        note: what is doubtful about the proposal, in a sentence.
    """

    model: str
    optimizer: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    k0: float | None
    k1: float | None
    note: str | None = None


def range_test(
    model: str,
    hyperparameters: Mapping[str, Any],
    dataset: PackedDataset,
    *,
    lowest: float,
    highest: float,
    steps: int,
    seed: int,
    threads: int = 1,
    device: str = "cpu",
    options: TrainingParameters | None = None,
) -> RangeTest:
    """Train with a rate that rises from step to step, on the training split alone.

    Smith, "Cyclical learning rates for training neural networks", WACV 2017, with rates at equal ratios. It
    ends early when the loss explodes: more than four times its smallest, or no number. See :func:`proposed`.

    Args:
        model: a key of ``MODELS``, of a deep model.
        hyperparameters: of that model; defaults stand in for those that are missing. Its rates are not used.
        dataset: the images.
        lowest: rate of the first step.
        highest: rate of the last step.
        steps: how many, at least 10.
        seed: of weights, batches and augmentation.
        threads: of the process from now on.
        device: ``cpu``, a CUDA device, or ``auto``, which is a GPU where there is one.
        options: how to train, whatever the hyperparameters.

    Raises:
        UnknownNameError: when there is no such deep model.
        ParameterError: when a hyperparameter is unknown, or the rates or their number are impossible.
    """
    if model not in MODELS or MODELS[model].kind != "deep":
        deep = ", ".join(f"`{name}`" for name, one in MODELS.items() if one.kind == "deep")
        raise UnknownNameError(f"`{model}` is no deep model: use {deep}")
    _check(lowest, highest, steps)
    options = options or TrainingParameters()
    setting = Setting(dataset, {}, seed, threads, _resolved(device), options, None, None, _ignore, _never)
    rates = np.geomspace(lowest, highest, steps)
    complete = completed(model, hyperparameters)
    return proposed(model, complete["optimizer"], rates, _losses(model, complete, setting, rates))


def proposed(
    model: str, optimizer: str, rates: Sequence[float] | Floats, losses: Sequence[float] | Floats
) -> RangeTest:
    """Read the bounds off a curve.

    The loss is smoothed by a running median and a Gaussian kernel. ``k0`` is where it has fallen by a tenth
    of its whole fall: there the network begins to learn. ``k1`` is half of the highest rate at which it is
    still within a tenth of the fall from its lowest: beyond that rate the network diverges. Both are levels
    of the loss, which noise moves less than slopes or single minima.

    Args:
        model: what was trained.
        optimizer: with what.
        rates: of the steps; those after the last loss are left out.
        losses: of the steps, more than 0; fewer than the rates when the loss exploded.
    """
    tried, measured = np.asarray(rates, np.float64)[: len(losses)], np.asarray(losses, np.float64)
    curve = _smoothed(measured, len(rates))
    k0, k1, note = _bounds(tried, measured, curve, exploded=len(losses) < len(rates))
    return RangeTest(
        model=model,
        optimizer=optimizer,
        rates=tuple(tried.tolist()),
        losses=tuple(measured.tolist()),
        smoothed=tuple(curve.tolist()),
        k0=k0,
        k1=k1,
        note=note,
    )


def _bounds(
    rates: Floats, losses: Floats, curve: Floats, exploded: bool
) -> tuple[float | None, float | None, str | None]:
    if len(curve) < RECENT:
        return None, None, "The loss exploded at once: begin at a lower rate."
    lowest = int(curve.argmin())
    begin = float(np.median(curve[: max(len(curve) // 10, 1)]))
    fall, noise = begin - curve[lowest], float(np.std((losses - curve)[: lowest + 1]))
    (high,) = np.nonzero(curve[:lowest] > begin - SHARE * fall)
    if fall <= NOISE * noise or not len(high):
        return None, None, "The loss did not fall: take more steps, or a wider range."
    last_good = np.flatnonzero(curve <= curve[lowest] + SHARE * fall)[-1]
    k0 = float(rates[high[-1] + 1])
    k1 = max(float(rates[last_good]) / MARGIN, k0)
    is_open = last_good == len(curve) - 1 and not exploded
    return k0, k1, "The loss was still falling at the highest rate: try higher ones." if is_open else None


def _smoothed(losses: Floats, steps: int) -> Floats:
    """On the logarithmic scale, so that an explosion at the end does not reach far back."""
    if not len(losses):
        return losses
    padded = np.pad(losses, RECENT // 2, mode="edge")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(padded, RECENT), axis=1)
    sigma = max(SMOOTHING * steps, 1.0)
    reach = int(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    logarithms = np.pad(np.log(np.maximum(medians, TINY)), reach, mode="edge")
    return np.exp(np.convolve(logarithms, kernel / kernel.sum(), mode="valid"))


def _losses(model: str, hyperparameters: Mapping[str, Any], setting: Setting, rates: Floats) -> list[float]:
    """The loss of each step, up to where it explodes."""
    import torch  # here, because pipelines that only register this pass by

    torch.set_num_threads(setting.threads)
    losses: list[float] = []
    with torch.random.fork_rng([setting.device] if setting.device.startswith("cuda") else []):
        torch.manual_seed(setting.seed)
        for loss in _training(model, hyperparameters, setting, rates):
            if _explodes([*losses, loss]):
                break
            losses.append(loss)
    return losses


def _training(
    model: str, hyperparameters: Mapping[str, Any], setting: Setting, rates: Floats
) -> Iterator[float]:
    """The loss of each step, before the weights follow its gradient."""
    import torch
    from torch.nn import functional

    from tunescope.training.batches import Batches
    from tunescope.training.optimizers import Optimizer
    from tunescope.training.precision import chosen_precision, computing_with
    from tunescope.training.task import make_task
    from tunescope.training.transfer import rate_groups

    draws = torch.Generator().manual_seed(setting.seed)
    task = make_task(MODELS[model], hyperparameters, setting, draws)
    batches = Batches(setting.dataset, hyperparameters["batch_size"], setting.device, draws, task.inputs)
    optimizer = Optimizer(rate_groups(task.learner, hyperparameters), hyperparameters)
    precision = chosen_precision(setting.options.precision, setting.device)
    task.learner.train()
    for rate, numbers in zip(rates, _endless(batches), strict=False):
        images, labels = batches.take(numbers)
        inputs, targets = task.augment(task.prepare(images), labels)
        with computing_with(precision, setting.device):
            logits = task.learner(inputs)
        smoothing = hyperparameters["label_smoothing"]
        loss = functional.cross_entropy(logits.float(), targets, label_smoothing=smoothing)
        yield loss.item()
        optimizer.clear()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step(float(rate))


def _endless(batches: "Batches") -> "Iterator[torch.Tensor]":
    while True:
        yield from batches.shuffled()


def _explodes(losses: Sequence[float]) -> bool:
    """Whether the last few losses are far above the lowest few, or the last one is no number."""
    if not np.isfinite(losses[-1]):
        return True
    means = np.convolve(losses, np.ones(RECENT) / RECENT, mode="valid") if len(losses) >= RECENT else losses
    return bool(means[-1] > EXPLOSION * min(means))


def _check(lowest: float, highest: float, steps: int) -> None:
    if not 0 < lowest < highest:
        raise ParameterError(
            f"`lowest` is {lowest:g}, but must be more than 0 and below `highest`, which is {highest:g}"
        )
    if steps < 10:
        raise ParameterError(f"`steps` is {steps}, but must be at least 10")


def _resolved(device: str) -> str:
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _ignore(epoch: object) -> None:
    pass


def _never() -> bool:
    return False
