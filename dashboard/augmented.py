"""Training images as an augmentation changes them, made in a process of its own, which loads PyTorch."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LARGEST_SIDE = 96


def strips(folder: Path, hyperparameters: Mapping[str, Any]) -> list[list[str]]:
    """A strip for each image of a prepared dataset: itself, then changed versions, as PNG data URIs.

    Raises:
        SourceError: when the folder holds no packed dataset.
    """
    from tunescope.datasets import PackedDataset
    from tunescope.training.augmentation.preview import augmented

    found = augmented(PackedDataset.open(folder), hyperparameters)
    return [[_address(picture) for picture in strip] for strip in found]


def _address(pixels: Any) -> str:
    from PIL import Image

    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return f"data:image/png;base64,{base64.b64encode(kept.getvalue()).decode()}"
