"""Reads a folder with one sub-folder for each class."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tunescope.datasets.source import Reader, Source, refusal, source_of


def open_folder(path: Path) -> Source:
    """List the regular files below a folder.

    Links are not followed: they could lead out of the folder, or in circles. They are in ``Source.skipped``,
    as are devices, pipes and sockets.

    Raises:
        SourceError: when the folder holds no file, or a folder in it cannot be listed.
    """
    try:
        found = list(_walk(path))
        files = [(name, entry) for name, entry in found if entry.is_file(follow_symlinks=False)]
        entries = [(name, _size(entry), partial(_content, entry.path)) for name, entry in files]
    except OSError as error:
        why = f"`{error.filename}` in it cannot be read ({error.strerror})"
        raise refusal(path, why, "allow reading it, or move it away") from None
    return source_of(path, entries, {name for name, _ in found} - {name for name, _ in files})


def _walk(root: Path) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Everything below a folder but the folders, each with its relative path."""
    pending = [""]
    while pending:
        above = pending.pop()
        with os.scandir(root / above) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{above}{entry.name}/")
                else:
                    yield _as_text(above + entry.name), entry


def _as_text(name: str) -> str:
    """A name that any text file can hold: bytes that are not Unicode become ``\\xff``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _size(entry: "os.DirEntry[str]") -> int:
    return entry.stat(follow_symlinks=False).st_size


def _content(path: str) -> bytes:
    return Path(path).read_bytes()


READER = Reader("folder", "a folder of class folders", Path.is_dir, open_folder)
