"""What every reader must do. A new one needs an entry in WRITERS, and nothing else here."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tunescope.datasets import READERS, inspect, pack, read
from tunescope.errors import SourceError
from tunescope.parameters import DatasetParameters

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


WRITERS: dict[str, Callable[[Files, Path], Path]] = {"folder": write_folder, "archive": write_zip}


def drawing(seed: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def files() -> dict[str, bytes]:
    pictures = {
        f"{label}/{n}.png": drawing(n + 5 * (label == "dogs")) for label in ("dogs", "cats") for n in range(5)
    }
    return pictures | {"cats/.hidden.png": b"hidden", "😀.txt": b"notes", "empty/nothing.png": b""}


@pytest.mark.parametrize("name", READERS)
class TestReader:
    def test_its_declaration_is_complete(self, name: str) -> None:
        reader = READERS[name]

        assert reader.name == name
        assert reader.line
        assert name in WRITERS, "this test must know how to write such a source"

    def test_it_lists_every_regular_file_in_order(self, name: str, files: Files, tmp_path: Path) -> None:
        source = read(WRITERS[name](files, tmp_path / "pets"))

        assert len(source) == len(files)
        assert [file.path for file in source] == sorted(files)

    def test_it_gives_label_size_and_content(self, name: str, files: Files, tmp_path: Path) -> None:
        for file in read(WRITERS[name](files, tmp_path / "pets")):
            assert file.label == (file.path.rpartition("/")[0] or None)
            assert file.size == len(files[file.path])
            assert file.read() == files[file.path]
            assert file.read() == files[file.path], "a file can be read again"
            assert file.hidden == (file.path == "cats/.hidden.png")

    def test_it_ignores_one_folder_around_all_classes(self, name: str, files: Files, tmp_path: Path) -> None:
        wrapped = {f"wrapper/{path}": content for path, content in files.items()}
        source = read(WRITERS[name](wrapped, tmp_path / "pets"))

        assert {file.label for file in source} == {None, "cats", "dogs", "empty"}

    def test_it_accepts_its_own_kind_only(self, name: str, files: Files, tmp_path: Path) -> None:
        for other, write in WRITERS.items():
            assert READERS[name].accepts(write(files, tmp_path / other)) == (other == name)

    def test_it_refuses_a_source_without_files(self, name: str, tmp_path: Path) -> None:
        path = WRITERS[name]({}, tmp_path / "pets")

        with pytest.raises(SourceError, match=r"^`dataset.source` is `.*pets.*`, but it holds no files: "):
            read(path)

    def test_what_it_reads_can_be_inspected_and_packed(self, name: str, files: Files, tmp_path: Path) -> None:
        source = read(WRITERS[name](files, tmp_path / "pets"))
        inspection = inspect(source)
        dataset = pack(inspection, source, DatasetParameters(source=source.location), tmp_path / "packed")

        assert inspection.quality()["files"] == len(files)
        assert dataset.counts() == {"train": 6, "validation": 2, "test": 2}

    def test_it_reads_a_path_given_as_text(self, name: str, files: Files, tmp_path: Path) -> None:
        assert len(read(str(WRITERS[name](files, tmp_path / "pets")))) == len(files)


@pytest.mark.parametrize("source", ["no/such/folder", "a" * 5000, "nul\0.zip", "~nobody-of-this-name/photos"])
def test_a_path_without_a_file_is_refused(source: str) -> None:
    with pytest.raises(SourceError, match="there is no such file or folder"):
        read(source)


def test_a_missing_source_is_refused_with_what_could_be_given() -> None:
    with pytest.raises(SourceError) as caught:
        read("no/such.zip")

    assert str(caught.value) == (
        "`dataset.source` is `no/such.zip`, but there is no such file or folder: "
        "give the path of a folder of class folders or a zip archive of class folders"
    )


@pytest.mark.parametrize("name", ["photo.png", "photos.rar", "photos"])
def test_a_source_of_unknown_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(drawing(0))

    with pytest.raises(SourceError, match="but it is neither a folder of class folders nor a zip archive"):
        read(tmp_path / name)


def test_an_option_that_no_reader_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="colour"):
        read(write_folder({"cats/1.png": b"1"}, tmp_path / "pets"), colour="red")


def test_the_registry_imports_no_heavy_library() -> None:
    heavy = "{'PIL', 'torch', 'sklearn', 'skimage', 'scipy', 'torchvision'}"
    code = f"import sys, tunescope.datasets; print({heavy} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
