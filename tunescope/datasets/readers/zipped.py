"""Lists zip archives."""

import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

from tunescope.datasets.readers.entries import Entry, Kind, Listing, damage
from tunescope.datasets.readers.files import BOMB, OpenedFile, PositionedFile
from tunescope.datasets.source import UnusableFileError, refusal
from tunescope.parameters import LimitParameters

READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ENCRYPTED_BIT = 0x1
LOCAL_HEADER_BYTES = 30


def list_zip(path: Path, limits: LimitParameters, scratch: str | Path | None) -> Listing:
    """List a zip archive, which needs no scratch file.

    Raises:
        SourceError: when its directory is damaged or has more entries than allowed; when its files overlap,
            or are packed in an unknown way.
    """
    with damage(path):
        archive = _Archive(path, limits)
    infos = archive.infolist()
    for why, mend in _faults(infos):
        archive.close()
        raise refusal(path, why, mend)
    lock = threading.Lock()
    return Listing([_entry(info, partial(_content, archive, info, lock)) for info in infos], archive.close)


def is_zip(path: Path) -> bool:
    """Whether a file begins like a zip archive, with files or without."""
    with open(path, "rb") as file:
        return file.read(4) in (b"PK\3\4", b"PK\5\6")


class _Archive(zipfile.ZipFile):
    """A zip archive that stops listing at the first entry too many: each takes a kilobyte of memory."""

    def __init__(self, path: Path, limits: LimitParameters) -> None:
        self._entries = _Entries(path, limits.files)
        self._opened = OpenedFile.at(path)
        super().__init__(PositionedFile(self._opened))

    def close(self) -> None:
        """Free the file."""
        super().close()
        self._opened.close()

    @property
    def filelist(self) -> list[zipfile.ZipInfo]:
        """Where the superclass puts what it lists."""
        return self._entries

    @filelist.setter
    def filelist(self, files: list[zipfile.ZipInfo]) -> None:
        """The superclass begins with a list of its own; ours is empty too then."""


class _Entries(list[zipfile.ZipInfo]):
    def __init__(self, path: Path, most: int) -> None:
        super().__init__()
        self._path, self._most = path, most

    def append(self, entry: zipfile.ZipInfo) -> None:
        if len(self) == self._most:
            raise refusal(self._path, f"it holds more than {self._most} entries", BOMB)
        super().append(entry)


def _faults(infos: list[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    for info in infos:
        if info.compress_type not in READABLE_METHODS:
            why = f"`{info.filename}` in it is packed by method {info.compress_type}, which cannot be read"
            yield why, "pack it again as an ordinary zip"
    for one, other in pairwise(sorted(infos, key=lambda info: info.header_offset)):
        # A small archive becomes a huge bomb when thousands of files share the same packed bytes.
        end = one.header_offset + LOCAL_HEADER_BYTES + len(one.orig_filename) + one.compress_size
        if end > other.header_offset:
            yield f"`{one.filename}` and `{other.filename}` in it share bytes", "pack it again"


def _entry(info: zipfile.ZipInfo, read: Callable[[], bytes]) -> Entry:
    encrypted = bool(info.flag_bits & ENCRYPTED_BIT)
    # The whole name: `filename` ends at the first zero byte.
    return Entry(info.orig_filename, _kind(info), info.file_size, info.compress_size, encrypted, read)


def _kind(info: zipfile.ZipInfo) -> Kind:
    """The kind of an entry, by the Unix mode in the upper half of its attributes, where there is one."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "device"
    return "folder" if kind == stat.S_IFDIR or info.orig_filename.endswith(("/", "\\")) else "file"


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, lock: threading.Lock) -> bytes:
    """Unpack one file. No more bytes are made than the archive declares, whatever the packed bytes hold."""
    try:
        with lock, archive.open(info) as packed:
            content = packed.read(info.file_size)
    except Exception as error:  # as in `damage`
        raise UnusableFileError(f"unreadable: damaged in the archive ({error})") from None
    if len(content) != info.file_size:
        raise UnusableFileError("unreadable: damaged in the archive (shorter than declared)")
    return content
