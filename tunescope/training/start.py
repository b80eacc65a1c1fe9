"""The one way to train a model."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tunescope.datasets import PackedDataset
from tunescope.errors import ParameterError, UnknownNameError
from tunescope.models import MODELS
from tunescope.training.outcome import Epoch, OnEpoch, ShouldStop, Trained
from tunescope.training.setting import Setting


def train(
    model: str,
    hyperparameters: Mapping[str, Any],
    dataset: PackedDataset,
    features: Mapping[str, Path],
    *,
    seed: int,
    threads: int = 1,
    device: str = "cpu",
    policy: str = "onecycle",
    on_epoch: OnEpoch | None = None,
    should_stop: ShouldStop | None = None,
) -> Trained:
    """Train a model on the training split and score it on the validation split; never touch the test split.

    On a CPU with one thread, equal arguments give equal models.

    Args:
        model: a key of ``MODELS``.
        hyperparameters: of that model; defaults stand in for those that are missing.
        dataset: the images.
        features: folder of each extractor's feature matrix, as ``extract`` gave it; for shallow models only.
        seed: of weights, batches, augmentation and whatever else is drawn.
        threads: of the process from now on, for PyTorch; of this training alone, for scikit-learn.
        device: ``cpu`` or a CUDA device; shallow models stay on the CPU.
        policy: a key of ``POLICIES``, whose highest rate is the hyperparameter ``learning_rate``.
        on_epoch: told about each epoch of a deep model.
        should_stop: asked before every batch of a deep model, and before and after the fit of a shallow one.

    Raises:
        UnknownNameError: when the model or the policy is unknown.
        ParameterError: when a hyperparameter is unknown, or ``threads`` is less than 1.
        SourceError: when a shallow model's features have not been extracted.
        Stopped: when ``should_stop`` asked for it before there was anything to keep: a deep model that has
            finished an epoch ends early instead, with the best of its epochs.
        TrainingFault: when the loss is no longer a number.
    """
    from tunescope.training import POLICIES  # here, because the registry's room imports this module

    _check_name("model", model, MODELS)
    _check_name("learning-rate policy", policy, POLICIES)
    if threads < 1:
        raise ParameterError(f"`threads` is {threads}, but must be at least 1")
    complete = MODELS[model].completed(hyperparameters)
    setting = Setting(
        dataset, features, seed, threads, device, policy, on_epoch or _ignore, should_stop or _never
    )
    if MODELS[model].kind == "deep":
        from tunescope.training.deep import train_deep  # these import PyTorch and scikit-learn

        return train_deep(MODELS[model], complete, setting)
    from tunescope.training.shallow import train_shallow

    return train_shallow(MODELS[model], complete, setting)


def _check_name(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise UnknownNameError(f"`{name}` is no {what}: use {', '.join(f'`{one}`' for one in known)}")


def _ignore(epoch: Epoch) -> None:
    pass


def _never() -> bool:
    return False
