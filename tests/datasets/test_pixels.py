"""Pictures of every kind become the pixels that a person sees."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tunescope.datasets.pixels import Decoded, decode, lenient, quiet, square, thumbnail
from tunescope.datasets.source import UnusableFileError
from tunescope.parameters import CleaningParameters

Encode = Callable[..., bytes]
ORIENTATION = 0x0112


def picture(height: int = 16, width: int = 16) -> np.ndarray:
    """Red to the right, green downwards; blue in the upper left quarter."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 255, width)[None, :]
    image[..., 1] = np.linspace(0, 255, height)[:, None]
    image[: height // 2, : width // 2, 2] = 255
    return image


def look(content: bytes) -> Decoded:
    return decode(content, 8)


def render(content: bytes, size: int, fit: str, channels: int) -> np.ndarray:
    return square(decode(content, size).image.convert("L" if channels == 1 else "RGB"), size, fit)


def same_size(content: bytes, channels: int = 3) -> np.ndarray:
    """The pixels of a square picture, not scaled."""
    return render(content, Image.open(io.BytesIO(content)).height, "stretch", channels)


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM", "GIF", "WEBP"])
def test_pixels_come_out_as_they_were_stored(encode: Encode, format: str) -> None:
    image = Image.fromarray(picture()).quantize(32).convert("RGB")  # few colours, for the palette of GIF
    content = encode(image, format, **({"lossless": True} if format == "WEBP" else {}))

    np.testing.assert_array_equal(same_size(content), np.asarray(image))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_turned_photo_is_upright(encode: Encode, format: str, orientation: int) -> None:
    upright = Image.fromarray(picture(24, 40))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(format, {})
    content = encode(stored, format, exif=exif, **options)
    seen = look(content)

    assert (seen.width, seen.height) == (40, 24)
    turned = render(content, 24, "stretch", 3).astype(int)
    expected = np.asarray(upright.resize((24, 24), Image.Resampling.BICUBIC))
    assert np.abs(turned - expected).mean() < 3  # JPEG loses a little; a wrong turn is off by 60 and more
    assert seen.notes == ((("turned", "as its EXIF data say"),) if orientation > 1 else ())
    kept = decode(content, 24, CleaningParameters(turned="keep"))
    assert kept.image.size == stored.size == (kept.width, kept.height)
    assert np.abs(np.asarray(kept.image).astype(int) - np.asarray(stored)).mean() < 3


def test_transparent_pixels_become_white(encode: Encode) -> None:
    colours = picture()
    alpha = np.full((16, 16, 1), 255, np.uint8)
    alpha[:8] = 0
    content = encode(Image.fromarray(np.concatenate([colours, alpha], axis=-1)))
    pixels = same_size(content)

    assert (pixels[:8] == 255).all()
    np.testing.assert_array_equal(pixels[8:], colours[8:])
    assert look(content).notes == (("transparent", ""),)
    as_it_is = decode(content, 16, CleaningParameters(transparent="keep"))
    np.testing.assert_array_equal(np.asarray(as_it_is.image), colours)
    assert as_it_is.notes == (("transparent", ""),)


def test_half_transparent_gray_stays_gray(encode: Encode) -> None:
    content = encode(Image.merge("LA", [Image.new("L", (16, 16), 100), Image.new("L", (16, 16), 51)]))

    assert look(content).mode == "LA"
    assert np.unique(same_size(content, channels=1)).tolist() == [round(100 * 0.2 + 255 * 0.8)]


def test_an_alpha_channel_that_hides_nothing_is_no_finding(encode: Encode) -> None:
    content = encode(Image.fromarray(picture()).convert("RGBA"))

    assert look(content).notes == ()
    np.testing.assert_array_equal(same_size(content), picture())


def test_a_transparent_colour_of_a_palette_becomes_white(encode: Encode) -> None:
    palette = Image.new("P", (16, 16), 0)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.paste(1, (0, 0, 16, 8))
    pixels = same_size(encode(palette, transparency=1))

    assert np.unique(pixels[:8]).tolist() == [255]
    assert pixels[15, 15].tolist() == [10, 20, 30]


def test_cmyk_becomes_the_colours_on_paper(encode: Encode) -> None:
    content = encode(Image.fromarray(picture()).convert("CMYK"), "TIFF")

    assert look(content).notes == (("other colours", "CMYK turned into RGB"),)
    np.testing.assert_allclose(same_size(content), picture(), atol=1)


def test_cmyk_as_adobe_inverts_it_in_jpeg_is_turned_back(encode: Encode) -> None:
    content = encode(Image.fromarray(picture()).convert("CMYK"), "JPEG", quality=100, subsampling=0)

    assert b"Adobe" in content
    assert np.abs(same_size(content).astype(int) - picture()).mean() < 3


def test_lab_becomes_rgb(encode: Encode) -> None:
    lab = Image.merge("LAB", [Image.new("L", (16, 16), value) for value in (255, 128, 128)])

    assert same_size(encode(lab, "TIFF")).min() > 250


def test_sixteen_bits_are_scaled_over_their_whole_range(encode: Encode) -> None:
    values = np.linspace(0, 65535, 256).round().astype(np.uint16).reshape(16, 16)
    content = encode(Image.fromarray(values))

    assert look(content).notes == (("deep colour", "scaled to 8 bits"),)
    assert same_size(content, channels=1).ravel().tolist() == list(range(256))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([0.0, 32767.5, 65535.0], [0, 128, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 4e5, 2e6], [0, 51, 255]),
        ([0.0, np.nan, np.inf], [0, 0, 0]),
        ([7e6, 7e6, 7e6], [0, 0, 0]),
    ],
)
def test_floating_point_pixels_are_scaled_to_the_range_they_fit(
    encode: Encode, values: list[float], expected: list[int]
) -> None:
    rows = np.repeat(np.array(values, np.float32), 16 * 5).reshape(15, 16)
    content = encode(Image.fromarray(np.concatenate([rows, rows[-1:]])), "TIFF")
    with quiet():
        pixels = same_size(content, channels=1)

    assert [int(pixels[row, 0, 0]) for row in (0, 5, 10)] == expected


def test_black_and_white_stays_black_and_white(encode: Encode) -> None:
    dots = np.indices((16, 16)).sum(axis=0) % 2 == 0
    content = encode(Image.fromarray(dots))

    assert look(content).mode == "1"
    assert look(content).notes == (("black and white", ""),)
    np.testing.assert_array_equal(same_size(content, channels=1)[..., 0], dots * 255)


def test_the_first_frame_of_an_animation_counts(encode: Encode) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    content = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert look(content).notes == (("palette", ""), ("animated", "the first of 2 frames"))
    assert same_size(content)[0, 0].tolist() == [255, 0, 0]


def test_broken_exif_data_do_not_spoil_a_photo(encode: Encode) -> None:
    content = encode(Image.fromarray(picture()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(7))
    with quiet():
        assert look(content).width == 16


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP", "TIFF", "PPM"])
def test_a_file_cut_short_is_unusable(encode: Encode, format: str, cut: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = encode(Image.fromarray(noise), format)

    with pytest.raises(UnusableFileError):
        look(content[: int(len(content) * cut)])


def test_a_truncated_jpeg_is_called_truncated(encode: Encode) -> None:
    content = encode(Image.fromarray(picture(64, 64)), "JPEG")

    with pytest.raises(UnusableFileError, match=r"^truncated: "):
        look(content[:-200])


def test_the_beginning_of_a_truncated_photo_can_be_asked_for(encode: Encode) -> None:
    content = encode(Image.fromarray(picture(64, 64)), "JPEG", quality=95)
    with lenient():
        image = np.asarray(decode(content[: len(content) * 3 // 4], 64).image).astype(int)

    assert np.abs(image[:24] - picture(64, 64)[:24]).mean() < 6
    assert image[-8:].std() < 3  # gray
    with pytest.raises(UnusableFileError):
        look(content[:-200])


def test_colours_of_sixteen_bits_are_told() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"\x80\xff\x40\x00\x00\x00" * 16
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(row * 16)) + chunk(b"IEND", b"")

    assert look(content).notes == (("deep colour", "cut to 8 bits"),)
    assert same_size(content)[3, 3].tolist() == [0x80, 0x40, 0]


def test_a_palette_is_looked_up_and_told(encode: Encode) -> None:
    image = Image.fromarray(picture()).quantize(16)

    assert look(encode(image)).notes == (("palette", ""),)
    np.testing.assert_array_equal(same_size(encode(image)), np.asarray(image.convert("RGB")))


def test_a_thumbnail_averages_and_never_enlarges() -> None:
    checks = Image.fromarray(np.kron(np.eye(2, dtype=np.uint8), np.full((64, 64), 200, np.uint8)))
    red = Image.new("RGB", (300, 20), (250, 0, 10))

    assert thumbnail(checks, 2, 32).luma.tolist() == [[200, 0], [0, 200]]
    assert thumbnail(checks, 64, 32).colour == (100, 100, 100)
    assert thumbnail(checks, 64, 32).tiny.shape == (32, 32)
    assert thumbnail(red, 64, 32).luma.shape == (20, 64)
    assert thumbnail(red, 64, 32).colour == (250, 0, 10)


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (b"", "empty file"),
        (b"<!doctype html><title>404</title>", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF", "not an image"),
    ],
)
def test_what_is_no_image_is_called_so(content: bytes, finding: str) -> None:
    with pytest.raises(UnusableFileError, match=f"^{finding}$"):
        look(content)


def test_a_bomb_is_recognized_before_it_is_unpacked() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (10_000, 60_000):  # within what Pillow only warns of, and beyond
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        content = (
            b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
        )
        with quiet(), pytest.raises(UnusableFileError, match=r"^decompression bomb: "):
            look(content)


def test_letterbox_keeps_the_whole_picture_with_its_mean_colour_around(encode: Encode) -> None:
    content = encode(Image.new("RGB", (32, 16), (10, 200, 30)))
    half = np.zeros((16, 32, 3), np.uint8)
    half[:, 16:] = 255
    pixels = render(encode(Image.fromarray(half)), 32, "letterbox", 3)

    assert np.unique(render(content, 32, "letterbox", 3).reshape(-1, 3), axis=0).tolist() == [[10, 200, 30]]
    np.testing.assert_array_equal(pixels[8:24], half)
    assert np.unique(pixels[[0, 31]]).tolist() == [128]


def test_crop_keeps_the_middle_and_stretch_keeps_everything(encode: Encode) -> None:
    stripes = np.zeros((16, 48, 3), np.uint8)
    stripes[:, 16:32] = 255
    content = encode(Image.fromarray(stripes))

    assert (render(content, 16, "crop", 3) == 255).all()
    stretched = render(content, 48, "stretch", 3)
    np.testing.assert_array_equal(stretched[0], stripes[0])
    np.testing.assert_array_equal(stretched[47], stripes[0])


@pytest.mark.parametrize("fit", ["letterbox", "crop", "stretch"])
@pytest.mark.parametrize("size", [(3000, 8), (8, 3000), (8, 8), (300, 200)])
def test_any_proportion_becomes_a_square(encode: Encode, fit: str, size: tuple[int, int]) -> None:
    for format in ("PNG", "JPEG"):
        for channels in (1, 3):
            pixels = render(encode(Image.new("RGB", size, "red"), format), 16, fit, channels)
            assert pixels.shape == (16, 16, channels)
            assert pixels.dtype == np.uint8


def test_a_large_photo_decoded_at_a_fraction_looks_the_same(encode: Encode) -> None:
    content = encode(Image.fromarray(picture(800, 1200)), "JPEG", quality=95)
    whole = Image.open(io.BytesIO(content)).resize((32, 32), Image.Resampling.BICUBIC)

    np.testing.assert_allclose(render(content, 32, "stretch", 3), np.asarray(whole), atol=12)


def test_warnings_of_pillow_stay_inside() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with quiet():
            warnings.warn("inside", UserWarning, stacklevel=1)
        warnings.warn("outside", UserWarning, stacklevel=1)

    assert [str(one.message) for one in caught] == ["outside"]
