"""Reads an archive in place: nothing is unpacked to the disk.

What an archive declares is checked before any of it is read, and one bad entry refuses the whole archive.
To add a format, write a function that lists the entries of such a file, and name it in ``FORMATS``.
"""

import lzma
import re
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

from tunescope.datasets.source import Reader, Source, UnusableFileError, refusal, source_of

Kind = Literal["file", "folder", "link", "device"]
# What the zip reader of the standard library raises on bytes that somebody, or something, has changed.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
)
READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ENCRYPTED_BIT = 0x1
LOCAL_HEADER_BYTES = 30


@dataclass(frozen=True)
class Limits:
    """What an archive may declare.

    Attributes:
        files: number of its entries.
        total_bytes: bytes of all its files together, unpacked.
        ratio: unpacked bytes for each packed one, of a file or of the whole archive. Photos hardly shrink;
            the repeated bytes that bombs are made of shrink to a thousandth.
        small_bytes: unpacked bytes up to which the ratio does not matter.
    """

    files: int = 2_000_000
    total_bytes: int = 2**40
    ratio: int = 200
    small_bytes: int = 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive, as the archive declares it; sizes in bytes."""

    name: str
    kind: Kind
    size: int
    packed: int
    encrypted: bool
    read: Callable[[], bytes]

    @property
    def path(self) -> str:
        """Its name with ``/`` between the parts, without empty parts and ``.``."""
        return "/".join(part for part in self.name.replace("\\", "/").split("/") if part not in ("", "."))


def open_archive(path: Path, limits: Limits | None = None) -> Source:
    """List the files of an archive.

    Raises:
        SourceError: when the archive is empty, damaged or encrypted; when it declares more than ``limits``
            allow; when it holds links, devices, a path twice, or a path that leads out of it.
    """
    entries = FORMATS[_format(path) or ".zip"](path)
    for why, mend in _faults(entries, path.stat().st_size, limits or Limits()):
        raise refusal(path, why, mend)
    files = (entry for entry in entries if entry.kind == "file")
    return source_of(path, ((entry.path, entry.size, entry.read) for entry in files))


def _faults(entries: list[Entry], archive_bytes: int, limits: Limits) -> Iterator[tuple[str, str]]:
    """Every reason to refuse an archive, each with its mend."""
    bomb = "unpack it yourself if you trust it, and give the folder"
    if len(entries) > limits.files:
        yield f"it holds {len(entries)} entries, more than {limits.files}", bomb
    total = sum(entry.size for entry in entries)
    if total > limits.total_bytes:
        yield f"it unpacks to {total} bytes, more than {limits.total_bytes}", bomb
    if _is_bomb(total, archive_bytes, limits):
        yield f"it unpacks to {total} bytes, as only a bomb does", bomb
    for entry in entries:
        if _is_bomb(entry.size, entry.packed, limits):
            yield f"`{entry.name}` in it unpacks to {entry.size} bytes, as only a bomb does", bomb
        yield from _entry_faults(entry)
    yield from _repeats(entry.path for entry in entries if entry.kind == "file")


def _is_bomb(size: int, packed: int, limits: Limits) -> bool:
    return size > limits.small_bytes and size > limits.ratio * packed


def _entry_faults(entry: Entry) -> Iterator[tuple[str, str]]:
    if entry.kind == "file" and not entry.path:
        yield "it holds a file without a name", "pack it again"
    if _leads_out(entry.name):
        yield f"it holds `{entry.name}`, a path that leads out of it", "pack it again with relative paths"
    if entry.kind in ("link", "device"):
        yield f"it holds `{entry.name}`, a {entry.kind}", "pack it again with regular files only"
    if entry.encrypted:
        yield f"`{entry.name}` in it is encrypted", "pack it again without a password"


def _leads_out(name: str) -> bool:
    return bool(re.match(r"[/\\]|[A-Za-z]:", name)) or ".." in re.split(r"[/\\]", name)


def _repeats(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    ordered = sorted(paths)
    for one, other in pairwise(ordered):
        if one == other:
            yield f"it holds `{one}` twice", "pack it again with every file once"


def _list_zip(path: Path) -> list[Entry]:
    """List a zip archive.

    Raises:
        SourceError: when its directory is damaged, its files overlap, or they are packed in an unknown way.
    """
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE as error:
        raise refusal(path, f"it is damaged ({error})", "download or pack it again") from None
    infos = archive.infolist()
    for why, mend in _zip_faults(infos):
        raise refusal(path, why, mend)
    lock = threading.Lock()
    return [_zip_entry(info, partial(_zip_content, archive, info, lock)) for info in infos]


def _zip_faults(infos: list[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    for info in infos:
        if info.compress_type not in READABLE_METHODS:
            why = f"`{info.filename}` in it is packed by method {info.compress_type}, which cannot be read"
            yield why, "pack it again as an ordinary zip"
    for one, other in pairwise(sorted(infos, key=lambda info: info.header_offset)):
        # A small archive becomes a huge bomb when thousands of files share the same packed bytes.
        end = one.header_offset + LOCAL_HEADER_BYTES + len(one.orig_filename) + one.compress_size
        if end > other.header_offset:
            yield f"`{one.filename}` and `{other.filename}` in it share bytes", "pack it again"


def _zip_entry(info: zipfile.ZipInfo, read: Callable[[], bytes]) -> Entry:
    encrypted = bool(info.flag_bits & ENCRYPTED_BIT)
    return Entry(info.filename, _zip_kind(info), info.file_size, info.compress_size, encrypted, read)


def _zip_kind(info: zipfile.ZipInfo) -> Kind:
    """The kind of an entry, by the Unix mode in the upper half of its attributes, where there is one."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "device"
    return "folder" if kind == stat.S_IFDIR or info.filename.endswith(("/", "\\")) else "file"


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, lock: threading.Lock) -> bytes:
    """Unpack one file. No more bytes are made than the archive declares, whatever the packed bytes hold."""
    try:
        with lock, archive.open(info) as packed:
            content = packed.read(info.file_size)
    except DAMAGE as error:
        raise UnusableFileError(f"unreadable: damaged in the archive ({error})") from None
    if len(content) != info.file_size:
        raise UnusableFileError("unreadable: damaged in the archive (shorter than declared)")
    return content


def _format(path: Path) -> str | None:
    return next((suffix for suffix in FORMATS if path.name.lower().endswith(suffix)), None)


def _is_archive(path: Path) -> bool:
    return path.is_file() and (_format(path) is not None or zipfile.is_zipfile(path))


FORMATS: dict[str, Callable[[Path], list[Entry]]] = {".zip": _list_zip}
READER = Reader("archive", "a zip archive of class folders", _is_archive, open_archive)
