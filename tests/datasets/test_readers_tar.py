import bz2
import gzip
import io
import lzma
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from tunescope.datasets import read
from tunescope.datasets.source import UnusableFileError
from tunescope.errors import SourceError
from tunescope.parameters import LimitParameters

Tar = Callable[..., Path]
PACKERS = {
    ".tar.gz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
    ".tar.zst": zstandard.compress,
}


@pytest.fixture
def tar(tmp_path: Path) -> Tar:
    """``tar(files, format=tarfile.PAX_FORMAT)``: the path of a tar archive that holds them."""

    def make(files: Mapping[str | tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> Path:
        with tarfile.open(tmp_path / "photos.tar", "w", format=format) as archive:
            for name, content in files.items():
                entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
                entry.size = entry.size or len(content)
                archive.addfile(entry, io.BytesIO(content))
        return tmp_path / "photos.tar"

    return make


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_dialect_of_tar_is_read(tar: Tar, format: int) -> None:
    names = {"cats/1.png": b"1" * 512, "cats/" + "y" * 90 + "/" + "x" * 80: b"", "dogs/3.png": b"3" * 700}
    source = read(tar(names, format))

    assert {file.path: file.read() for file in source} == names


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_are_read(tar: Tar, format: int) -> None:
    names = ["cats/" + "x" * 255, "cats/😀" * 40, "cats/é.png", "/".join("abcdefgh" * 30)]

    assert {file.path for file in read(tar(dict.fromkeys(names, b"1"), format))} == set(names)


def test_names_that_are_no_unicode_are_listed(tar: Tar) -> None:
    for format in (tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        (file,) = read(tar({os.fsdecode(b"cats/\xff\xfe.png"): b"1"}, format))

        assert file.path == "cats/\\xff\\xfe.png"


def test_a_zero_byte_in_a_name_hides_nothing(tar: Tar) -> None:
    entry = tarfile.TarInfo("cats/1.png")
    entry.pax_headers = {"path": "cats/1\0x.png"}
    (file,) = read(tar({entry: b"1"}))

    assert file.path == "cats/1\\x00x.png"


def test_folders_are_no_files(tar: Tar) -> None:
    source = read(tar({special("cats", tarfile.DIRTYPE): b"", "cats/1.png": b"1"}))

    assert [file.path for file in source] == ["cats/1.png"]


@pytest.mark.parametrize("name", ["../a.png", "cats/../../a.png", "/etc/a.png", "..\\a.png", "C:\\a.png"])
def test_a_path_that_leads_out_refuses_the_archive(tar: Tar, name: str) -> None:
    with pytest.raises(SourceError, match="leads out of it"):
        read(tar({"cats/1.png": b"1", name: b"2"}))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a device"),
    ],
)
def test_links_and_devices_refuse_the_archive(tar: Tar, kind: bytes, words: str) -> None:
    path = tar({"cats/1.png": b"1", special("cats/other", kind, "/etc/passwd"): b""})

    with pytest.raises(SourceError, match=f"`cats/other`, {words}"):
        read(path)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_SPARSE, b"M", b"D", b"Z"])
def test_entries_of_other_kinds_refuse_the_archive(tar: Tar, kind: bytes) -> None:
    with pytest.raises(SourceError, match="of a kind that cannot be read"):
        read(tar({"cats/1.png": b"1", special("cats/other", kind): b""}))


def test_a_sparse_file_refuses_the_archive(tar: Tar) -> None:
    entry = tarfile.TarInfo("cats/1.png")
    entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}

    with pytest.raises(SourceError, match="of a kind that cannot be read"):
        read(tar({entry: b"1"}))


def test_a_path_that_comes_twice_refuses_the_archive(tar: Tar) -> None:
    with pytest.raises(SourceError, match=r"holds `cats/1.png` twice"):
        read(tar({"cats/1.png": b"1", "./cats//1.png": b"2"}))


def test_an_archive_in_an_archive_is_an_ordinary_file(tar: Tar) -> None:
    inner = tar({"../evil.png": b"1"}).read_bytes()
    (file, _) = read(tar({"cats/inner.tar": inner, "cats/z.png": b"1"}))

    assert file.read() == inner


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("spoil", ["cut", "changed", "no tar", "empty"])
def test_a_damaged_archive_is_refused(tar: Tar, suffix: str, spoil: str) -> None:
    content = tar({f"cats/{n}.png": os.urandom(5000) for n in range(5)}).read_bytes()
    packed = PACKERS[suffix](b"no tar at all" * 99 if spoil == "no tar" else content)
    if spoil == "cut":
        packed = packed[: len(packed) // 2]
    elif spoil == "changed":
        packed = packed[:2] + bytes(byte ^ 0xFF for byte in packed[2:40]) + packed[40:]
    elif spoil == "empty":
        packed = b""
    path = Path(str(tar({})).replace(".tar", suffix))
    path.write_bytes(packed)

    with pytest.raises(SourceError, match="it is damaged"):
        read(path)


@pytest.mark.parametrize("length", [0, 100, 512, 700, 1024, 1536])
def test_a_tar_archive_that_ends_too_early_is_refused(tar: Tar, length: int) -> None:
    path = tar({"cats/1.png": b"1" * 400, "cats/2.png": b"2" * 400})
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(SourceError, match="it is damaged"):
        read(path)


def test_a_changed_header_is_noticed(tar: Tar) -> None:
    path = tar({"cats/1.png": b"1"})
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)

    with pytest.raises(SourceError, match="another check sum"):
        read(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_bomb_is_stopped_while_it_unpacks(tar: Tar, suffix: str, tmp_path: Path) -> None:
    path = Path(str(tar({})).replace(".tar", suffix))
    path.write_bytes(PACKERS[suffix](bytes(2**26)))

    with pytest.raises(SourceError, match="or more, as only a bomb does"):
        read(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_limits_hold_while_an_archive_unpacks(tar: Tar, suffix: str) -> None:
    content = tar({f"cats/{n}.png": os.urandom(5000) for n in range(5)}).read_bytes()
    path = Path(str(tar({})).replace(".tar", suffix))
    path.write_bytes(PACKERS[suffix](content))

    assert len(read(path, LimitParameters(files=5, total_bytes=len(content)))) == 5
    with pytest.raises(SourceError, match="unpacks to more than 9999 bytes"):
        read(path, LimitParameters(total_bytes=9999))
    with pytest.raises(SourceError, match="holds more than 4 entries"):
        read(path, LimitParameters(files=4))


def test_a_plain_tar_archive_cannot_declare_more_than_it_has(tar: Tar) -> None:
    entry = tarfile.TarInfo("cats/1.png")
    entry.size = 10**12
    path = tar({"cats/0.png": b"0"})
    content = path.read_bytes()
    path.write_bytes(content[:1024] + entry.tobuf(tarfile.GNU_FORMAT) + content[1024:])

    with pytest.raises(SourceError, match=r"it ends within `cats/1.png`"):
        read(path)


@pytest.mark.parametrize("kind", ["L", "x", "g"])
def test_a_huge_header_is_refused_before_it_is_read(tar: Tar, kind: str) -> None:
    path = tar({special("note", kind.encode()): bytes(2**17), "cats/0.png": b"0"})

    with pytest.raises(SourceError, match="a header of 131072 bytes"):
        read(path)


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"])
def test_streams_that_follow_one_another_are_one(tar: Tar, suffix: str) -> None:
    content = tar({"cats/1.png": b"1" * 3000, "dogs/2.png": b"2"}).read_bytes()
    path = Path(str(tar({})).replace(".tar", suffix))
    path.write_bytes(PACKERS[suffix](content[:2000]) + PACKERS[suffix](content[2000:]))

    assert [file.read() for file in read(path)] == [b"1" * 3000, b"2"]


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_archive_is_read_by_many_threads(tar: Tar, suffix: str) -> None:
    names = {f"cats/{n:03}.png": os.urandom(2000) for n in range(100)}
    path = Path(str(tar({})).replace(".tar", suffix))
    path.write_bytes(PACKERS[suffix](tar(names).read_bytes()))
    with read(path) as source, ThreadPoolExecutor(8) as pool:
        contents = list(pool.map(lambda file: file.read(), source.files * 5))

    assert contents == list(names.values()) * 5


def test_a_closed_source_says_so(tar: Tar) -> None:
    with read(tar({"cats/1.png": b"1"})) as source:
        pass

    with pytest.raises(UnusableFileError, match="the source is closed"):
        source.files[0].read()


def test_a_source_that_became_shorter_says_so(tar: Tar) -> None:
    path = tar({"cats/1.png": b"1" * 3000})
    with read(path) as source:
        os.truncate(path, 1024)

        with pytest.raises(UnusableFileError, match="has become shorter"):
            source.files[0].read()


def test_scratch_files_go_where_they_are_told_and_have_no_name(tar: Tar, tmp_path: Path) -> None:
    path = tmp_path / "photos.tar.gz"
    path.write_bytes(gzip.compress(tar({"cats/1.png": b"1"}).read_bytes()))
    (tmp_path / "scratch").mkdir()
    with read(path, scratch=tmp_path / "scratch") as source:
        assert source.files[0].read() == b"1"
        assert list((tmp_path / "scratch").iterdir()) == []


def test_a_disk_without_room_is_refused_before_unpacking(tar: Tar, tmp_path: Path) -> None:
    path = tmp_path / "photos.tar.gz"
    path.write_bytes(gzip.compress(tar({"cats/1.png": b"1"}).read_bytes()))
    try:
        os.truncate(path, 2 * shutil.disk_usage(tmp_path).free)  # a hole that takes no space
    except OSError:
        pytest.skip("this file system has no files with holes")

    with pytest.raises(SourceError, match=r"the disk of `.*` is too full to unpack it: free some space"):
        read(path)


def test_a_disk_that_fills_while_unpacking_is_one_sentence(tar: Tar, tmp_path: Path) -> None:
    path = tmp_path / "photos.tar.gz"
    path.write_bytes(gzip.compress(tar({"cats/1.png": os.urandom(2**20)}).read_bytes()))
    program = f"""
import resource
import shutil
from tunescope.datasets import read
resource.setrlimit(resource.RLIMIT_FSIZE, (2**18, {resource.getrlimit(resource.RLIMIT_FSIZE)[1]}))
try:
    read({str(path)!r})
except Exception as error:
    print(type(error).__name__, error)
"""
    before = sorted(tmp_path.iterdir())
    said = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert said.startswith("SourceError ")
    assert f"`dataset.source` is `{path}`, but the disk of `{tmp_path}` is too full" in said
    assert said.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
