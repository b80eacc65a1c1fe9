"""A finished model at work on photos from outside: classes, where it looked, and whether it can know."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tunescope.benchmark.familiarity import Familiarity, rarity
from tunescope.datasets import PackedDataset
from tunescope.datasets.examining import TRUNCATED
from tunescope.datasets.photo import Photo, read_photo
from tunescope.datasets.source import UnusableFileError
from tunescope.errors import SourceError
from tunescope.parameters import CleaningParameters
from tunescope.training import load_predictor

if TYPE_CHECKING:
    from tunescope.benchmark.attribution import Attribution

# What happens to one in so many photos of the right kind is told as a doubt.
STRANGE, UNSURE = 0.02, 0.05
FEW, MANY = 0.05, 0.95  # shares of gray training images that count as none and all
MUCH_SMALLER = 0.5
VALIDATION = "validation.npz"
# What is done to a photo that people would not expect, by kind of finding: the reason in a sentence.
_CONVERTED = {
    TRUNCATED: "The file ends too early: what is missing is gray.",
    "deep colour": "Its deep colours (16 bits or more a channel) were {}.",
    "other colours": "Its colours were converted: {}.",
    "animated": "It is animated: this is {}.",
    "transparent": "It is see-through: it was put on white.",
    "turned": "It was turned upright, as its EXIF data say.",
}


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says of a photo.

    Attributes:
        photo: as the model saw it, and as people like to see it.
        probabilities: (classes,) that sum to 1.
        index: of the class that ``attribution`` is of.
        attribution: where the model looked.
        doubts: why the answer may mean nothing, in sentences.
        notes: what was converted, in sentences.
    """

    photo: Photo
    probabilities: npt.NDArray[np.float32]
    index: int
    attribution: "Attribution"
    doubts: tuple[str, ...]
    notes: tuple[str, ...]


class PhotoModel:
    """A trained model, loaded to answer photos.

    Args:
        folder: of its trial.
        dataset: folder of the prepared dataset that it learned from.
        fit: how that dataset's images became square, a key of ``pixels.FITS``.
        cleaning: with which it was prepared; nothing for the usual.

    Raises:
        RunError: when the folder holds no model that can be loaded.
    """

    def __init__(
        self, folder: str | Path, dataset: str | Path, fit: str, cleaning: Mapping[str, Any] | None = None
    ) -> None:
        self.predictor = load_predictor(folder)
        # After that, so that one which is not there is told at once: this imports PyTorch, for all models.
        from tunescope.benchmark.attribution import where_it_looked

        self._where_it_looked = where_it_looked
        self._fit, self._cleaning = fit, CleaningParameters.model_validate(cleaning or {})
        self._familiarity = _familiarity(Path(dataset), self.predictor.identity.image_shape)
        self._surest = _surest(Path(folder) / VALIDATION)

    def answer(self, content: bytes, index: int | None = None) -> Answer:
        """Predict the class of a photo.

        Args:
            content: bytes of its file.
            index: of the class whose places are wanted; without one, the likeliest.

        Raises:
            SourceError: when it is no photo that can be decoded.
        """
        photo = self._read(content)
        (probabilities,) = self.predictor.predict(photo.pixels[None])
        wanted = int(probabilities.argmax()) if index is None else index
        if not 0 <= wanted < len(probabilities):
            raise SourceError(f"class {wanted} is none of the model's {len(probabilities)}")
        attribution = self._where_it_looked(self.predictor, photo.pixels, wanted)
        doubts = (*self._doubts(photo), *self._unsureness(float(probabilities.max())))
        return Answer(photo, probabilities, wanted, attribution, doubts, _notes(photo))

    def _read(self, content: bytes) -> Photo:
        try:
            return read_photo(content, self.predictor.identity.image_shape, self._fit, self._cleaning)
        except UnusableFileError as fault:
            raise SourceError(_refusal(str(fault))) from None

    def _doubts(self, photo: Photo) -> list[str]:
        """What sets the photo apart from what the model has learned from."""
        side, _, channels = self.predictor.identity.image_shape
        doubts = []
        if min(photo.width, photo.height) < MUCH_SMALLER * side:
            doubts.append(
                f"It has {photo.width} x {photo.height} pixels only, and was enlarged to {side} x {side}."
            )
        known = self._familiarity
        if known is None:
            return [*doubts, "The prepared images are gone: nothing tells whether photos are of their kind."]
        if channels == 1 and not photo.is_gray:
            doubts.append("It has colours, but the model learned from gray images and saw it in gray.")
        elif photo.is_gray and known.gray < FEW:
            doubts.append("It is gray, but the model learned from images with colours.")
        elif not photo.is_gray and known.gray > MANY:
            doubts.append("It has colours, but the model learned from gray images.")
        if known.as_far(photo.pixels) <= max(STRANGE, rarity(0, len(known.distances))):
            doubts.append(
                "It looks unlike the images that the model learned from: its answer may mean nothing."
            )
        return doubts

    def _unsureness(self, confidence: float) -> list[str]:
        """Told by the largest probability (Hendrycks and Gimpel, "A baseline for detecting misclassified and
        out-of-distribution examples", ICLR 2017), against those of the validation images."""
        as_unsure = int((self._surest <= confidence).sum())
        if not len(self._surest) or rarity(as_unsure, len(self._surest)) > UNSURE:
            return []
        return ["The model is less sure of it than of 19 in 20 validation images."]


def _familiarity(folder: Path, image_shape: tuple[int, int, int]) -> Familiarity | None:
    try:
        dataset = PackedDataset.open(folder)
        return Familiarity.of(dataset) if dataset.image_shape == image_shape else None
    except (SourceError, OSError, ValueError):
        return None


def _surest(path: Path) -> npt.NDArray[np.float64]:
    """The largest probability for each validation image, (n,); none where they were not kept."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return np.asarray(kept["probabilities"].max(axis=1), np.float64)
    except (OSError, ValueError, KeyError):
        return np.empty(0)


def _notes(photo: Photo) -> tuple[str, ...]:
    return tuple(_CONVERTED[kind].format(detail) for kind, detail in photo.notes if kind in _CONVERTED)


def _refusal(fault: str) -> str:
    """Why a file is no photo, as people say it."""
    if fault == "not an image":
        return "This is no photo that can be read: use JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP"
    if fault == "empty file":
        return "This file is empty"
    if fault.startswith("decompression bomb"):
        return "This photo has more pixels than can be decoded safely: make it smaller"
    return f"This photo is damaged and cannot be read ({fault.partition(': ')[2]})"
