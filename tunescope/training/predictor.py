"""Trained models that predict, and that are saved and loaded without unpickling anything."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tunescope.errors import RunError, SourceError
from tunescope.models import MODELS
from tunescope.training.outcome import Probabilities

DESCRIPTION, WEIGHTS = "model.json", "weights.safetensors"
PIPELINE, EXTRACTOR = "model.skops", "extractor.npz"
# What predicts, by kind of model.
FILES: Mapping[str, tuple[str, ...]] = {
    "deep": (DESCRIPTION, WEIGHTS),
    "shallow": (DESCRIPTION, PIPELINE, EXTRACTOR),
}
VALUES_AT_A_TIME = 2**22  # of the images that go through a model together
MOST_IMAGES = 256

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Identity:
    """What a trained model is: which model with which hyperparameters, for which images and classes."""

    model: str
    hyperparameters: Mapping[str, Any]
    image_shape: tuple[int, int, int]
    classes: tuple[str, ...]

    @property
    def kind(self) -> str:
        """``shallow`` or ``deep``."""
        return MODELS[self.model].kind

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data that JSON can hold."""
        return {
            "model": self.model,
            "kind": self.kind,
            "hyperparameters": dict(self.hyperparameters),
            "image_shape": list(self.image_shape),
            "classes": list(self.classes),
        }

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> "Identity":
        """Read what :meth:`to_dict` gave."""
        height, width, channels = about["image_shape"]
        return cls(
            about["model"], about["hyperparameters"], (height, width, channels), tuple(about["classes"])
        )


class Predictor(ABC):
    """A trained model. ``identity`` says which; ``files`` names what :meth:`save` writes."""

    files: ClassVar[tuple[str, ...]]

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    def predict(self, images: Images) -> Probabilities:
        """Predict the class of images.

        Args:
            images: uint8 (n, height, width, channels), of the shape that the model was trained on.

        Returns:
            float32 (n, classes); rows sum to 1. Those of ``svm`` are not calibrated.

        Raises:
            SourceError: when the images have another shape or type.
        """
        self._check(images)
        size = self.images_at_a_time
        pieces = [self._predict(images[at : at + size]) for at in range(0, max(len(images), 1), size)]
        return np.concatenate(pieces)

    @property
    def images_at_a_time(self) -> int:
        """How many images go through the model together."""
        return images_at_a_time(self.identity.image_shape)

    def save(self, folder: str | Path) -> None:
        """Write the model into a folder, which is made if it is missing."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._save_weights(folder)
        about = self.identity.to_dict() | self._details()
        (folder / DESCRIPTION).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")

    @abstractmethod
    def _predict(self, images: Images) -> Probabilities:
        """The same as ``predict``, for so few images that memory is no matter."""

    @abstractmethod
    def _save_weights(self, folder: Path) -> None:
        """Write everything that the description cannot hold."""

    def _details(self) -> dict[str, Any]:
        return {}

    def _check(self, images: Images) -> None:
        if images.dtype != np.uint8 or images.shape[1:] != self.identity.image_shape:
            given = f"{images.dtype} {' x '.join(map(str, images.shape[1:]))}"
            expected = f"uint8 {' x '.join(map(str, self.identity.image_shape))}"
            raise SourceError(f"the images are {given}, but must be {expected}: pack them likewise")


def images_at_a_time(image_shape: tuple[int, int, int]) -> int:
    """How many images go through a model together: fewer of the large ones."""
    return max(1, min(MOST_IMAGES, VALUES_AT_A_TIME // int(np.prod(image_shape))))


def load_predictor(folder: str | Path, device: str = "cpu") -> Predictor:
    """Load the model that ``Predictor.save`` wrote.

    Args:
        folder: where it is.
        device: for a deep model, ``cpu`` or a CUDA device.

    Raises:
        RunError: when the folder holds no model, or one that this version does not know.
    """
    folder = Path(folder)
    about, identity = _read(folder)
    if identity.kind == "deep":
        from tunescope.training.deep_predictor import DeepPredictor  # these import PyTorch and scikit-learn

        return DeepPredictor.load(folder, identity, about, device)
    from tunescope.training.shallow_predictor import ShallowPredictor

    return ShallowPredictor.load(folder, identity)


def described(folder: str | Path) -> Identity:
    """What the model in a folder is, without loading it.

    Raises:
        RunError: when the folder holds no model, or one that this version does not know.
    """
    return _read(Path(folder))[1]


def saved_files(folder: str | Path) -> list[Path]:
    """The files of the model in a folder: all that :func:`load_predictor` reads. A link is none of them.

    Raises:
        RunError: when the folder holds no whole model, or one that this version does not know.
    """
    paths = [Path(folder) / name for name in FILES[described(folder).kind]]
    if gone := [path.name for path in paths if path.is_symlink() or not path.is_file()]:
        raise RunError(f"the model in `{folder}` lacks {' and '.join(gone)}: train it again")
    return paths


def _read(folder: Path) -> tuple[dict[str, Any], Identity]:
    try:
        about = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        identity = Identity.from_dict(about)
        if identity.model not in MODELS:
            raise KeyError(identity.model)
    except (OSError, ValueError, KeyError, TypeError):
        raise RunError(f"`{folder}` holds no model that can be loaded: train it again") from None
    return about, identity
