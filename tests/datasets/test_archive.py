import gc
import stat
import struct
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tunescope.datasets import read
from tunescope.datasets.source import UnusableFileError
from tunescope.errors import SourceError
from tunescope.parameters import LimitParameters

Archive = Callable[..., Path]


def special(name: str, mode: int) -> zipfile.ZipInfo:
    """An entry with a Unix mode."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry


def patched(path: Path, local_offset: int, central_offset: int, value: int) -> Path:
    """Set a 16-bit field in all headers of an archive."""
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", local_offset), (b"PK\1\2", central_offset)):
        start = content.find(signature)
        while start >= 0:
            struct.pack_into("<H", content, start + offset, value)
            start = content.find(signature, start + 4)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../a.png",
        "cats/../../a.png",
        "/etc/a.png",
        "..\\a.png",
        "\\a.png",
        "C:\\a.png",
        "c:/a.png",
        "cats/..",
    ],
)
def test_a_path_that_leads_out_refuses_the_archive(archive: Archive, name: str) -> None:
    with pytest.raises(SourceError, match="leads out of it"):
        read(archive({"cats/1.png": b"1", name: b"2"}))


@pytest.mark.parametrize("name", ["cats/..1.png", "cats/a..b.png", "cats/...", "c/1.png"])
def test_dots_within_a_name_lead_nowhere(archive: Archive, name: str) -> None:
    assert [file.path for file in read(archive({name: b"1"}))] == [name]


def test_a_link_refuses_the_archive(archive: Archive) -> None:
    with pytest.raises(SourceError, match=r"`cats/link.png`, a link"):
        read(archive({"cats/1.png": b"1", special("cats/link.png", stat.S_IFLNK | 0o777): b"/etc/passwd"}))


@pytest.mark.parametrize("kind", [stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_a_device_refuses_the_archive(archive: Archive, kind: int) -> None:
    with pytest.raises(SourceError, match="`cats/null`, a device"):
        read(archive({"cats/1.png": b"1", special("cats/null", kind | 0o666): b""}))


def test_an_encrypted_file_refuses_the_archive(archive: Archive) -> None:
    path = patched(archive({"cats/1.png": b"1"}), 6, 8, 0x1)

    with pytest.raises(SourceError, match=r"`cats/1.png` in it is encrypted"):
        read(path)


def test_an_unknown_packing_method_refuses_the_archive(archive: Archive) -> None:
    path = patched(archive({"cats/1.png": b"1"}), 8, 10, 9)

    with pytest.raises(SourceError, match="packed by method 9"):
        read(path)


def test_a_bomb_refuses_the_archive(archive: Archive) -> None:
    path = archive({"cats/1.png": b"1", "cats/bomb.png": bytes(8 * 2**20)}, zipfile.ZIP_DEFLATED)

    with pytest.raises(SourceError, match="as only a bomb does"):
        read(path)


def test_a_bomb_of_many_small_files_refuses_the_archive(archive: Archive) -> None:
    path = archive({f"cats/{n}.png": bytes(2**20) for n in range(8)}, zipfile.ZIP_DEFLATED)

    with pytest.raises(SourceError, match="it unpacks to 8388608 bytes, as only a bomb does"):
        read(path)


def test_files_that_share_bytes_refuse_the_archive(archive: Archive) -> None:
    path = archive({"cats/1.png": bytes(200), "cats/2.png": bytes(200)})
    content = bytearray(path.read_bytes())
    second = content.rfind(b"PK\1\2")
    struct.pack_into("<I", content, second + 42, 0)  # where the directory says that the second file begins
    path.write_bytes(content)

    with pytest.raises(SourceError, match="share bytes"):
        read(path)


def test_limits_refuse_too_many_files_and_too_many_bytes(archive: Archive) -> None:
    path = archive({f"cats/{n}.png": b"12345" for n in range(5)})

    assert len(read(path, limits=LimitParameters(files=5, total_bytes=25))) == 5
    with pytest.raises(SourceError, match="holds more than 4 entries"):
        read(path, limits=LimitParameters(files=4))
    with pytest.raises(SourceError, match="unpacks to 25 bytes, more than 24"):
        read(path, limits=LimitParameters(total_bytes=24))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_path_that_comes_twice_refuses_the_archive(archive: Archive) -> None:
    with pytest.raises(SourceError, match=r"holds `cats/1.png` twice"):
        read(archive({zipfile.ZipInfo("cats/1.png"): b"1", zipfile.ZipInfo("./cats//1.png"): b"2"}))


def test_a_file_without_a_name_refuses_the_archive(archive: Archive) -> None:
    with pytest.raises(SourceError, match="without a name"):
        read(archive({"cats/1.png": b"1", "./.": b"2"}))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\5\6", b"PK\3\4" + bytes(100)])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photos.zip"
    path.write_bytes(content)

    with pytest.raises(SourceError, match="it is damaged"):
        read(path)


def test_an_archive_cut_short_is_refused(archive: Archive, two_classes: dict[str, bytes]) -> None:
    path = archive(two_classes)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(SourceError, match="it is damaged"):
        read(path)


def test_an_archive_of_folders_only_is_refused(archive: Archive) -> None:
    with pytest.raises(SourceError, match="holds no files"):
        read(archive({"cats/": b"", special("dogs", stat.S_IFDIR | 0o755): b""}))


def test_an_archive_is_known_by_its_content_too(archive: Archive) -> None:
    assert len(read(archive({"cats/1.png": b"1"}, name="photos"))) == 1
    assert len(read(archive({"cats/1.png": b"1"}, name="PHOTOS.ZIP"))) == 1


def test_backslashes_between_folders_are_understood(archive: Archive) -> None:
    source = read(archive({"pets\\cats\\1.png": b"1", "pets\\dogs\\2.png": b"2", "pets\\dogs\\": b""}))

    assert [(file.path, file.label) for file in source] == [
        ("pets/cats/1.png", "cats"),
        ("pets/dogs/2.png", "dogs"),
    ]


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_threads_read_the_same_content_as_one(
    archive: Archive, two_classes: dict[str, bytes], method: int
) -> None:
    source = read(archive(two_classes, method))
    with ThreadPoolExecutor(8) as pool:
        contents = list(pool.map(lambda file: file.read(), source.files * 5))

    assert contents == [two_classes[file.path] for file in source] * 5


def test_a_file_outlives_the_source_it_came_from(archive: Archive) -> None:
    (file,) = read(archive({"cats/1.png": b"1"}))
    gc.collect()

    assert file.read() == b"1"


def test_a_damaged_file_is_unusable_and_the_others_are_not(
    archive: Archive, two_classes: dict[str, bytes]
) -> None:
    path = archive(two_classes)
    content = bytearray(path.read_bytes())
    spot = content.find(two_classes["cats/3.png"]) + 60
    content[spot] ^= 0xFF
    path.write_bytes(content)
    files = {file.path: file for file in read(path)}

    with pytest.raises(UnusableFileError, match="unreadable: damaged in the archive"):
        files.pop("cats/3.png").read()
    assert {name: file.read() for name, file in files.items()} == {
        name: content for name, content in two_classes.items() if name != "cats/3.png"
    }


def test_a_file_longer_than_declared_is_not_unpacked_further(archive: Archive) -> None:
    path = archive({"cats/1.png": bytes(100_000)}, zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", content, content.find(signature) + offset, 50)
    path.write_bytes(content)
    (file,) = read(path)

    with pytest.raises(UnusableFileError, match="damaged in the archive"):
        file.read()


def test_a_zero_byte_in_a_name_hides_nothing(archive: Archive) -> None:
    path = archive({"cats/1_x.png": b"1", "dogs/_x.png": b"2"})
    path.write_bytes(path.read_bytes().replace(b"_x", b"\0x"))

    assert {file.path: file.read() for file in read(path)} == {
        "cats/1\\x00x.png": b"1",
        "dogs/\\x00x.png": b"2",
    }


def test_a_name_that_is_no_unicode_although_it_says_so_refuses_the_archive(archive: Archive) -> None:
    path = archive({"cats/é.png": b"1"})
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xfe"))

    with pytest.raises(SourceError, match="it is damaged"):
        read(path)
