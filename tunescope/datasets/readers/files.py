"""Files that many threads read from at once, and scratch files to unpack into."""

import errno
import gzip
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tunescope.datasets.source import UnusableFileError, refusal
from tunescope.parameters import LimitParameters

CHUNK = 2**20
SMALL_BYTES = 2**20  # up to here, unpacked, it does not matter how far something shrinks
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BOMB = "unpack it yourself if you trust it, and give what comes out"


class OpenedFile:
    """An open file that threads read from at once, each where it wants. Closed when nothing refers to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._descriptor = os.dup(file.fileno())
        self.size = os.fstat(self._descriptor).st_size

    @classmethod
    def at(cls, path: str | Path) -> "OpenedFile":
        """Open a file.

        Raises:
            OSError: when that fails.
        """
        with open(path, "rb") as file:
            return cls(file)

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on.

        Raises:
            UnusableFileError: when they are not there, or the file is closed.
        """
        if self._descriptor < 0:
            raise UnusableFileError("unreadable: the source is closed")
        content = os.pread(self._descriptor, size, offset)
        if len(content) != size:
            raise UnusableFileError("unreadable: the source has become shorter")
        return content

    def close(self) -> None:
        """Free the file; a scratch file is gone then."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            self.close()


class PositionedFile(io.RawIOBase):
    """An ``OpenedFile`` as an ordinary one, for libraries that want such. Its position is its own.

    That of a real open file is shared with forked processes, which would read from one another's places.
    """

    def __init__(self, file: OpenedFile) -> None:
        super().__init__()
        self._file, self._position = file, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, counted from the beginning, from here or from the end."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._file.size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "negative seek position")  # as files do
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Where it is."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the file goes."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._file.size - self._position))
        view[:count] = self._file.read(self._position, count)
        self._position += count
        return count


def is_bomb(size: int, packed: int, limits: LimitParameters) -> bool:
    """Whether something shrinks as only the repeated bytes of a bomb do; photos hardly shrink."""
    return size > SMALL_BYTES and size > limits.ratio * packed


def unpacked(
    source: Path, chunks: Iterable[bytes], packed: int, limits: LimitParameters, scratch: str | Path | None
) -> OpenedFile:
    """Write what comes out of a packed file into a scratch file that has no name: it cannot be left behind.

    Args:
        source: the packed file, for messages; the scratch file is put beside it where that is allowed.
        chunks: the unpacked bytes.
        packed: bytes they were packed in.
        limits: what they may amount to.
        scratch: folder for the scratch file instead.

    Raises:
        SourceError: when more comes out than ``limits`` allow, or the disk is too full for it.
    """
    folder = Path(scratch) if scratch else _room_beside(source)
    try:
        if shutil.disk_usage(folder).free < packed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryFile(dir=folder) as file:
            _write(source, chunks, packed, limits, file)
            return OpenedFile(file)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        why = f"the disk of `{folder}` is too full to unpack it"
        raise refusal(source, why, "free some space there, or unpack it elsewhere") from None


def _write(
    source: Path, chunks: Iterable[bytes], packed: int, limits: LimitParameters, file: BinaryIO
) -> None:
    """Append the chunks, and stop at the first one too many."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limits.total_bytes:
            raise refusal(source, f"it unpacks to more than {limits.total_bytes} bytes", BOMB)
        if is_bomb(total, packed, limits):
            raise refusal(source, f"it unpacks to {total} bytes or more, as only a bomb does", BOMB)
        file.write(chunk)
    file.flush()


def _room_beside(source: Path) -> Path:
    """The folder of a file, whose disk is large enough for large files; else the one for temporary files."""
    return source.parent if os.access(source.parent, os.W_OK) else Path(tempfile.gettempdir())


def gzip_chunks(packed: BinaryIO) -> Iterator[bytes]:
    """Unpack a gzip file, a part at a time."""
    with gzip.open(packed) as file:
        while chunk := file.read(CHUNK):
            yield chunk
