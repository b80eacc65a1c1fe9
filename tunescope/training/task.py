"""What a training of a deep model works on: what learns, and from what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tunescope.models import Model
from tunescope.models.deep.network import Network
from tunescope.training.augmentation import Augmentation
from tunescope.training.deep_predictor import DeepPredictor, build_module
from tunescope.training.frozen import Features, frozen_features
from tunescope.training.mirroring import is_mirrored
from tunescope.training.normalization import Normalization
from tunescope.training.predictor import Identity, images_at_a_time
from tunescope.training.setting import Setting

Augment = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Task:
    """A network, the part of it that learns, and what that part is shown.

    Attributes:
        predictor: the whole network.
        learner: the network itself, or its head alone where the rest of it is frozen.
        inputs: (n, ...) a row for each image of the dataset: pixels, or features that were computed before.
        prepare: from a batch of rows to float32 that the learner takes.
        augment: from prepared rows and labels (n,) to changed ones and targets.
    """

    predictor: DeepPredictor
    learner: nn.Module
    inputs: npt.NDArray[Any]
    prepare: Callable[[Tensor], Tensor]
    augment: Augment


def make_task(
    model: Model, hyperparameters: Mapping[str, Any], setting: Setting, draws: torch.Generator
) -> Task:
    """Build the network, with pretrained weights where the configuration asks for them.

    Args:
        draws: where augmentation draws from.

    Raises:
        SourceError: when pretrained weights are not to be had, or are of another network.
    """
    predictor = _untrained(model, hyperparameters, setting)
    if hyperparameters.get("weights") == "pretrained" and model.pretrained is not None:
        assert isinstance(predictor.module, Network)
        model.pretrained.load(predictor.module, hyperparameters, setting.weights)
        predictor.module.freeze(hyperparameters["transfer"])
        if hyperparameters["transfer"] == "frozen":
            return _of_features(model, predictor, setting)
    return _of_images(predictor, setting, draws)


def _of_images(predictor: DeepPredictor, setting: Setting, draws: torch.Generator) -> Task:
    dataset, hyperparameters = setting.dataset, predictor.identity.hyperparameters
    mirror = is_mirrored(dataset, hyperparameters["mirror"])
    normalization = predictor.normalization
    augment = Augmentation(hyperparameters, mirror, len(dataset.classes), normalization, draws)
    return Task(predictor, predictor.module, dataset.images, normalization, augment)


def _of_features(model: Model, predictor: DeepPredictor, setting: Setting) -> Task:
    """The features of a frozen network never change: they are computed once for all trials that need them."""
    network = predictor.module
    assert isinstance(network, Network)
    if setting.cache is not None:
        features = _features(model, predictor, setting, setting.cache)
    else:
        with TemporaryDirectory() as room:
            features = np.array(_features(model, predictor, setting, Path(room)))
    return Task(predictor, network.head, features, Tensor.float, _unchanged)


def _features(model: Model, predictor: DeepPredictor, setting: Setting, root: Path) -> Features:
    assert model.pretrained is not None
    assert isinstance(predictor.module, Network)
    return frozen_features(
        predictor.module,
        setting.dataset,
        predictor.normalization,
        model.pretrained.identity(predictor.identity.hyperparameters, setting.weights),
        root,
        setting.device,
        setting.stop_if_asked,
    )


def _untrained(model: Model, hyperparameters: Mapping[str, Any], setting: Setting) -> DeepPredictor:
    dataset = setting.dataset
    identity = Identity(model.name, hyperparameters, dataset.image_shape, dataset.classes)
    module = build_module(identity, setting.device)
    return DeepPredictor(identity, module, _normalization(model, hyperparameters, setting))


def _normalization(model: Model, hyperparameters: Mapping[str, Any], setting: Setting) -> Normalization:
    """The statistics that pretrained weights know, else those of the training split."""
    if hyperparameters.get("weights") == "pretrained" and model.pretrained is not None:
        return Normalization(model.pretrained.mean, model.pretrained.std)
    dataset = setting.dataset
    return Normalization.of(dataset.images, dataset.indices("train"), images_at_a_time(dataset.image_shape))


def _unchanged(inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    return inputs, labels
