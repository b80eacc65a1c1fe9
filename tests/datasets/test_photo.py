"""A photo becomes exactly the pixels that packing makes of the same file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from photo_samples import photo, scene
from PIL import Image

from tunescope.datasets import inspect, pack
from tunescope.datasets.photo import SHOWN_SIDE, read_photo
from tunescope.datasets.source import UnusableFileError
from tunescope.parameters import CleaningParameters, DatasetParameters

USUAL = CleaningParameters()


def turned(image: Image.Image, orientation: int) -> bytes:
    exif = image.getexif()
    exif[0x0112] = orientation
    return photo(image, "JPEG", exif=exif, quality=95)


def deep(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def clear(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def every_kind() -> dict[str, bytes]:
    """Files of all kinds that people have, none of them a copy of another."""
    image = scene()
    return {
        "animated.gif": photo(image, "GIF", save_all=True, append_images=[scene(90, 61).resize((90, 60))]),
        "clear.png": photo(clear(image)),
        "cmyk.jpg": photo(image.convert("CMYK"), "JPEG"),
        "colours.png": photo(image.rotate(180)),
        "deep.png": photo(deep(image)),
        "gray.png": photo(image.convert("L")),
        "large.jpg": photo(scene(1800, 1300), "JPEG", quality=90),
        "palette.png": photo(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).quantize(16)),
        "small.bmp": photo(scene(20, 14), "BMP"),
        "turned.jpg": turned(image, 6),
    }


@pytest.mark.parametrize("options", [{}, {"fit": "crop"}, {"fit": "stretch", "image_size": 80}])
def test_a_photo_has_the_pixels_that_packing_gives_its_file(tmp_path: Path, options: dict[str, Any]) -> None:
    files = every_kind()
    others = {f"{number}.png": photo(scene(40 + number, 50)) for number in range(4)}
    for label, contents in (("a", files), ("b", others)):
        (tmp_path / label).mkdir()
        for name, content in contents.items():
            (tmp_path / label / name).write_bytes(content)
    kept = {"near_duplicate": "keep", "exact_duplicate": "keep", "leakage": "keep", "two_labels": "keep"}
    parameters = DatasetParameters(source=str(tmp_path), cleaning=CleaningParameters(**kept), **options)
    dataset = pack(inspect(str(tmp_path), parameters), tmp_path.parent / f"packed-{tmp_path.name}")
    packed = dict(zip(dataset.paths, dataset.images, strict=True))
    for name, content in files.items():
        found = read_photo(content, dataset.image_shape, parameters.fit, parameters.cleaning)
        np.testing.assert_array_equal(found.pixels, packed[f"a/{name}"], err_msg=name)


def test_a_gray_dataset_sees_photos_in_gray() -> None:
    found = read_photo(photo(scene()), (32, 32, 1), "letterbox", USUAL)
    assert found.pixels.shape == (32, 32, 1)
    assert found.shown.shape == (SHOWN_SIDE, SHOWN_SIDE, 3)  # people see it as it is
    assert not found.is_gray


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_without_colours_is_gray_however_it_is_stored(kind: str) -> None:
    gray = scene().convert("L")
    for image in (gray, gray.convert("RGB")):
        assert read_photo(photo(image, kind), (32, 32, 3), "letterbox", USUAL).is_gray
    assert not read_photo(photo(scene(), kind), (32, 32, 3), "letterbox", USUAL).is_gray


def test_people_see_more_of_a_large_photo_than_a_model_does() -> None:
    found = read_photo(photo(scene(2400, 1600), "JPEG"), (16, 16, 3), "stretch", USUAL)
    assert (found.width, found.height) == (2400, 1600)
    fine = np.asarray(scene(2400, 1600).resize((SHOWN_SIDE, SHOWN_SIDE)), int)
    assert np.abs(found.shown - fine).mean() < 2


def test_a_photo_that_ends_too_early_is_read_as_far_as_it_goes() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    content = photo(noise, "JPEG")
    found = read_photo(content[: len(content) * 2 // 3], (32, 32, 3), "letterbox", USUAL)
    assert ("truncated", "") in found.notes


@pytest.mark.parametrize(("content", "fault"), [(b"", "empty"), (b"no photo at all", "not an image")])
def test_what_is_no_photo_is_refused(content: bytes, fault: str) -> None:
    with pytest.raises(UnusableFileError, match=fault):
        read_photo(content, (32, 32, 3), "letterbox", USUAL)
