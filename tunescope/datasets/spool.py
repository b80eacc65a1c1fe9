"""Squares of pictures on disk, from the one time that files are decoded until the accepted are packed."""

import os
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
CHANNELS = 3


class Spool:
    """Rows of red, green and blue squares, in a file without a name: whatever happens, nothing is left of it.

    Args:
        folder: on the disk that shall hold them; without one, where temporary files go.
        side: of a square, in pixels.
    """

    def __init__(self, folder: Path | None, side: int) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self.side = side
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as this
        self.close = weakref.finalize(self, self._file.close)
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    @property
    def row_bytes(self) -> int:
        """Bytes of a square."""
        return self.side * self.side * CHANNELS

    def add(self, squares: Pixels) -> None:
        """Append squares (k, side, side, 3).

        Raises:
            OSError: when the disk is full.
        """
        left = memoryview(squares.tobytes())
        while left:  # a full disk first takes a part, and raises on the next attempt
            left = left[self._file.write(left) :]
        self._rows += len(squares)

    def take(self, rows: Sequence[int]) -> Pixels:
        """Squares (k, side, side, 3) at some rows."""
        number = self._file.fileno()
        content = b"".join(os.pread(number, self.row_bytes, row * self.row_bytes) for row in rows)
        return np.frombuffer(content, np.uint8).reshape(-1, self.side, self.side, CHANNELS)
