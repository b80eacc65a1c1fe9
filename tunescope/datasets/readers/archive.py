"""Reads an archive in place: no file of it ever gets a name on the disk.

What an archive declares is checked before any of it is used, and one bad entry refuses the whole archive.
To add a format, write a function that lists the entries of such a file, and name it in ``FORMATS``.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from tunescope.datasets.readers import tarred, zipped
from tunescope.datasets.readers.entries import Entry, Listing, leads_out, repeated
from tunescope.datasets.readers.files import BOMB, is_bomb
from tunescope.datasets.source import Reader, Source, labelled, refusal, source_of, state
from tunescope.parameters import LimitParameters

FORMATS = {
    ".zip": zipped.list_zip,
    ".tar": tarred.list_tar,
    ".tar.gz": tarred.list_gzip,
    ".tgz": tarred.list_gzip,
    ".tar.bz2": tarred.list_bzip2,
    ".tar.xz": tarred.list_xz,
    ".tar.zst": tarred.list_zstandard,
}


def open_archive(path: Path, limits: LimitParameters, scratch: str | Path | None = None) -> Source:
    """List the files of an archive.

    Args:
        path: of the archive.
        limits: what it may declare.
        scratch: folder for what must be unpacked before it can be read, which is what a packed tar archive
            holds; else beside the archive, or where temporary files go.

    Raises:
        SourceError: when the archive is empty, damaged or encrypted; when it declares more than ``limits``
            allow; when it holds links, devices, a path twice, or a path that leads out of it; when the disk
            is too full to unpack it.
    """
    listing = FORMATS[_format(path)](path, limits, scratch)
    check(path, listing, limits)
    try:
        files = [entry for entry in listing.entries if entry.kind == "file"]
        found = labelled((entry.path, entry.size, entry.read) for entry in files)
        return source_of(path, found, on_close=listing.close)
    except BaseException:
        listing.close()
        raise


def check(path: Path, listing: Listing, limits: LimitParameters) -> None:
    """Look for what speaks against an archive, and close it if anything does.

    Raises:
        SourceError: when something does.
    """
    for why, mend in _faults(listing.entries, path.stat().st_size, limits):
        listing.close()
        raise refusal(path, why, mend)


def _faults(entries: list[Entry], archive_bytes: int, limits: LimitParameters) -> Iterator[tuple[str, str]]:
    """Every reason to refuse an archive, each with its mend."""
    total = sum(entry.size for entry in entries)
    if total > limits.total_bytes:
        yield f"it unpacks to {total} bytes, more than {limits.total_bytes}", BOMB
    if is_bomb(total, archive_bytes, limits):
        yield f"it unpacks to {total} bytes, as only a bomb does", BOMB
    for entry in entries:
        if is_bomb(entry.size, entry.packed, limits):
            yield f"`{entry.name}` in it unpacks to {entry.size} bytes, as only a bomb does", BOMB
        yield from _entry_faults(entry)
    if twice := repeated(entry.path for entry in entries if entry.kind == "file"):
        yield f"it holds `{twice}` twice", "pack it again with every file once"


def _entry_faults(entry: Entry) -> Iterator[tuple[str, str]]:
    if entry.kind == "file" and not entry.path:
        yield "it holds a file without a name", "pack it again"
    if leads_out(entry.name):
        yield f"it holds `{entry.name}`, a path that leads out of it", "pack it again with relative paths"
    if entry.kind in ("link", "device"):
        yield f"it holds `{entry.name}`, a {entry.kind}", "pack it again with regular files only"
    if entry.encrypted:
        yield f"`{entry.name}` in it is encrypted", "pack it again without a password"


def _format(path: Path) -> str:
    """The key of an archive in ``FORMATS``, by its name or else its content; nothing when it is none."""
    suffix = next((suffix for suffix in FORMATS if path.name.lower().endswith(suffix)), "")
    return suffix or (".zip" if zipped.is_zip(path) else ".tar" if tarred.is_tar(path) else "")


def _is_archive(path: Path) -> bool:
    return os.path.isfile(path) and bool(_format(path))


READER = Reader("archive", "a zip or tar archive of class folders", _is_archive, open_archive, state)
