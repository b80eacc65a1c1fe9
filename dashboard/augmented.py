"""Training images as configurations of a space change them, made in a process of its own."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunescope.search.space import MODEL, Space

SHOWN = ("weights", "transfer", "augmenter", "augmentation", "mirror", "mixing")
"""The hyperparameters of a deep model that say what it is shown of an image."""

LARGEST_SIDE = 96
DRAWN = 4
# As they are, by the default, and by random draws; of each so many images.
STRIPS, IMAGES = 2 + DRAWN, 6


@dataclass(frozen=True)
class Strip:
    """Some images, the same in every strip.

    Attributes:
        configuration: the hyperparameters that changed them, without their model's name; none as they are.
        pictures: PNG data URIs.
    """

    configuration: dict[str, Any] | None
    pictures: list[str]


def strips(folder: Path, space: Space) -> list[Strip]:
    """Images of a prepared dataset as they are, by the default of a space, and by random draws from it.

    Args:
        folder: of the prepared dataset.
        space: of one deep model, with those in ``SHOWN`` of its hyperparameters.

    Raises:
        SourceError: when the folder holds no packed dataset.
    """
    from tunescope.datasets import PackedDataset
    from tunescope.training.augmentation.preview import augmented

    chosen = [_own(one) for one in (*space.defaults(), *_drawn(space))]
    found = augmented(PackedDataset.open(folder), chosen, IMAGES)
    return [
        Strip(configuration, [_address(picture) for picture in pictures])
        for configuration, pictures in zip((None, *chosen), found, strict=True)
    ]


def _drawn(space: Space) -> Iterator[dict[str, Any]]:
    """Configurations as a random search draws them."""
    import optuna

    from tunescope.search import make_sampler

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=make_sampler("random", seed=0))
    return (space.suggest(study.ask()) for _ in range(DRAWN))


def _own(configuration: dict[str, Any]) -> dict[str, Any]:
    return {name.partition(".")[2]: value for name, value in configuration.items() if name != MODEL}


def _address(pixels: Any) -> str:
    from PIL import Image

    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return f"data:image/png;base64,{base64.b64encode(kept.getvalue()).decode()}"
