"""Turns the bytes of a picture into pixels. The only user of Pillow."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from tunescope.datasets.source import UnusableFileError
from tunescope.parameters import CleaningParameters

# Formats of photos. Others either run programs (EPS) or cannot be told from arbitrary bytes.
FORMATS = ("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP")
MAX_PIXELS = 2**30 // 12  # decoded, with a copy to convert, within 1 GiB for each thread
RESAMPLING = Image.Resampling.BICUBIC
REDUCING_GAP = 3.0  # very large pictures are averaged down to thrice the size first, which nobody can see
DRAFT_GAP = 1.5  # a JPEG is decoded at a fraction of its size, at least so many times what is needed
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
TURNS_BACK = {**TURNS, 6: TURNS[8], 8: TURNS[6]}
FULL_RANGES = {"I": (65535,), "F": (1, 255, 65535)}
GRAY_MODES = frozenset({"1", "L", "LA", "La", "F"})  # and all that begin with I
T = TypeVar("T")
Note = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Decoded:
    """An opaque, upright picture.

    Attributes:
        image: its pixels, in mode L or RGB; a large JPEG may be decoded at a fraction of its size.
        mode: Pillow's mode of the file.
        width: of the whole picture, upright, in pixels.
        height: likewise.
        notes: a kind of finding and its details for each thing that had to be, or would be, converted.
    """

    image: Image.Image
    mode: str
    width: int
    height: int
    notes: tuple[Note, ...]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd files to ourselves. Surround threads with it: the filter is global."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def lenient() -> Iterator[None]:
    """Let pictures that end too early be decoded as far as they go.

    Pillow's switch is global: while it is on, no thread can tell a whole picture from a truncated one.
    """
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def header_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels that a picture declares, not decoded.

    Raises:
        UnusableFileError: when it is no picture.
    """
    with _named_faults():
        return _opened(content).size


def decode(content: bytes, side: int, cleaning: CleaningParameters | None = None) -> Decoded:
    """Decode a picture and make its pixels ordinary.

    Args:
        content: bytes of the file.
        side: of the squares that will be made of it; a JPEG is decoded at a fraction of its size, as long as
            half as much again as ``side`` is left on each side.
        cleaning: whether to turn the picture upright, and what to do with transparency.

    Raises:
        UnusableFileError: when it cannot be decoded.
    """
    cleaning = cleaning or CleaningParameters()
    with _named_faults():
        image = _opened(content)
        mode, (width, height) = image.mode, image.size
        notes = [*_mode_notes(image)]
        image.draft(None, (round(DRAFT_GAP * side),) * 2)
        turn = _loaded(image)
        notes += _frame_notes(image)
        image = _upright(image, turn, cleaning.turned == "keep")
        if turn in TURNS:
            notes.append(("turned", "as its EXIF data say"))
        if (image.width > image.height) != (width > height):
            width, height = height, width
        image, clear = _opaque(_eight_bits(image), cleaning.transparent == "keep")
        if clear:
            notes.append(("transparent", ""))
        plain = _screen_colours(image, is_gray(mode))
    return Decoded(plain, mode, width, height, tuple(notes))


def is_gray(mode: str) -> bool:
    """Whether a mode of Pillow has no colour; the integer and floating-point modes have none."""
    return mode in GRAY_MODES or mode.startswith("I")


def square(image: Image.Image, size: int, fit: str) -> npt.NDArray[np.uint8]:
    """Fit a picture of mode L or RGB into a square.

    Args:
        image: what ``decode`` gave.
        size: side of the square in pixels.
        fit: a key of ``FITS``.

    Returns:
        (size, size, 1) for L, (size, size, 3) for RGB
    """
    return np.asarray(FITS[fit](image, size), np.uint8).reshape(size, size, -1)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture made small, to measure it.

    Attributes:
        luma: (height, width)
        tiny: (side, side) the same, for perceptual hashes.
        colour: mean red, green and blue, 0 to 255.
    """

    luma: npt.NDArray[np.uint8]
    tiny: npt.NDArray[np.uint8]
    colour: tuple[int, int, int]


def thumbnail(image: Image.Image, most: int, side: int) -> Thumbnail:
    """Average a picture of mode L or RGB to at most ``most`` pixels a side; it is never enlarged."""
    size = (min(image.width, most), min(image.height, most))
    if image.size != size:
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    luma = image.convert("L")
    tiny = luma.resize((side, side), Image.Resampling.LANCZOS)
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).convert("RGB").tobytes()
    return Thumbnail(np.asarray(luma, np.uint8), np.asarray(tiny, np.uint8), (red, green, blue))


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


def _mode_notes(image: Image.Image) -> Iterator[Note]:
    """What is uncommon in the way pixels are stored."""
    mode = image.mode
    if mode.startswith(("I", "F")):
        yield "deep colour", "scaled to 8 bits"
    elif any(";16" in str(tile) for tile in getattr(image, "tile", ())):
        yield "deep colour", "cut to 8 bits"
    elif mode == "1":
        yield "black and white", ""
    elif mode in ("P", "PA"):
        yield "palette", ""
    elif mode not in ("L", "LA", "La", "RGB", "RGBA", "RGBa", "RGBX"):
        yield "other colours", f"{mode} turned into RGB"


def _loaded(image: Image.Image) -> int:
    """Decode the pixels, and tell the EXIF orientation: TIFF forgets it then, PNG may not know it before."""
    before = _orientation(image) if image.format == "TIFF" else None
    image.load()
    return _orientation(image) if before is None else before


def _orientation(image: Image.Image) -> int:
    return _asked(lambda: int(image.getexif().get(ORIENTATION_TAG, 1)), 1)


def _frame_notes(image: Image.Image) -> Iterator[Note]:
    """The second picture of an MPO is another view or size of the same photo, no animation."""
    frames: Any = _asked(lambda: getattr(image, "n_frames", 1), 1)
    if image.format != "MPO" and frames > 1:
        yield "animated", f"the first of {frames} frames"


def _upright(image: Image.Image, turn: int, keep: bool) -> Image.Image:
    """Pillow turns TIFF itself while it loads it, and leaves other formats as they are stored."""
    turned_already = image.format == "TIFF"
    if turn not in TURNS or turned_already != keep:
        return image
    return image.transpose((TURNS_BACK if keep else TURNS)[turn])


def _asked(question: Callable[[], T], default: T) -> T:
    """The answer about what surrounds the pixels; damage there does not spoil the picture."""
    try:
        return question()
    except Exception:  # as in `_named_faults`
        return default


def _eight_bits(image: Image.Image) -> Image.Image:
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, np.float32), posinf=0.0, neginf=0.0)
    low, high = _range(image.mode, float(values.min()), float(values.max()))
    scaled = np.rint((values - low) * (255 / (high - low or 1)))
    return Image.fromarray(scaled.clip(0, 255).astype(np.uint8))


def _range(mode: str, low: float, high: float) -> tuple[float, float]:
    """The values that become black and white: the customary ones of the mode, or else the picture's own."""
    fitting = [top for top in FULL_RANGES.get(mode, (65535,)) if low >= 0 and high <= top]
    return (0, fitting[0]) if fitting else (low, high)


def _opaque(image: Image.Image, keep: bool) -> tuple[Image.Image, bool]:
    """Put a picture on white, or leave its transparency out; and whether it was transparent at all."""
    if not image.has_transparency_data:
        return image, False
    image = image.convert("RGBA")
    clear = image.getchannel("A").getextrema() != (255, 255)
    if keep or not clear:
        return image.convert("RGB"), clear
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB"), clear


def _screen_colours(image: Image.Image, gray: bool) -> Image.Image:
    plain = "L" if gray else "RGB"
    if image.mode == plain:
        return image  # `convert` would copy it
    if image.mode != "LAB":
        return image.convert(plain)
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB") or image


def _stretch(image: Image.Image, size: int) -> Image.Image:
    return image.resize((size, size), RESAMPLING, reducing_gap=REDUCING_GAP)


def _crop(image: Image.Image, size: int) -> Image.Image:
    return ImageOps.fit(image, (size, size), RESAMPLING)


def _letterbox(image: Image.Image, size: int) -> Image.Image:
    """The whole picture, with its mean colour around it: bars that stand out least."""
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    inner = image.resize((width, height), RESAMPLING, reducing_gap=REDUCING_GAP)
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
