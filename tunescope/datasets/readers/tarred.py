"""Lists tar archives, plain ones in place and packed ones out of a scratch file.

The format is that of POSIX.1-2017 ("ustar" and "pax") with GNU's long names. The standard library's reader is
not used: on hostile headers it takes memory and time without bounds.
"""

import bz2
import lzma
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from tunescope.datasets.readers.entries import PACK_AGAIN, Entry, Kind, Listing, sound
from tunescope.datasets.readers.files import BOMB, CHUNK, OpenedFile, gzip_chunks, unpacked
from tunescope.datasets.source import refusal
from tunescope.parameters import LimitParameters

BLOCK = 512
MOST_XZ_MEMORY = 2**28
LONGEST_NOTE = 2**16  # bytes that a header may add: names are far shorter
KINDS: dict[bytes, Kind] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"5": "folder",
    b"1": "link",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"6": "device",
}
LONG_NAME, LONG_LINK, PAX, PAX_FOR_ALL, VOLUME = b"L", b"K", b"x", b"g", b"V"


def list_tar(path: Path, limits: LimitParameters, scratch: str | Path | None = None) -> Listing:
    """List a tar archive.

    Raises:
        SourceError: when it is damaged, holds what is no ordinary file, or more entries than allowed.
    """
    return _listing(path, OpenedFile.at(path), limits)


def list_gzip(path: Path, limits: LimitParameters, scratch: str | Path | None) -> Listing:
    """List a tar archive packed by gzip."""
    return _list_packed(path, limits, scratch, gzip_chunks)


def list_bzip2(path: Path, limits: LimitParameters, scratch: str | Path | None) -> Listing:
    """List a tar archive packed by bzip2."""
    return _list_packed(path, limits, scratch, partial(_stream_chunks, bz2.BZ2Decompressor))


def list_xz(path: Path, limits: LimitParameters, scratch: str | Path | None) -> Listing:
    """List a tar archive packed by xz."""
    decompressor = partial(lzma.LZMADecompressor, memlimit=MOST_XZ_MEMORY)
    return _list_packed(path, limits, scratch, partial(_stream_chunks, decompressor))


def list_zstandard(path: Path, limits: LimitParameters, scratch: str | Path | None) -> Listing:
    """List a tar archive packed by zstandard."""
    return _list_packed(path, limits, scratch, _zstandard_chunks)


def is_tar(path: Path) -> bool:
    """Whether a file begins like a tar archive."""
    with open(path, "rb") as file:
        return file.read(BLOCK)[257:262] == b"ustar"


def _list_packed(
    path: Path,
    limits: LimitParameters,
    scratch: str | Path | None,
    chunks: Callable[[BinaryIO], Iterator[bytes]],
) -> Listing:
    with open(path, "rb") as packed:
        content = sound(path, chunks(packed))
        return _listing(path, unpacked(path, content, path.stat().st_size, limits, scratch), limits)


def _zstandard_chunks(packed: BinaryIO) -> Iterator[bytes]:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _stream_chunks(
    decompressor: Callable[[], "bz2.BZ2Decompressor | lzma.LZMADecompressor"], packed: BinaryIO
) -> Iterator[bytes]:
    """Unpack one stream after the other, as parallel packers write them, with zeros between them perhaps."""
    waiting = packed.read(CHUNK)
    while waiting:
        stream = decompressor()
        while not stream.eof:
            yield stream.decompress(waiting, CHUNK)
            waiting = packed.read(CHUNK) if stream.needs_input else b""
            if stream.needs_input and not waiting and not stream.eof:
                raise EOFError("it ends too early")
        waiting = (stream.unused_data + waiting).lstrip(b"\0") or packed.read(CHUNK).lstrip(b"\0")


def _listing(path: Path, file: OpenedFile, limits: LimitParameters) -> Listing:
    entries: list[Entry] = []
    try:
        for entry in _entries(file):
            entries.append(entry)
            if len(entries) > limits.files:  # here, because a tar archive does not say it beforehand
                raise refusal(path, f"it holds more than {limits.files} entries", BOMB)
    except _DamagedError as damage:
        file.close()
        raise refusal(path, f"it is damaged ({damage})", PACK_AGAIN) from None
    except BaseException:
        file.close()
        raise
    return Listing(entries, file.close)


class _DamagedError(ValueError):
    """What is wrong with a tar archive."""


def _entries(file: OpenedFile) -> Iterator[Entry]:
    """Go from header to header. What pax and GNU headers say is about the entry that follows them."""
    offset = 0
    notes: dict[str, bytes] = {}
    while True:
        header = _part(file, offset, BLOCK)
        if not any(header):
            return
        _check_sum(header)
        kind, size = header[156:157], _number(header[124:136])
        start, offset = offset + BLOCK, offset + BLOCK
        if kind in (LONG_NAME, LONG_LINK, PAX, PAX_FOR_ALL):
            notes |= _notes(kind, _part(file, start, size, LONGEST_NOTE))
        else:
            if kind != VOLUME:
                yield (entry := _entry(file, header, notes, start, size))
                size = entry.size
            notes = {}
        offset += -(-size // BLOCK) * BLOCK


def _entry(file: OpenedFile, header: bytes, notes: dict[str, bytes], start: int, size: int) -> Entry:
    name = _text(notes.get("path") or _name(header))
    kind = KINDS.get(header[156:157])
    if kind is None or any(key.startswith("GNU.sparse") for key in notes):
        raise _DamagedError(f"`{name}` in it is of a kind that cannot be read")
    if kind == "file" and name.endswith("/"):  # as the oldest archives mark a folder
        kind = "folder"
    if kind != "file":
        return Entry(name, kind, 0, 0, False, bytes)
    size = _number_in_text(notes["size"]) if "size" in notes else size
    if start + size > file.size:
        raise _DamagedError(f"it ends within `{name}`")
    return Entry(name, kind, size, size, False, partial(file.read, start, size))


def _part(file: OpenedFile, offset: int, size: int, most: int = BLOCK) -> bytes:
    if size > most:
        raise _DamagedError(f"a header of {size} bytes")
    if offset + size > file.size:
        raise _DamagedError("it ends too early")
    return file.read(offset, size)


def _check_sum(header: bytes) -> None:
    """Compare the sum in the header with its bytes, which very old archives took as signed."""
    rest = header[:148] + b" " * 8 + header[156:]
    unsigned = sum(rest)
    signed = unsigned - 256 * sum(byte > 127 for byte in rest)
    if _number(header[148:156]) not in (unsigned, signed):
        raise _DamagedError("a header has another check sum than it says")


def _number(field: bytes) -> int:
    """A number in octal digits, or in bytes when the first bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") - (1 << (8 * len(field) - 1))
    else:
        digits = field.partition(b"\0")[0].strip(b" ")
        if digits.strip(b"01234567"):
            raise _DamagedError("a header holds no number where one must be")
        value = int(digits or b"0", 8)
    return value


def _number_in_text(text: bytes) -> int:
    if not text.isdigit() or len(text) > 20:
        raise _DamagedError("a header holds no number where one must be")
    return int(text)


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _notes(kind: bytes, content: bytes) -> dict[str, bytes]:
    """What a header says about the next entry. What is for all entries at once names no file: ignored."""
    if kind == LONG_NAME:
        return {"path": content.partition(b"\0")[0]}
    return dict(_records(content)) if kind == PAX else {}


def _records(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Records of a pax header: length, blank, key, ``=``, value, line feed."""
    content, start = content.rstrip(b"\0"), 0
    while start < len(content):
        length = _number_in_text(content[start : start + 20].partition(b" ")[0])
        record = content[start : start + length]
        start += length
        key, equals, value = record.partition(b" ")[2].partition(b"=")
        if len(record) != length or not equals or not value.endswith(b"\n"):
            raise _DamagedError("a header holds no record where one must be")
        yield key.decode("utf-8", "backslashreplace"), value[:-1]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
