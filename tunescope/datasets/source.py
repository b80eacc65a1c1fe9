"""What every reader gives: the files of a source, each with its label, not yet opened."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tunescope.errors import SourceError

PICTURE_NAME = re.compile(
    r".*\.(avif|bmp|dib|gif|ico|jfif|jp2|jpe|jpe?g|mpo|pbm|pfm|pgm|png|pnm|ppm|tiff?|webp)",
    re.IGNORECASE | re.DOTALL,
)
# Left behind by operating systems, beside everything whose name begins with a dot.
LEFTOVERS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})


class UnusableFileError(SourceError):
    """Why one file of a source cannot be used: a kind, and after ``: `` the details, if any."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file of a source.

    Attributes:
        path: relative to the source, parts joined with ``/``.
        label: the folders above the file, joined with ``/``; None without such a folder.
        size: bytes, as the source declares it.
        read: gives the content; raises ``OSError`` or ``UnusableFileError`` when it cannot.
    """

    path: str
    label: str | None
    size: int
    read: Callable[[], bytes]

    @property
    def hidden(self) -> bool:
        """Whether the file, or a folder above it, is hidden or a leftover of an operating system."""
        return _is_hidden(self.path)


@dataclass(frozen=True)
class Source:
    """The regular files of a source, hidden ones too, sorted by path.

    Attributes:
        location: what was read, as it was given.
        files: all regular files.
        skipped: paths of links and special files, which are neither followed nor counted.
    """

    location: str
    files: tuple[SourceFile, ...]
    skipped: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[SourceFile]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True)
class Reader:
    """Declares one kind of source.

    Attributes:
        name: its key in ``READERS``.
        line: what it reads, in words for people.
        accepts: whether an existing path is of this kind.
        open: ``open(path, **options)`` gives its ``Source``.
    """

    name: str
    line: str
    accepts: Callable[[Path], bool]
    open: Callable[..., Source]


def read(source: str | Path, **options: object) -> Source:
    """List the labelled files of a source, with the first reader that accepts it.

    Args:
        source: path of a folder, an archive, or whatever else ``READERS`` knows.
        options: passed to the reader, such as ``limits`` of an archive.

    Raises:
        SourceError: when the source is missing, empty, of an unknown kind, or unsafe to read.
    """
    from tunescope.datasets import READERS  # here, because the registry's readers import this module

    path = expanded(source)
    if not os.path.exists(path):  # unlike `Path.exists`, false for names that no file can have
        kinds = " or ".join(reader.line for reader in READERS.values())
        raise refusal(source, "there is no such file or folder", f"give the path of {kinds}")
    reader = next((reader for reader in READERS.values() if reader.accepts(path)), None)
    if reader is None:
        kinds = " nor ".join(reader.line for reader in READERS.values())
        raise refusal(source, f"it is neither {kinds}", "give the path of one of these")
    return reader.open(path, **options)


def expanded(source: str | Path) -> Path:
    """The path that is meant, with a leading ``~`` replaced by the home folder, where there is one."""
    return Path(os.path.expanduser(source))


def source_of(
    location: Path, entries: Iterable[tuple[str, int, Callable[[], bytes]]], skipped: Iterable[str] = ()
) -> Source:
    """Make a labelled, sorted source from (path, size, read) of its regular files.

    Raises:
        SourceError: when there is no file.
    """
    found = sorted(entries, key=lambda entry: entry[0])
    left = tuple(sorted(skipped))
    if not found:
        why = "it holds only links or special files, which are not followed" if left else "it holds no files"
        raise refusal(location, why, "put the images into one folder for each class")
    wrapper = _wrapping_folder([path for path, _, _ in found])
    files = (SourceFile(path, _label(path, wrapper), size, content) for path, size, content in found)
    return Source(str(location), tuple(files), left)


def refusal(location: str | Path, why: str, mend: str) -> SourceError:
    """The error that refuses a source whole."""
    return SourceError(f"`dataset.source` is `{location}`, but {why}: {mend}")


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part in LEFTOVERS for part in path.split("/"))


def _wrapping_folder(paths: list[str]) -> str:
    """The top folder, with its ``/``, that holds all pictures in folders of their own; else nothing.

    Notes beside the class folders, such as a licence, do not count: only pictures tell where the classes are.
    """
    visible = [path for path in paths if not _is_hidden(path)]
    pictures = [path for path in visible if PICTURE_NAME.fullmatch(path)] or visible
    tops = {path.partition("/")[0] for path in pictures}
    wraps = len(tops) == 1 and all(path.count("/") >= 2 for path in pictures)
    return f"{tops.pop()}/" if wraps else ""


def _label(path: str, wrapper: str) -> str | None:
    """Folders above a file, in one Unicode form, because macOS and Linux write an accent in two ways."""
    folder, _, _ = path.removeprefix(wrapper).rpartition("/")
    return unicodedata.normalize("NFC", folder) or None
