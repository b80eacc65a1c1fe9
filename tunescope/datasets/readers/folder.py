"""Reads a folder with one sub-folder for each class."""

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tunescope.datasets.source import (
    Reader,
    Source,
    as_text,
    labelled,
    may_be_image,
    refusal,
    source_of,
    state_of,
)
from tunescope.parameters import LimitParameters

# Entries that are looked at before a folder is taken to hold images: a home folder is not walked through.
_GLANCE = 2_000


def open_folder(path: Path, limits: LimitParameters) -> Source:
    """List the regular files below a folder, however many: only archives can lie about their number.

    Links are not followed: they could lead out of the folder, or in circles. They are in ``Source.skipped``,
    as are devices, pipes and sockets.

    Raises:
        SourceError: when the folder holds no file, or a folder in it cannot be listed.
    """
    try:
        found = [(as_text(name), entry) for name, entry in _walk(path)]
        files = [(name, entry) for name, entry in found if entry.is_file(follow_symlinks=False)]
        entries = [(name, _size(entry), partial(content, entry.path)) for name, entry in files]
    except OSError as error:
        why = f"`{error.filename}` in it cannot be read ({error.strerror})"
        raise refusal(path, why, "allow reading it, or move it away") from None
    return source_of(path, labelled(entries), {name for name, _ in found} - {name for name, _ in files})


def stamp_folder(path: Path) -> str:
    """A hash over the names and states of everything below a folder."""
    lines = sorted(f"{name}\0{state_of(entry.stat(follow_symlinks=False))}" for name, entry in _walk(path))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def content(path: str) -> bytes:
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def _may_hold_images(path: Path) -> bool:
    for looked, (name, entry) in enumerate(_everything(path)):
        if looked >= _GLANCE or (entry.is_file(follow_symlinks=False) and may_be_image(name)):
            return True
    return False


def _walk(root: Path) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Everything below a folder but the folders, each with its relative path."""
    return (one for one in _everything(root) if not one[1].is_dir(follow_symlinks=False))


def _everything(root: Path) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Everything below a folder, each with its relative path."""
    pending = [""]
    while pending:
        above = pending.pop()
        with os.scandir(root / above) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{above}{entry.name}/")
                yield above + entry.name, entry


def _size(entry: "os.DirEntry[str]") -> int:
    return entry.stat(follow_symlinks=False).st_size


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # unlike `Path.is_dir`, false for names that no folder can have


READER = Reader(
    "folder", "a folder of class folders", _is_folder, open_folder, stamp_folder, _may_hold_images
)
