import gzip
import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tunescope.datasets import Source, read
from tunescope.datasets.readers.arrays import picture
from tunescope.errors import SourceError
from tunescope.parameters import LimitParameters

FASHION = Path(__file__).parents[2] / "../shared/data/fashion-mnist"
Array = npt.NDArray[Any]


def pixels(source: Source) -> list[Array]:
    return [np.asarray(Image.open(io.BytesIO(file.read()))) for file in source]


def idx(values: Array, kind: int = 8) -> bytes:
    return struct.pack(f">4B{values.ndim}I", 0, 0, kind, values.ndim, *values.shape) + values.tobytes()


@pytest.fixture
def npz(tmp_path: Path) -> Callable[..., Source]:
    """``npz(**arrays)``: the source that the arrays make when they are saved."""

    def make(**arrays: Any) -> Source:
        np.savez_compressed(tmp_path / "pets.npz", **arrays)
        return read(tmp_path / "pets.npz")

    return make


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A folder with two sets of idx files, gray pictures of 5 x 4 pixels."""
    images = np.arange(12 * 20, dtype=np.uint8).reshape(12, 5, 4)
    labels = np.arange(12, dtype=np.uint8)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images[:9]))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels[:9]))
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images[9:])))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels[9:])))
    return tmp_path


@pytest.mark.skipif(not FASHION.exists(), reason="the shared data are not on this machine")
def test_fashion_mnist_is_read_as_it_was_published() -> None:
    with read(FASHION) as source:
        splits = [file.split for file in source]
        first = next(file for file in source if file.path == "train/00000")

        assert (splits.count("train"), splits.count("test")) == (60000, 10000)
        assert {file.label for file in source} == set("0123456789")
        assert first.label == "9"  # an ankle boot
        assert np.asarray(Image.open(io.BytesIO(first.read()))).sum() == 76247


def test_idx_files_keep_their_official_splits_and_pixels(digits: Path) -> None:
    source = read(digits)

    assert [file.path for file in source][:4] == ["t10k/00000", "t10k/00001", "t10k/00002", "train/00000"]
    assert [file.label for file in source][:4] == ["09", "10", "11", "00"]
    assert [file.split for file in source][2:4] == ["test", "train"]
    np.testing.assert_array_equal(pixels(source)[3], np.arange(20).reshape(5, 4))


def test_one_pair_of_idx_files_is_enough(digits: Path) -> None:
    for path in digits.glob("t10k*"):
        path.unlink()

    assert [file.label for file in read(digits)] == list("012345678")


def test_what_is_unpacked_already_is_preferred(digits: Path) -> None:
    (digits / "train-images-idx3-ubyte.gz").write_bytes(b"nobody reads this")

    assert len(read(digits)) == 12


def test_other_spellings_of_idx_files_are_known(digits: Path) -> None:
    (digits / "train-images-idx3-ubyte").rename(digits / "emnist-letters-train-images.idx3-ubyte")
    (digits / "train-labels-idx1-ubyte").rename(digits / "emnist-letters-train-labels-idx1-ubyte")

    assert read(digits).files[-1].path == "t10k/00002"
    assert read(digits).files[0].path == "emnist-letters-train/00000"
    assert read(digits).files[0].split == "train"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "does not begin like an idx file"),
        (b"\0\0\10", "does not begin like an idx file"),
        (b"no idx file at all", "does not begin like an idx file"),
        (idx(np.zeros((9, 5, 4), np.uint8))[:-1], "has 195 bytes, but must have 196"),
        (idx(np.zeros((9, 5, 4), np.uint8)) + b"x", "has 197 bytes, but must have 196"),
        (idx(np.zeros((8, 5, 4), np.uint8)), "`train` has 8 images and 9 labels"),
        (idx(np.zeros((9, 5, 4, 2), np.uint8)), "not that of images"),
        (idx(np.zeros((9, 0, 4), np.uint8)), "not that of images"),
        (idx(np.zeros(9, np.uint8)), "not that of images"),
        (idx(np.zeros((9, 5, 4), ">f4"), 13), "holds values of type 13"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1), "but must have 7922816"),
        (struct.pack(">4B", 0, 0, 8, 255) + bytes(1020), "but must have 1024|not that of images"),
    ],
)
def test_spoilt_idx_files_are_refused(digits: Path, content: bytes, why: str) -> None:
    (digits / "train-images-idx3-ubyte").write_bytes(content)

    with pytest.raises(SourceError, match=why):
        read(digits)


def test_an_idx_file_without_its_partner_is_refused(digits: Path) -> None:
    (digits / "train-labels-idx1-ubyte").unlink()

    with pytest.raises(SourceError, match="`train-images-idx3-ubyte` in it has no partner with the labels"):
        read(digits)


def test_a_bomb_in_gzip_is_stopped(digits: Path) -> None:
    (digits / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(2**25)))

    with pytest.raises(SourceError, match="as only a bomb does"):
        read(digits)
    (digits / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(2**15))[:-9])
    with pytest.raises(SourceError, match="it is damaged"):
        read(digits)


def test_npz_keeps_splits_labels_and_pixels(npz: Callable[..., Source]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 9, 8, 3), np.uint8)
    train = {"x_train": images[:4], "y_train": [0, 1, 2, 10]}
    source = npz(**train, x_test=images[4:5], y_test=[1], X_val=images[5:], Y_VAL=[2])

    assert [(file.path, file.label, file.split) for file in source] == [
        ("test/00000", "01", "test"),
        ("train/00000", "00", "train"),
        ("train/00001", "01", "train"),
        ("train/00002", "02", "train"),
        ("train/00003", "10", "train"),
        ("validation/00000", "02", "validation"),
    ]
    np.testing.assert_array_equal(pixels(source), images[[4, 0, 1, 2, 3, 5]])


def test_npz_files_of_medmnist_are_known(npz: Callable[..., Source]) -> None:
    images, labels = np.zeros((3, 28, 28), np.uint8), np.array([[0], [1], [1]], np.uint8)
    source = npz(train_images=images, train_labels=labels, val_images=images, val_labels=labels)

    assert [file.label for file in source] == ["0", "1", "1"] * 2
    assert {file.split for file in source} == {"train", "validation"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 1], [2, 255]], np.uint8), [[0, 1], [2, 255]]),
        (np.array([[False, True], [True, False]]), [[0, 255], [255, 0]]),
        (np.array([[0, 1], [2, 200]], np.int64), [[0, 1], [2, 200]]),
        (np.array([[0, 1], [2, 200]], ">u2"), [[0, 1], [2, 200]]),
        (np.array([[0, 0.5], [0.2, 1]], np.float32), [[0, 128], [51, 255]]),
        (np.array([[0, 51], [102, 255]], np.float64), [[0, 51], [102, 255]]),
        (np.array([[-1, 1], [0, np.nan]], np.float16), [[0, 255], [128, 0]]),
        (np.array([[-1e308, 1e308], [0, np.inf]]), [[0, 255], [128, 255]]),
        (np.array([[7.0e9, 7.0e9], [7.0e9, 7.0e9]]), [[0, 0], [0, 0]]),
        (np.array([[-128, 127], [0, -1]], np.int8), [[0, 255], [128, 127]]),
        (np.array([[0, 2**40], [2**39, 0]]), [[0, 255], [128, 0]]),
        (np.full((2, 2), np.nan), [[0, 0], [0, 0]]),
    ],
)
def test_values_of_any_range_become_pixels(npz: Callable[..., Source], values: Array, expected: Any) -> None:
    (found,) = pixels(npz(images=values[None], labels=["a"]))

    np.testing.assert_array_equal(found, expected)


def test_sixteen_bits_are_kept(npz: Callable[..., Source]) -> None:
    values = np.array([[[0, 256], [1000, 65535]]], np.uint16)

    np.testing.assert_array_equal(pixels(npz(images=values, labels=["a"]))[0], values[0])


def test_all_sets_of_a_file_share_one_scale(npz: Callable[..., Source]) -> None:
    dim, bright = np.full((1, 2, 2), 0.5), np.full((1, 2, 2), 200.0)
    source = npz(x_train=dim, y_train=["a"], x_test=bright, y_test=["a"])

    assert [found.max() for found in pixels(source)] == [200, 0]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_one_three_and_four_channels_are_read(npz: Callable[..., Source], channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 6, channels), np.uint8)

    np.testing.assert_array_equal(pixels(npz(images=images, labels=["a", "b"])), images.squeeze())


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array(["café", "dog"]), ["café", "dog"]),
        (np.array([b"caf\xc3\xa9", b"\xff"]), ["café", "\\xff"]),
        (np.array([1.0, 12.0]), ["01", "12"]),
        (np.array([-1, 1]), ["-1", "01"]),
        (np.array([True, False]), ["True", "False"]),
        (np.array([[3], [4]]), ["3", "4"]),
        (np.array(["\ud800", "a\0b"]), ["\\ud800", "a\\x00b"]),
    ],
)
def test_labels_may_be_text_or_numbers(
    npz: Callable[..., Source], labels: Array, expected: list[str]
) -> None:
    source = npz(images=np.zeros((2, 8, 8), np.uint8), labels=labels)

    assert [file.label for file in source] == expected


EIGHT = np.zeros((2, 8, 8), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"pictures": EIGHT}, "it holds `pictures`, but no images with labels: name its arrays `x_train`"),
        ({"images": EIGHT}, "no images with labels"),
        ({"images": EIGHT, "labels": ["a"]}, "2 images, but `labels` the shape"),
        ({"images": EIGHT, "labels": np.eye(2)}, "the shape \\(2, 2\\)"),
        (
            {"images": EIGHT, "labels": [0.5, 1]},
            "`labels` in it holds numbers with fractions",
        ),
        ({"images": EIGHT, "labels": [0.5j, 1]}, "values of type `complex128`"),
        ({"images": EIGHT, "labels": np.array(["a", None])}, "Python objects, which could run programs"),
        ({"images": np.array([[1, 2], [None, {}]]), "labels": [1, 2]}, "Python objects"),
        ({"images": np.zeros((2, 64)), "labels": [1, 2]}, "not that of images"),
        ({"images": np.zeros((2, 3, 8, 8)), "labels": [1, 2]}, "not that of images"),
        ({"images": np.zeros((2, 0, 8)), "labels": [1, 2]}, "not that of images"),
        ({"images": np.zeros((2, 8, 8), "c16"), "labels": [1, 2]}, "values of type `complex128`"),
        ({"images": np.asfortranarray(np.eye(8)[None].repeat(2, 0)), "labels": [1, 2]}, "Fortran order"),
        ({"images": np.zeros((0, 8, 8)), "labels": []}, "holds no files"),
        ({}, "holds no arrays|is damaged|no images"),
    ],
)
def test_other_arrays_are_refused(npz: Callable[..., Source], arrays: dict[str, Any], why: str) -> None:
    with pytest.raises(SourceError, match=why):
        npz(**arrays)


def member(shape: object, kind: str = "|u1", content: bytes = b"") -> bytes:
    """An array with a header of one's own."""
    head = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        member((2, 8, 8)),
        member((2, 10**12, 10**12)),
        member((2, -8, -8), content=bytes(128)),
        member("xyz"),
        member((2, 8, 8), "junk"),
        member(((((2,),),),)),
        b"\x93NUMPY\3\0" + struct.pack("<I", 2**31) + b"{",
        b"\x93NUMPY\1\0" + struct.pack("<H", 9999) + b"(" * 9999,
        b"\x93NUMPY\1\0" + struct.pack("<H", 60000) + b"-" * 60000,
    ],
)
def test_spoilt_arrays_are_refused(tmp_path: Path, content: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "pets.npz", "w") as archive:
        archive.writestr("images.npy", content)
        archive.writestr("labels.npy", member((2,), content=bytes(2)))

    with pytest.raises(SourceError, match=r"it is damaged|not that of images"):
        read(tmp_path / "pets.npz")


def test_a_bomb_in_npz_is_stopped(npz: Callable[..., Source]) -> None:
    with pytest.raises(SourceError, match="as only a bomb does"):
        npz(images=np.zeros((100, 800, 800), np.uint8), labels=np.arange(100))


def test_many_images_are_read_without_holding_them(tmp_path: Path) -> None:
    images = np.zeros((3000, 32, 32, 3), np.float32)
    images[:] = np.random.default_rng(0).random((3000, 1, 1, 1))
    np.savez(tmp_path / "pets.npz", images=images, labels=np.arange(3000) % 7)

    tracemalloc.start()
    with read(tmp_path / "pets.npz") as source:
        for file in source:
            file.read()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < images.nbytes / 2


def test_a_picture_is_a_file_that_any_program_opens() -> None:
    assert picture(np.array([[1, 2], [3, 4]], np.uint8)) == b"P5 2 2 255\n\1\2\3\4"
    assert picture(np.array([[[1, 2, 3]]], np.uint8)) == b"P6 1 1 255\n\1\2\3"


def test_the_digits_of_scikit_learn_are_read() -> None:
    source = read("sklearn:digits")

    assert len(source) == 1797
    assert {file.label for file in source} == set("0123456789")
    with pytest.raises(SourceError, match="scikit-learn has no such images: use `digits`"):
        read("sklearn:faces")


def test_one_image_too_many_refuses_arrays(npz: Callable[..., Source], tmp_path: Path, digits: Path) -> None:
    npz(images=EIGHT, labels=["a", "b"])

    for path in (tmp_path / "pets.npz", digits, "sklearn:digits"):
        with pytest.raises(SourceError, match="more than 1"):
            read(path, LimitParameters(files=1))
