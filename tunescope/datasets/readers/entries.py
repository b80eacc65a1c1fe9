"""What every format of archives declares about its content."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from tunescope.datasets.source import as_text, refusal
from tunescope.errors import SourceError

Kind = Literal["file", "folder", "link", "device"]
PACK_AGAIN = "download or pack it again"
LONGEST_REASON = 200
ROOTED = re.compile(r"[/\\]|[A-Za-z]:")


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
        """Its name as text, with ``/`` between the parts."""
        return as_text(plain_path(self.name))


@dataclass(frozen=True)
class Listing:
    """The entries of an archive, and what closes it."""

    entries: list[Entry]
    close: Callable[[], None]


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Say as one sentence what a decoder raises.

    Raises:
        SourceError: when the file is damaged.
    """
    try:
        yield
    except (SourceError, PermissionError, FileNotFoundError, ImportError):
        raise
    except Exception as error:  # decoders raise whatever broken bytes lead them to
        reason = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
        raise refusal(path, f"it is damaged ({reason})", PACK_AGAIN) from None


def sound(path: Path, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What is unpacked from a file, with its damage as one sentence."""
    with damage(path):
        yield from chunks


def plain_path(name: str) -> str:
    """A path with ``/`` between the parts, without empty parts and ``.``."""
    parts = name.replace("\\", "/").split("/")
    if "" in parts or "." in parts:
        parts = [part for part in parts if part not in ("", ".")]
    return "/".join(parts)


def leads_out(name: str) -> bool:
    """Whether a path is absolute or goes up."""
    return bool(ROOTED.match(name)) or (".." in name and ".." in name.replace("\\", "/").split("/"))


def repeated(names: Iterable[str]) -> str | None:
    """The first name in order that comes twice."""
    return next((one for one, other in pairwise(sorted(names)) if one == other), None)
