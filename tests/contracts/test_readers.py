"""What every reader must do. A new one needs an entry in SAMPLES, and nothing else here."""

import gzip
import io
import os
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from PIL import Image

from tunescope.datasets import READERS, SPLITS, find, inspect, pack, read, stamp
from tunescope.errors import SourceError
from tunescope.parameters import LimitParameters

Files = Mapping[str, bytes]


def write_folder(files: Files, path: Path) -> Path:
    path.mkdir()
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def write_zip(files: Files, path: Path) -> Path:
    path = path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(files: Files, path: Path, suffix: str = ".tar", mode: str = "w") -> Path:
    path = path.with_name(path.name + suffix)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def write_zstandard(files: Files, path: Path) -> Path:
    tar = write_tar(files, path)
    packed = tar.with_name(tar.name + ".zst")
    packed.write_bytes(zstandard.compress(tar.read_bytes()))
    tar.unlink()
    return packed


# Sources that are trees of files.
TREES: dict[str, Callable[[Files, Path], Path]] = {
    "folder": write_folder,
    "zip": write_zip,
    "tar": write_tar,
    "tar.gz": lambda files, path: write_tar(files, path, ".tar.gz", "w:gz"),
    "tgz": lambda files, path: write_tar(files, path, ".TGZ", "w:gz"),
    "tar.bz2": lambda files, path: write_tar(files, path, ".tar.bz2", "w:bz2"),
    "tar.xz": lambda files, path: write_tar(files, path, ".tar.xz", "w:xz"),
    "tar.zst": write_zstandard,
}


@dataclass(frozen=True)
class Sample:
    """A source with what must come out of it, in the order of the paths; and a file to touch."""

    source: str
    labels: list[str]
    pictures: list[np.ndarray]
    touched: Path | None
    options: dict[str, Any] = field(default_factory=dict)


CATS, DOGS = np.random.default_rng(0).integers(0, 256, (2, 6, 16, 16, 3), np.uint8)
LABELS = ["cats"] * 6 + ["dogs"] * 6


def encoded(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def drawing(seed: int) -> bytes:
    return encoded(np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8))


def pictures() -> dict[str, bytes]:
    named = {f"cats/{n}.png": encoded(cat) for n, cat in enumerate(CATS)}
    return named | {f"dogs/{n}.png": encoded(dog) for n, dog in enumerate(DOGS)}


def sample_of(path: Path, touched: Path | None = None, **options: Any) -> Sample:
    return Sample(str(path), LABELS, [*CATS, *DOGS], touched or path, options)


def folder_sample(path: Path) -> Sample:
    root = write_folder(pictures(), path / "pets")
    return sample_of(root, root / "cats" / "3.png")


def npz_sample(path: Path) -> Sample:
    np.savez(path / "pets.npz", images=np.concatenate([CATS, DOGS]), labels=LABELS)
    return sample_of(path / "pets.npz")


def manifest_sample(path: Path) -> Sample:
    root = write_folder(pictures(), path / "pets")
    rows = [f"{name},{name.partition('/')[0]}\n" for name in pictures()]
    (root / "pets.csv").write_text("path,label\n" + "".join(rows))
    return sample_of(root / "pets.csv", root / "cats" / "3.png")


def idx_sample(path: Path) -> Sample:
    grays = np.concatenate([CATS, DOGS])[..., 0]
    labels = np.repeat(np.uint8([3, 12]), 6)
    head = struct.pack(">4B3I", 0, 0, 8, 3, *grays.shape)
    (path / "train-images-idx3-ubyte").write_bytes(head + grays.tobytes())
    head = struct.pack(">4BI", 0, 0, 8, 1, 12)
    (path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(head + labels.tobytes()))
    names = ["03"] * 6 + ["12"] * 6
    return Sample(str(path), names, list(grays), path / "train-images-idx3-ubyte")


def torchvision_sample(path: Path) -> Sample:
    """A set that torchvision knows by its folders alone."""
    root = path / "Country211" / "country211"
    root.parent.mkdir(parents=True)
    splits = ["train", "valid", "test"]
    write_folder({f"{splits[n % 3]}/{name}": png for n, (name, png) in enumerate(pictures().items())}, root)
    order = [row for split in (2, 0, 1) for row in range(split, 12, 3)]  # test, train, validation
    both = np.concatenate([CATS, DOGS])
    return Sample(
        "torchvision:Country211",
        [LABELS[row] for row in order],
        [both[row] for row in order],
        None,
        {"root": path},
    )


def digits_sample(path: Path) -> Sample:
    from sklearn.datasets import load_digits

    digits = load_digits()
    grays = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    return Sample("sklearn:digits", [str(label) for label in digits.target], list(grays), None)


SAMPLES: dict[str, Callable[[Path], Sample]] = {
    "folder": folder_sample,
    "archive": lambda path: sample_of(write_tar(pictures(), path / "pets", ".tar.gz", "w:gz")),
    "idx": idx_sample,
    "npz": npz_sample,
    "manifest": manifest_sample,
    "torchvision": torchvision_sample,
    "sklearn": digits_sample,
}


@pytest.fixture
def sample(name: str, tmp_path: Path) -> Sample:
    return SAMPLES[name](tmp_path)


@pytest.mark.parametrize("name", READERS)
class TestReader:
    def test_its_declaration_is_complete(self, name: str) -> None:
        assert READERS[name].name == name
        assert READERS[name].line
        assert name in SAMPLES, "this test must know such a source"

    def test_it_lists_every_image_in_order_with_its_label(self, name: str, sample: Sample) -> None:
        with read(sample.source, **sample.options) as source:
            paths = [file.path for file in source if file.label]

            assert source.location == sample.source
            assert paths == sorted(set(paths))
            assert [file.label for file in source if file.label] == sample.labels
            assert {file.split for file in source} <= {None, *SPLITS}

    def test_it_gives_the_same_pixels_again_and_again(self, name: str, sample: Sample) -> None:
        with read(sample.source, **sample.options) as source:
            files = [file for file in source if file.label][:12]
            for file, pixels in zip(files, sample.pictures, strict=False):
                content = file.read()

                np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels)
                assert file.size > 0
                assert file.read() == content
            with ThreadPoolExecutor(8) as pool:
                contents = list(pool.map(lambda file: file.read(), files * 5))
        assert [*contents] == contents[: len(files)] * 5

    def test_it_alone_is_found_for_its_kind(self, name: str, sample: Sample) -> None:
        assert find(sample.source) is READERS[name]
        assert find(Path(sample.source)) is READERS[name]

    def test_it_refuses_more_files_than_allowed(self, name: str, sample: Sample) -> None:
        if name == "folder":
            pytest.skip("a folder is what it is: its files were unpacked already")
        with pytest.raises(SourceError, match="more than 11"):
            read(sample.source, LimitParameters(files=11), **sample.options)

    def test_a_stamp_is_equal_until_something_changes(self, name: str, sample: Sample) -> None:
        before = stamp(sample.source)
        if sample.touched is None:
            assert before == stamp(sample.source)
            return
        assert before is not None
        assert before == stamp(sample.source)
        with sample.touched.open("ab") as file:
            file.write(b" ")
        assert stamp(sample.source) not in (before, None)

    def test_what_it_reads_can_be_inspected_and_packed(
        self, name: str, sample: Sample, tmp_path: Path
    ) -> None:
        with read(sample.source, **sample.options) as source:
            inspection = inspect(source)
            dataset = pack(inspection, tmp_path / "packed")

            assert inspection.quality()["files"] == len(source)
        assert len(dataset.images) == inspection.quality()["accepted"] >= 12
        assert set(dataset.classes) == set(sample.labels)

    def test_closing_leaves_nothing_behind(self, name: str, sample: Sample, tmp_path: Path) -> None:
        before = set(tmp_path.rglob("*"))
        descriptors = len(os.listdir("/dev/fd"))
        with read(sample.source, **sample.options) as source:
            next(file for file in source if file.label).read()
        source.close()

        assert set(tmp_path.rglob("*")) == before
        assert len(os.listdir("/dev/fd")) == descriptors


@pytest.fixture
def files() -> dict[str, bytes]:
    return pictures() | {"cats/.hidden.png": b"hidden", "😀.txt": b"notes", "empty/nothing.png": b""}


@pytest.mark.parametrize("kind", TREES)
class TestTree:
    def test_it_lists_every_regular_file_in_order(self, kind: str, files: Files, tmp_path: Path) -> None:
        source = read(TREES[kind](files, tmp_path / "pets"))

        assert [file.path for file in source] == sorted(files)

    def test_it_gives_label_size_and_content(self, kind: str, files: Files, tmp_path: Path) -> None:
        for file in read(TREES[kind](files, tmp_path / "pets")):
            assert file.label == (file.path.rpartition("/")[0] or None)
            assert file.size == len(files[file.path])
            assert file.read() == files[file.path]
            assert file.hidden == (file.path == "cats/.hidden.png")

    def test_it_ignores_one_folder_around_all_classes(self, kind: str, files: Files, tmp_path: Path) -> None:
        wrapped = {f"wrapper/{path}": content for path, content in files.items()}
        source = read(TREES[kind](wrapped, tmp_path / "pets"))

        assert {file.label for file in source} == {None, "cats", "dogs", "empty"}

    def test_it_keeps_official_splits(self, kind: str, files: Files, tmp_path: Path) -> None:
        tree = {f"Train/{path}": content for path, content in files.items()} | {"val/cats/9.png": drawing(9)}
        found = {file.path: (file.split, file.label) for file in read(TREES[kind](tree, tmp_path / "pets"))}

        assert found["val/cats/9.png"] == ("validation", "cats")
        assert found["Train/dogs/1.png"] == ("train", "dogs")

    def test_it_refuses_a_source_without_files(self, kind: str, tmp_path: Path) -> None:
        path = TREES[kind]({}, tmp_path / "pets")

        with pytest.raises(SourceError, match=r"^`dataset.source` is `.*pets.*`, but it holds no files: "):
            read(path)

    def test_names_of_every_kind_are_listed_as_they_are(self, kind: str, tmp_path: Path) -> None:
        names = {
            "cats/<script>alert(1)<script>.png",
            "cats/😀.png",
            "cats/\u202egnp.exe.png",
            "cats/" + "x" * 251 + ".png",
            "cats/trailing dots...",
            "cats/trailing space ",
            "cats/new\nline.png",
            "cats ./1.png",
            "cats../1.png",
            "Cats/1.png",
        }
        source = read(TREES[kind](dict.fromkeys(names, b"1"), tmp_path / "pets"))

        assert {file.path for file in source} == names
        assert {file.label for file in source} == {"cats", "cats .", "cats..", "Cats"}


@pytest.mark.parametrize(
    "source",
    [
        "no/such/folder",
        "a" * 5000,
        "nul\0.zip",
        "~nobody-of-this-name/photos",
        "torchvision:../MNIST",
        "other:thing",
    ],
)
def test_a_path_without_a_file_is_refused(source: str) -> None:
    with pytest.raises(SourceError, match="there is no such file or folder"):
        read(source)
    with pytest.raises(SourceError, match="there is no such file or folder"):
        find(source)
    assert stamp(source) is None


def test_a_missing_source_is_refused_with_what_could_be_given() -> None:
    with pytest.raises(SourceError) as caught:
        read("no/such.zip")

    assert str(caught.value) == (
        "`dataset.source` is `no/such.zip`, but there is no such file or folder: "
        "give a folder of idx files, a folder of class folders, an npz file, "
        "a CSV or Parquet table of paths and labels, a zip or tar archive of class folders, "
        "`torchvision:NAME` or `sklearn:digits`"
    )


@pytest.mark.parametrize("name", ["photo.png", "photos.rar", "photos"])
def test_a_source_of_unknown_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(drawing(0))

    with pytest.raises(SourceError, match="but it is of no known kind: give a folder of"):
        read(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="this user may read any file")
@pytest.mark.parametrize("name", ["pets.zip", "pets.tar", "pets.npz", "pets.csv", "pets.parquet", "pets"])
def test_a_source_that_may_not_be_read_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"1")
    (tmp_path / name).chmod(0)

    with pytest.raises(SourceError, match="cannot be read"):
        read(tmp_path / name)


def test_relative_sources_can_be_looked_for_in_a_folder(tmp_path: Path) -> None:
    write_folder({"cats/1.png": b"1"}, tmp_path / "pets")

    assert find("pets", tmp_path) is READERS["folder"]
    assert find("sklearn:digits", tmp_path) is READERS["sklearn"]


def test_a_path_that_exists_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_folder({"cats/1.png": b"1"}, Path("sklearn:digits"))

    assert find("sklearn:digits") is READERS["folder"]


def test_an_option_that_no_reader_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="colour"):
        read(write_folder({"cats/1.png": b"1"}, tmp_path / "pets"), colour="red")


def test_the_registry_imports_no_heavy_library() -> None:
    heavy = "{'PIL', 'torch', 'sklearn', 'skimage', 'scipy', 'torchvision', 'pandas', 'pyarrow', 'zstandard'}"
    code = f"import sys, tunescope.datasets; print({heavy} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
