"""Small pictures, folders and archives to read."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Files = Mapping[str, bytes]
Photo = Callable[..., bytes]


@pytest.fixture
def photo() -> Photo:
    """``photo(seed, mode="RGB", size=(24, 24), format="PNG", **options)``: the bytes of a picture."""

    def make(
        seed: int, mode: str = "RGB", size: tuple[int, int] = (24, 24), format: str = "PNG", **options: Any
    ) -> bytes:
        colours = np.random.default_rng(seed).integers(0, 256, (3, 3, 3), np.uint8)
        image = Image.fromarray(colours).resize(size, Image.Resampling.NEAREST).convert(mode)
        return encoded(image, format, **options)

    return make


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """``encode(image, format="PNG", **options)``: its bytes."""
    return encoded


@pytest.fixture
def two_classes(photo: Photo) -> dict[str, bytes]:
    """Ten pictures of cats and ten of dogs, all different."""
    names = [f"{label}/{number}.png" for label in ("cats", "dogs") for number in range(10)]
    return {name: photo(seed) for seed, name in enumerate(names)}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Files], Path]:
    """``folder(files)``: the path of a folder that holds them."""

    def make(files: Files) -> Path:
        root = tmp_path / "photos"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    return make


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    """``archive(files, method=zipfile.ZIP_STORED, name="photos.zip")``: the path of a zip that holds them."""

    def make(
        files: Mapping[str | zipfile.ZipInfo, bytes],
        method: int = zipfile.ZIP_STORED,
        name: str = "photos.zip",
    ) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", method) as target:
            for entry, content in files.items():
                target.writestr(entry, content)
        return tmp_path / name

    return make
