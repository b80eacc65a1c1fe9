"""The one way to train a model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunescope.datasets import PackedDataset
from tunescope.errors import ParameterError, UnknownNameError
from tunescope.models import MODELS
from tunescope.parameters import TrainingParameters
from tunescope.training.outcome import Epoch, OnEpoch, ShouldStop, Trained
from tunescope.training.setting import Setting
from tunescope.training.spaces import completed


def train(
    model: str,
    hyperparameters: Mapping[str, Any],
    dataset: PackedDataset,
    features: Mapping[str, Path],
    *,
    seed: int,
    threads: int = 1,
    device: str = "cpu",
    options: TrainingParameters | None = None,
    cache: Path | None = None,
    checkpoint: Path | None = None,
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
        options: how to train, whatever the hyperparameters.
        cache: root of what trainings share, which is the features of frozen networks; without one each
            training computes its own.
        checkpoint: file of an unfinished training: written after each epoch, deleted at the end. Where it is
            there at the beginning, the training goes on from it and ends with the weights of an unbroken one.
        on_epoch: told about each epoch of a deep model, also about those of the checkpoint.
        should_stop: asked before every batch of a deep model, and before and after the fit of a shallow one.

    Raises:
        UnknownNameError: when the model is unknown.
        ParameterError: when a hyperparameter is unknown, or ``threads`` is less than 1.
        SourceError: when a shallow model's features have not been extracted, or pretrained weights are not
            to be had.
        Stopped: when ``should_stop`` asked for it before there was anything to keep: a deep model that has
            finished an epoch ends early instead, with the best of its epochs.
        TrainingFault: when the loss is no longer a number, or the memory does not suffice.
    """
    if model not in MODELS:
        raise UnknownNameError(f"`{model}` is no model: use {', '.join(f'`{one}`' for one in MODELS)}")
    if threads < 1:
        raise ParameterError(f"`threads` is {threads}, but must be at least 1")
    complete = completed(model, hyperparameters)
    setting = Setting(
        dataset,
        features,
        seed,
        threads,
        device,
        options or TrainingParameters(),
        cache,
        checkpoint,
        on_epoch or _ignore,
        should_stop or _never,
    )
    if MODELS[model].kind == "deep":
        from tunescope.training.deep import train_deep  # these import PyTorch and scikit-learn

        return train_deep(MODELS[model], complete, setting)
    from tunescope.training.shallow import train_shallow

    return train_shallow(MODELS[model], complete, setting)


def _ignore(epoch: Epoch) -> None:
    pass


def _never() -> bool:
    return False
