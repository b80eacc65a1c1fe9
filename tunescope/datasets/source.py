"""What every reader gives: the files of a source, each with its label, not yet opened."""

import difflib
import hashlib
import mimetypes
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from tunescope.errors import SourceError
from tunescope.parameters import LimitParameters

PICTURE_NAME = re.compile(
    r".*\.(avif|bmp|dib|gif|ico|jfif|jp2|jpe|jpe?g|mpo|pbm|pfm|pgm|png|pnm|ppm|tiff?|webp)",
    re.IGNORECASE | re.DOTALL,
)
# Left behind by operating systems, beside everything whose name begins with a dot.
LEFTOVERS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
# How people name the official splits, in lower case.
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
STAMPING = "1"  # to raise when stamps mean something else than before


class UnusableFileError(SourceError):
    """Why one file of a source cannot be used: a kind, and after ``: `` the details, if any."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file of a source, or one image of an array.

    Attributes:
        path: relative to the source, parts joined with ``/``.
        label: name of its class, such as the folders above the file joined with ``/``; None without one.
        size: bytes, as the source declares it; of an array's image, those of its pixels.
        read: gives the content; raises ``OSError`` or ``UnusableFileError`` when it cannot.
        split: the official split, one of ``SPLITS``; None where the source has none.
        group: what a manifest names as the image's group.
    """

    path: str
    label: str | None
    size: int
    read: Callable[[], bytes]
    split: str | None = None
    group: str | None = None

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
        on_close: frees what reading holds, such as scratch files.
    """

    location: str
    files: tuple[SourceFile, ...]
    skipped: tuple[str, ...] = ()
    on_close: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    def __iter__(self) -> Iterator[SourceFile]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __enter__(self) -> "Source":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete scratch files; the files of the source may not be readable afterwards."""
        self.on_close()


@dataclass(frozen=True)
class Reader:
    """Declares one kind of source.

    Attributes:
        name: its key in ``READERS``.
        line: what it reads, in words for people.
        accepts: whether a path, or a name such as ``sklearn:digits``, is of this kind.
        open: ``open(path, limits, **options)`` gives its ``Source``.
        stamp: the source's state as text, found without reading contents; raises ``OSError`` when it cannot.
        may_hold_images: whether a short look leaves hope for an image; raises ``OSError`` as ``stamp``.
    """

    name: str
    line: str
    accepts: Callable[[Path], bool]
    open: Callable[..., Source]
    stamp: Callable[[Path], str]
    may_hold_images: Callable[[Path], bool] = lambda path: True


def read(source: str | Path, limits: LimitParameters | None = None, **options: Any) -> Source:
    """List the labelled files of a source, with the first reader that accepts it.

    Args:
        source: path of a folder, an archive, or whatever else ``READERS`` knows.
        limits: what it may hold.
        options: of the reader, such as ``scratch``, the folder where archives are unpacked.

    Raises:
        SourceError: when the source is missing, empty, of an unknown kind, or unsafe to read.
    """
    reader = find(source)
    with _readable(source):
        return reader.open(expanded(source), limits or LimitParameters(), **options)


def find(source: str | Path, folder: str | Path = ".") -> Reader:
    """The reader of a source, found without reading it.

    Args:
        source: as for ``read``.
        folder: where relative paths begin.

    Raises:
        SourceError: when the source is not there, or no reader accepts it.
    """
    from tunescope.datasets import READERS  # here, because the registry's readers import this module

    there = _located(source, folder)
    with _readable(source):
        for reader in READERS.values():
            if reader.accepts(there):
                return reader
    *lines, last = (reader.line for reader in READERS.values())
    mend = f"give {', '.join(lines)} or {last}"
    if not os.path.exists(there):  # unlike `Path.exists`, false for names that no file can have
        raise refusal(source, "there is no such file or folder", mend)
    raise refusal(source, "it is of no known kind", mend)


def glance(source: str | Path, folder: str | Path = ".") -> None:
    """Refuse a source of which a short look tells that nothing can come of it.

    Args:
        source: as for ``read``.
        folder: where relative paths begin.

    Raises:
        SourceError: as ``find`` does, and when no file of the source can be an image.
    """
    reader = find(source, folder)
    with _readable(source):
        if not reader.may_hold_images(_located(source, folder)):
            raise refusal(source, "no image was found in it", "put the images into one folder for each class")


def stamp(source: str | Path) -> str | None:
    """Tell cheaply, without reading contents, whether a source is as it was.

    Returns:
        Text that is equal as long as nothing has changed: no file was added, removed, renamed or written.
        None when the source is missing or cannot be looked at.
    """
    try:
        reader = find(source)
        now = f"{STAMPING} {reader.name} {reader.stamp(expanded(source))}"
    except (SourceError, OSError):
        return None
    return hashlib.sha256(now.encode()).hexdigest()


def expanded(source: str | Path) -> Path:
    """The path that is meant, with a leading ``~`` replaced by the home folder, where there is one."""
    return Path(os.path.expanduser(source))


def _located(source: str | Path, folder: str | Path) -> Path:
    path = expanded(source)
    return path if is_name(source) else Path(folder) / path


def is_name(source: str | Path) -> bool:
    """Whether a source is named as ``library:NAME`` rather than found at a path."""
    return bool(re.fullmatch(r"(torchvision|sklearn):[^/\\]*", str(source))) and not os.path.exists(source)


def state(path: str | Path) -> str:
    """What changes with a file, as text."""
    return state_of(os.stat(path))


def state_of(status: os.stat_result) -> str:
    """Size, times in ns and inode."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def source_of(
    location: str | Path,
    files: Iterable[SourceFile],
    skipped: Iterable[str] = (),
    on_close: Callable[[], None] = lambda: None,
) -> Source:
    """A source with its files in order.

    Raises:
        SourceError: when there is no file.
    """
    found = sorted(files, key=lambda file: file.path)
    left = tuple(sorted(skipped))
    if not found:
        why = "it holds only links or special files, which are not followed" if left else "it holds no files"
        raise refusal(location, why, "put the images into one folder for each class")
    return Source(str(location), tuple(found), left, on_close)


def labelled(entries: Iterable[tuple[str, int, Callable[[], bytes]]]) -> list[SourceFile]:
    """Files from (path, size, read), with the labels and official splits that their folders give.

    A folder around everything is ignored. Where the folders below it are named like splits, with pictures in
    class folders for training and for one other split at least, they are the official splits.
    """
    found = list(entries)
    pictures = _pictures([path for path, _, _ in found])
    wrapper = _wrapping_folder(pictures)
    official = _are_splits([path.removeprefix(wrapper) for path in pictures])
    return [_labelled(path, size, read, wrapper, official) for path, size, read in found]


def clean_label(text: str) -> str | None:
    """A label in one Unicode form, because macOS and Linux write an accent in two ways; None for nothing."""
    return unicodedata.normalize("NFC", as_text(text)) or None


def as_text(name: str) -> str:
    """A name that any text file can hold: zero bytes and what is no Unicode become ``\\x00`` and the like."""
    if name.isascii() and "\0" not in name:
        return name
    try:
        content = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        content = name.encode("utf-8", "backslashreplace")
    return content.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def may_be_image(path: str) -> bool:
    """Whether a file below a source can be an image, by its name: an ending may tell of something else."""
    known, _ = mimetypes.guess_type(path)
    is_other = known is not None and not known.startswith("image/") and known != "application/octet-stream"
    return not _is_hidden(path) and not is_other


def refusal(location: str | Path, why: str, mend: str) -> SourceError:
    """The error that refuses a source whole."""
    return SourceError(as_text(f"`dataset.source` is `{location}`, but {why}: {mend}"))


def nearest(name: str, known: Collection[str]) -> str:
    """The known names that look most like one, for the end of a sentence."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5) or sorted(known)[:3]
    return " or ".join(f"`{one}`" for one in close)


@contextmanager
def _readable(source: str | Path) -> Iterator[None]:
    """Say as one sentence what the operating system objects to."""
    try:
        yield
    except OSError as error:
        raise refusal(source, f"it cannot be read ({error.strerror or error})", "allow reading it") from None


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part in LEFTOVERS for part in path.split("/"))


def _pictures(paths: list[str]) -> list[str]:
    """The paths that tell where the classes are. Notes beside the classes, such as a licence, do not."""
    visible = [path for path in paths if not _is_hidden(path)]
    return [path for path in visible if PICTURE_NAME.fullmatch(path)] or visible


def _wrapping_folder(pictures: list[str]) -> str:
    """The top folder, with its ``/``, that holds all pictures in folders of their own; else nothing."""
    tops = {path.partition("/")[0] for path in pictures}
    wraps = len(tops) == 1 and all(path.count("/") >= 2 for path in pictures)
    return f"{tops.pop()}/" if wraps else ""


def _are_splits(pictures: list[str]) -> bool:
    """Whether the top folders are official splits and not classes with such names."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in pictures}
    splits = {SPLIT_WORDS.get(top.lower()) for top in tops}
    in_classes = {_split_word(path) for path in pictures if path.count("/") >= 2}
    return None not in splits and len(splits) > 1 and "train" in in_classes


def _split_word(path: str) -> str | None:
    return SPLIT_WORDS.get(path.partition("/")[0].lower())


def _labelled(path: str, size: int, read: Callable[[], bytes], wrapper: str, official: bool) -> SourceFile:
    inner = path.removeprefix(wrapper)
    split = _split_word(inner) if official else None
    folder, _, _ = (inner.partition("/")[2] if split else inner).rpartition("/")
    return SourceFile(path, clean_label(folder), size, read, split)
