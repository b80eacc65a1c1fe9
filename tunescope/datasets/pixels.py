"""Turns the bytes of a picture into pixels. The only user of Pillow."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from tunescope.datasets.source import UnusableFileError

# Formats of photos. Others either run programs (EPS) or cannot be told from arbitrary bytes.
FORMATS = ("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP")
MAX_PIXELS = 2**30 // 12  # decoded, with a copy to convert, within 1 GiB for each thread
MIN_SIDE = 8
RESAMPLING = Image.Resampling.BICUBIC
ORIENTATION_TAG = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
FULL_RANGES = {"I": (65535,), "F": (1, 255, 65535)}
T = TypeVar("T")
Step = tuple[Image.Image, str]


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture is: Pillow's mode, its upright size in pixels, and what must be converted."""

    mode: str
    width: int
    height: int
    conversions: tuple[str, ...]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd files to ourselves. Surround threads with it: the filter is global."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def look(content: bytes) -> Look:
    """Decode a picture once to learn whether it can be used.

    Raises:
        UnusableFileError: when it cannot.
    """
    with _named_faults():
        image = _opened(content)
        mode, (width, height) = image.mode, image.size
        if min(width, height) < MIN_SIDE:
            raise UnusableFileError(f"too small: {width} x {height} pixels, fewer than {MIN_SIDE} on a side")
        plain, notes = _plain(image, MIN_SIDE)
        if (plain.width > plain.height) != (width > height):
            width, height = height, width
    return Look(mode, width, height, notes)


def render(content: bytes, size: int, fit: str, channels: int) -> npt.NDArray[np.uint8]:
    """Decode a picture into a square.

    Args:
        content: bytes of the file.
        size: side of the square in pixels.
        fit: a key of ``FITS``.
        channels: 1 for gray, 3 for red, green and blue.

    Returns:
        (size, size, channels)

    Raises:
        UnusableFileError: when it cannot be decoded.
    """
    with _named_faults():
        plain, _ = _plain(_opened(content), size)
        square = FITS[fit](plain.convert("L" if channels == 1 else "RGB"), size)
        return np.asarray(square, np.uint8).reshape(size, size, channels)


@contextmanager
def _named_faults() -> Iterator[None]:
    try:
        yield
    except UnusableFileError:
        raise
    except UnidentifiedImageError:
        raise UnusableFileError("not an image") from None
    except Image.DecompressionBombError:
        raise UnusableFileError(f"decompression bomb: more than {MAX_PIXELS} pixels") from None
    except Exception as error:  # decoders raise whatever broken bytes lead them to
        kind = "truncated" if "truncated" in str(error).lower() else "unreadable"
        raise UnusableFileError(f"{kind}: {error or type(error).__name__}") from error


@cache
def _formats() -> tuple[str, ...]:
    """Those of ``FORMATS`` that this build of Pillow has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _opened(content: bytes) -> Image.Image:
    if not content:
        raise UnusableFileError("empty file")
    image = Image.open(io.BytesIO(content), formats=_formats())
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    return image


def _plain(image: Image.Image, size: int) -> tuple[Image.Image, tuple[str, ...]]:
    """Decode to opaque, upright pixels of mode 1, L, P or RGB, and tell what that took.

    JPEG is decoded at a fraction of its size, as long as twice ``size`` is left on each side.
    """
    image.draft(None, (2 * size, 2 * size))
    image.load()
    notes = []
    for step in (_first_frame, _upright, _eight_bits, _opaque, _screen_colours):
        image, note = step(image)
        notes += [note] if note else []
    return image, tuple(notes)


def _first_frame(image: Image.Image) -> Step:
    animated = image.format != "MPO" and _asked(lambda: bool(getattr(image, "is_animated", False)), False)
    return image, "first of several frames" if animated else ""


def _upright(image: Image.Image) -> Step:
    turn = TURNS.get(_asked(lambda: image.getexif().get(ORIENTATION_TAG, 1), 1))
    return (image, "") if turn is None else (image.transpose(turn), "turned as its EXIF data say")


def _asked(question: Callable[[], T], default: T) -> T:
    """The answer about what surrounds the pixels; damage there does not spoil the picture."""
    try:
        return question()
    except Exception:  # as in `_named_faults`
        return default


def _eight_bits(image: Image.Image) -> Step:
    if not image.mode.startswith(("I", "F")):
        return image, ""
    values = np.nan_to_num(np.asarray(image, np.float32), posinf=0.0, neginf=0.0)
    low, high = _range(image.mode, float(values.min()), float(values.max()))
    scaled = np.rint((values - low) * (255 / (high - low or 1)))
    return Image.fromarray(scaled.clip(0, 255).astype(np.uint8)), "scaled to 8 bits"


def _range(mode: str, low: float, high: float) -> tuple[float, float]:
    """The values that become black and white: the customary ones of the mode, or else the picture's own."""
    fitting = [top for top in FULL_RANGES.get(mode, (65535,)) if low >= 0 and high <= top]
    return (0, fitting[0]) if fitting else (low, high)


def _opaque(image: Image.Image) -> Step:
    if not image.has_transparency_data:
        return image, ""
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    clear = image.getchannel("A").getextrema() != (255, 255)
    return Image.alpha_composite(white, image).convert("RGB"), "transparency put on white" if clear else ""


def _screen_colours(image: Image.Image) -> Step:
    if image.mode in ("1", "L", "P", "RGB"):
        return image, ""
    note = f"{image.mode} colours turned into RGB"
    if image.mode != "LAB":
        return image.convert("RGB"), note
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
    return converted or image, note


def _stretch(image: Image.Image, size: int) -> Image.Image:
    return image.resize((size, size), RESAMPLING)


def _crop(image: Image.Image, size: int) -> Image.Image:
    return ImageOps.fit(image, (size, size), RESAMPLING)


def _letterbox(image: Image.Image, size: int) -> Image.Image:
    """The whole picture, with its mean colour around it: bars that stand out least."""
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    inner = image.resize((width, height), RESAMPLING)
    if width == height:
        return inner
    square = inner.resize((1, 1), Image.Resampling.BOX).resize((size, size))
    square.paste(inner, ((size - width) // 2, (size - height) // 2))
    return square


FITS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "letterbox": _letterbox,
    "crop": _crop,
    "stretch": _stretch,
}
