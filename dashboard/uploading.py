"""Uploads on disk: drafts that grow piece by piece, and move among the sources once they are whole.

Whatever a browser calls a file, it is stored below the project's folder under a name that leads nowhere else.
"""

import errno
import hashlib
import json
import math
import os
import re
import shutil
import threading
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, Literal

from dashboard.wording import count, memory
from tunescope.errors import SourceError, TunescopeError
from tunescope.parameters import LimitParameters

Kind = Literal["file", "folder"]
UPLOADS, DRAFTS = Path("data/01_raw/uploads"), Path("data/01_raw/.uploads")
_CONTENT, _ABOUT = "content", "upload.json"
# Read and written at a time: all the memory that an upload takes, however large it is.
_PIECE = 256 * 1024
_OLD_SECONDS, _MOMENT_SECONDS = 7 * 86_400, 5.0
# Stays free: the store must be able to write on, also beside an upload that fills the disk.
_SPARE_BYTES = 256 * 2**20
_LONGEST_NAME, _LONGEST_PART = 80, 255
_ENDING = re.compile(r"(\.(tar|csv|ubyte))?\.[A-Za-z0-9]{1,8}$")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class UploadError(TunescopeError, OSError):
    """Why an upload cannot begin or go on: a sentence, and the HTTP status that says the same."""

    def __init__(self, status: HTTPStatus, sentence: str, **details: Any) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.details = status, sentence, details

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Draft:
    """An upload that is not whole yet.

    Attributes:
        id: tells what is uploaded: the same file gets the same id, so that it goes on where it stopped.
        folder: where it grows.
        kind: one file, or a folder of files.
        name: what the browser calls it, for people.
        size: bytes of all of it.
    """

    id: str
    folder: Path
    kind: Kind
    name: str
    size: int

    @property
    def content(self) -> Path:
        """The folder that will be moved among the sources."""
        return self.folder / _CONTENT

    @property
    def file(self) -> Path:
        """The one file of an upload of kind ``file``."""
        return self.content / file_name(self.name)


@dataclass(frozen=True)
class Uploaded:
    """A source that came whole: its path below the project's folder, bytes, and time of arrival (seconds)."""

    name: str
    source: str
    size: int
    at: float


@dataclass
class Uploads:
    """The uploads of a project."""

    project: Path
    limits: LimitParameters = field(default_factory=LimitParameters)
    _locks: "defaultdict[str, threading.Lock]" = field(default_factory=lambda: defaultdict(threading.Lock))
    _received: dict[str, int] = field(default_factory=dict)
    _came: dict[str, float] = field(default_factory=dict)  # when the last piece did, on the monotonic clock

    def begin(self, kind: Kind, name: str, size: int, stamp: str) -> Draft:
        """The draft of an upload, new or left by an earlier try.

        Raises:
            UploadError: when it is empty, larger than the limits or than the free disk.
        """
        self.sweep()
        self._require_room(kind, name, size)
        key = json.dumps([kind, name, size, stamp])
        upload_id = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()
        draft = Draft(upload_id, self._drafts / upload_id, kind, name, size)
        draft.content.mkdir(parents=True, exist_ok=True)
        about = {"kind": kind, "name": name, "size": size}
        (draft.folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        return draft

    def find(self, upload_id: str) -> Draft:
        """The draft with an id.

        Raises:
            UploadError: when there is none.
        """
        folder = self._drafts / upload_id
        try:
            if re.fullmatch(r"[0-9a-f]{16}", upload_id):
                about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
                return Draft(upload_id, folder, about["kind"], about["name"], about["size"])
        except (OSError, ValueError, LookupError):
            pass
        raise _unknown()

    def received(self, draft: Draft) -> int:
        """Bytes that have arrived."""
        if draft.kind == "file":
            return draft.file.stat().st_size if draft.file.is_file() else 0
        if draft.id not in self._received:
            self._received[draft.id] = sum(self.files(draft).values())
        return self._received[draft.id]

    def is_arriving(self, draft: Draft) -> bool:
        """Whether a piece of it is on its way, or came a moment ago."""
        came = self._came.get(draft.id, -math.inf)
        return self._locks[draft.id].locked() or time.monotonic() - came < _MOMENT_SECONDS

    def files(self, draft: Draft) -> dict[str, int]:
        """Path and bytes of each file of a folder that has arrived."""
        found = (path for path in draft.content.rglob("*") if path.is_file() and not path.is_symlink())
        return {path.relative_to(draft.content).as_posix(): path.stat().st_size for path in found}

    def append(self, draft: Draft, offset: int, stream: IO[bytes]) -> int:
        """Write a piece of a file where the last one ended; returns the bytes that have arrived.

        Raises:
            UploadError: when the piece does not follow the last one, is too long, or the disk is full.
        """
        with self._locks[draft.id], self._guarded(draft):
            received = self.received(draft)
            if offset != received:
                sentence = f"This piece begins at byte {offset}, but {received} have arrived: go on there."
                raise UploadError(HTTPStatus.CONFLICT, sentence, received=received)
            with draft.file.open("ab") as file:
                _copy(stream, file, draft.size - received)
            return self.received(draft)

    def add(self, draft: Draft, path: str, stream: IO[bytes]) -> int:
        """Write one file of a folder; returns the bytes that have arrived.

        Raises:
            UploadError: when it is longer than announced, or the disk is full.
        """
        target = draft.content.joinpath(*_parts(path))
        with self._locks[draft.id], self._guarded(draft):
            received = self.received(draft)
            before = target.stat().st_size if target.is_file() else 0
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                written = _copy(stream, file, draft.size - received + before)
            self._received[draft.id] = received - before + written
            return self._received[draft.id]

    def finish(self, draft: Draft) -> tuple[str, int]:
        """Check a whole upload and move it among the sources.

        Returns:
            Its path below the project's folder, and the number of files that it holds.

        Raises:
            UploadError: when some of it is missing, or when no reader takes it; then nothing of it is kept.
        """
        with self._locks[draft.id], self._guarded(draft):
            received = self.received(draft)
            if received != draft.size:
                sentence = f"Only {received} of {draft.size} bytes have arrived: send the rest first."
                raise UploadError(HTTPStatus.CONFLICT, sentence, received=received)
            files = self._checked(draft)
            place = self._moved(draft)
            self._forget(draft)
        return self._source(place), files

    def remove(self, draft: Draft) -> None:
        """Forget an upload, with everything of it."""
        with self._locks[draft.id]:
            self._forget(draft)

    def drafts(self) -> list[Draft]:
        """The uploads that are not whole, newest first."""
        found = sorted(self._folders(self._drafts), key=_time_of, reverse=True)
        drafts = []
        for folder in found:
            try:
                drafts.append(self.find(folder.name))
            except UploadError:
                continue
        return drafts

    def uploaded(self) -> list[Uploaded]:
        """The sources that came whole, newest first."""
        folders = sorted(self._folders(self.project / UPLOADS), key=_time_of, reverse=True)
        return [
            Uploaded(folder.name, self._source(folder), _bytes_of(folder), _time_of(folder))
            for folder in folders
        ]

    def sweep(self) -> None:
        """Remove drafts that nobody has gone on with for a week."""
        for folder in self._folders(self._drafts):
            if time.time() - max(_time_of(folder), _time_of(folder / _CONTENT)) > _OLD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def _drafts(self) -> Path:
        return self.project / DRAFTS

    @staticmethod
    def _folders(folder: Path) -> list[Path]:
        return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []

    def _require_room(self, kind: Kind, name: str, size: int) -> None:
        shown = _shown(name)
        if size <= 0:
            raise UploadError(HTTPStatus.BAD_REQUEST, f"`{shown}` is empty: choose one that holds images.")
        if size > self.limits.total_bytes:
            limit = memory(self.limits.total_bytes)
            sentence = f"`{shown}` has {memory(size)}, more than the {limit} that `dataset.limits` allows."
            raise UploadError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
        self._drafts.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._drafts).free - _SPARE_BYTES
        if size > free:
            sentence = (
                f"`{shown}` has {memory(size)}, but the server's disk has room for {memory(max(0, free))}: "
                "make room there, or give the path of images that are on the server already."
            )
            raise UploadError(HTTPStatus.INSUFFICIENT_STORAGE, sentence)

    @contextmanager
    def _guarded(self, draft: Draft) -> Iterator[None]:
        """Turn what the file system says into a sentence; a full disk gets everything back."""
        if not draft.content.is_dir():
            raise _unknown()  # cancelled while a piece of it was on its way
        try:
            yield
            if draft.folder.is_dir():
                self._came[draft.id] = time.monotonic()
        except UploadError:
            raise
        except OSError as error:
            if error.errno not in _FULL:
                sentence = f"The server could not store `{_shown(draft.name)}`: {error.strerror}."
                raise UploadError(HTTPStatus.BAD_REQUEST, sentence) from None
            self._forget(draft)
            sentence = (
                f"The server's disk is full: `{_shown(draft.name)}` needs {memory(draft.size)}. "
                "Nothing of it was kept; make room there and upload it again."
            )
            raise UploadError(HTTPStatus.INSUFFICIENT_STORAGE, sentence) from None

    def _checked(self, draft: Draft) -> int:
        """The number of files in an upload that a reader takes; one that none takes is removed."""
        from tunescope.datasets import read  # here, so that no page waits for the readers

        content = draft.content if draft.kind == "folder" else draft.file
        try:
            with read(str(content), self.limits) as source:
                return len(source.files)
        except SourceError as error:
            self._forget(draft)
            said = (
                str(error).replace(str(content), _shown(draft.name)).replace("`dataset.source` is", "It is")
            )
            sentence = f"This upload was not kept. {said}."
            raise UploadError(HTTPStatus.UNPROCESSABLE_ENTITY, sentence) from None

    def _moved(self, draft: Draft) -> Path:
        """Give the content a place of its own; two uploads of one name stand side by side."""
        stem = _ENDING.sub("", file_name(draft.name)) or "upload"
        (self.project / UPLOADS).mkdir(parents=True, exist_ok=True)
        for number in range(1, 10_000):
            place = self.project / UPLOADS / (stem if number == 1 else f"{stem}-{number}")
            try:
                place.mkdir()
            except FileExistsError:
                continue
            os.replace(draft.content, place)
            return place
        raise UploadError(HTTPStatus.CONFLICT, f"There are too many uploads named `{stem}`: rename it.")

    def _source(self, place: Path) -> str:
        """What a run takes as ``dataset.source``: the one file of an upload, else the folder."""
        with os.scandir(place) as entries:
            some = [next(entries, None), next(entries, None)]
        only = some[0] if some[1] is None else None
        path = Path(only.path) if only is not None and only.is_file(follow_symlinks=False) else place
        return path.relative_to(self.project).as_posix()

    def _forget(self, draft: Draft) -> None:
        self._received.pop(draft.id, None)
        self._came.pop(draft.id, None)
        shutil.rmtree(draft.folder, ignore_errors=True)


def _unknown() -> UploadError:
    sentence = "The server knows nothing of this upload: it was cancelled or removed. Choose it again."
    return UploadError(HTTPStatus.NOT_FOUND, sentence)


def file_name(name: str) -> str:
    """A name that every file system takes: letters of datasets' names, and the ending that tells the kind."""
    last = re.split(r"[/\\]", name)[-1].rstrip(". ")
    found = _ENDING.search(last)
    ending = found.group() if found else ""
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", last.removesuffix(ending)).strip("-_.")
    return (stem[:_LONGEST_NAME].strip("-_.") or "upload") + ending


def _parts(path: str) -> list[str]:
    """The parts of a file's path in a folder, none of which leads anywhere else."""
    parts = [_part(part) for part in path.split("/") if part not in ("", ".")]
    if not parts:
        raise UploadError(HTTPStatus.BAD_REQUEST, "A file of this folder has no name: rename it.")
    return parts


def _part(name: str) -> str:
    """A name as it is, or one that tells it apart from others, where a file system could not keep it."""
    plain = re.sub(r"[\x00-\x1f\x7f\\]", "_", name).encode("utf-8", "replace").decode()
    is_kept = plain == name and name != ".." and len(name.encode()) <= _LONGEST_PART
    if is_kept:
        return unicodedata.normalize("NFC", name)
    mark = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=4).hexdigest()
    found = _ENDING.search(plain)
    ending = found.group() if found else ""
    stem = plain.removesuffix(ending).strip(".").encode()[:200].decode("utf-8", "ignore")
    return f"{stem}~{mark}{ending}"


def _copy(stream: IO[bytes], file: IO[bytes], most: int) -> int:
    """Copy a stream in pieces; returns the bytes written."""
    written = 0
    while piece := stream.read(_PIECE):
        written += len(piece)
        if written > most:
            file.truncate(file.tell() - (written - len(piece)))
            sentence = f"More bytes came than the {count(most)} that were announced: choose it again."
            raise UploadError(HTTPStatus.BAD_REQUEST, sentence)
        file.write(piece)
    return written


def _shown(name: str) -> str:
    """A name in a sentence, where backticks mark it and a novel would bury the rest."""
    plain = re.sub(r"[\x00-\x1f\x7f`]", "_", name)
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1]}…"


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
