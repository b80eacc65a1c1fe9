"""Opens every file of a source once: decodes it, measures it, and spools its square."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tunescope.datasets.building import full_disk_named
from tunescope.datasets.measures import HASH_SIDE, SIDE, Measures, measure, tiny
from tunescope.datasets.pool import Progress, forked_map, ordered_map
from tunescope.datasets.source import Source, SourceFile, UnusableFileError
from tunescope.datasets.spool import CHANNELS, Spool
from tunescope.parameters import CleaningParameters, DatasetParameters

if TYPE_CHECKING:
    from tunescope.datasets.pixels import Decoded

Pixels = npt.NDArray[np.uint8]
SIDE_STEP, SMALLEST_SIDE, LARGEST_SIDE = 8, 16, 64
# The median of so many is near enough to that of all, and costs little beside decoding them.
HEADERS = 100
# Small pictures cost more in calls than in pixels, so many are measured at once.
BATCH = 32
TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that could be decoded.

    Attributes:
        path: in the source.
        label: name of its class.
        sha256: of the file's content, in hexadecimal.
        mode: Pillow's mode of the file.
        width: in pixels, upright.
        height: likewise.
        bytes: of the file.
        measures: of its pixels.
        row: in the spool.
        notes: a kind of finding and its details for each thing that is uncommon about its pixels.
        split: the official one.
        group: images of one group belong into one split.
    """

    path: str
    label: str
    sha256: str
    mode: str
    width: int
    height: int
    bytes: int
    measures: Measures
    row: int
    notes: tuple[tuple[str, str], ...] = ()
    split: str | None = None
    group: str | None = None

    @property
    def gray(self) -> bool:
        """Whether its mode has no colour."""
        from tunescope.datasets.pixels import is_gray

        return is_gray(self.mode)


@dataclass(frozen=True)
class Examination:
    """What the files of a source are.

    Attributes:
        pictures: those that could be decoded, sorted by path.
        faults: why another could not, by path: a kind, and after ``: `` the details.
        spool: the squares of the pictures, by ``Picture.row``.
        tiny: (rows of the spool, 16, 16) the pictures in gray, very small.
    """

    pictures: tuple[Picture, ...]
    faults: dict[str, str]
    spool: Spool
    tiny: Pixels


@dataclass(frozen=True, slots=True)
class _Opened:
    """A decoded file, not yet measured."""

    file: SourceFile
    label: str
    sha256: str
    bytes: int
    decoded: "Decoded"


@dataclass(frozen=True)
class _Batch:
    """Some examined files; the rows of their pictures count from 0."""

    pictures: tuple[Picture, ...]
    faults: dict[str, str]
    squares: Pixels
    tiny: Pixels


def examine(
    source: Source, parameters: DatasetParameters, folder: Path | None, on_progress: Progress | None = None
) -> Examination:
    """Decode every file of a source that has a label, each once.

    Args:
        source: the files.
        parameters: side, fit, policies and limits.
        folder: on the disk that shall hold the squares until they are packed.
        on_progress: called with the number of examined files and of all files.

    Raises:
        RunError: when the disk is full.
    """
    from tunescope.datasets import pixels  # here, because it imports Pillow

    with pixels.quiet():
        side = parameters.image_size or _chosen_side(source, parameters)
        examiner = _Examiner(parameters, side)
        spool = Spool(folder, side)
        needed = 2 * len(source) * spool.row_bytes
        with full_disk_named(folder or Path("the folder of temporary files"), needed):
            return _spooled(source, examiner, spool, on_progress)


def _spooled(
    source: Source, examiner: "_Examiner", spool: Spool, on_progress: Progress | None
) -> Examination:
    pictures: list[Picture] = []
    faults: dict[str, str] = {}
    tinies: list[Pixels] = []
    for batch in examiner.batches(source, on_progress):
        start = len(spool)
        spool.add(batch.squares)
        pictures += (replace(picture, row=start + picture.row) for picture in batch.pictures)
        faults |= batch.faults
        tinies.append(batch.tiny)
    for picture in pictures:
        faults.pop(picture.path, None)  # of a truncated file whose beginning could be decoded after all
    pictures.sort(key=lambda picture: picture.path)
    return Examination(tuple(pictures), faults, spool, np.concatenate(tinies))


def _chosen_side(source: Source, parameters: DatasetParameters) -> int:
    """The side that all pictures have, or their median shorter side rounded down, within what trains fast.

    An even sample of the files tells.
    """
    usable = [file for file in source if _fault(file, parameters.limits.file_bytes) is None]
    sample = usable[:: -(-len(usable) // HEADERS) or 1]
    sizes = [size for size in ordered_map(_size, sample, len(sample)) if min(size) > 0]
    sizes = [size for size in sizes if min(size) >= parameters.cleaning.smallest_side] or sizes
    middle = int(np.median([min(size) for size in sizes])) if sizes else SMALLEST_SIDE
    if set(sizes) != {(middle, middle)}:
        middle = middle // SIDE_STEP * SIDE_STEP
    return min(max(middle, SMALLEST_SIDE), LARGEST_SIDE)


def _size(file: SourceFile) -> tuple[int, int]:
    """Width and height in pixels; 0 where they cannot be told."""
    from tunescope.datasets import pixels

    try:
        return pixels.header_size(file.read())
    except (UnusableFileError, OSError):
        return 0, 0


def _fault(file: SourceFile, file_bytes: int) -> str | None:
    """Why a file is not worth opening, if it is not."""
    if file.hidden:
        return "hidden file"
    if file.label is None:
        return "no class folder"
    if file.size > file_bytes:
        return f"too large: {file.size} bytes, more than {file_bytes}"
    return None


class _Examiner:
    """Examines files in batches, in processes: in small pictures Python costs as much as decoding."""

    def __init__(self, parameters: DatasetParameters, side: int) -> None:
        import scipy.fft  # noqa: F401 - here, so that not every forked process has to import it

        self._cleaning: CleaningParameters = parameters.cleaning
        self._file_bytes = parameters.limits.file_bytes
        self._fit, self._side = parameters.fit, side

    def batches(self, source: Source, on_progress: Progress | None) -> Iterator[_Batch]:
        """All files in order; then those again of which the beginning at least can be decoded."""
        from tunescope.datasets import pixels

        cut: list[SourceFile] = []
        done = 0
        chunks = [source.files[start : start + BATCH] for start in range(0, len(source), BATCH)]
        for chunk, batch in zip(chunks, forked_map(self._batch, chunks), strict=True):
            cut += [file for file in chunk if batch.faults.get(file.path, "").startswith(TRUNCATED)]
            done += len(chunk)
            yield batch
            if on_progress:
                on_progress(done, len(source))
        if cut and self._cleaning.truncated == "fix":
            with pixels.lenient():  # in this thread alone, see there
                yield from (self._batch([file], lenient=True) for file in cut)

    def _batch(self, files: Sequence[SourceFile], lenient: bool = False) -> _Batch:
        opened: list[_Opened] = []
        faults: dict[str, str] = {}
        for file in files:
            try:
                opened.append(self._open(file))
            except UnusableFileError as fault:
                faults[file.path] = str(fault)
            except OSError as error:
                faults[file.path] = f"unreadable: {error.strerror or error}"
        return self._measured(opened, faults, ((TRUNCATED, "the rest is gray"),) if lenient else ())

    def _open(self, file: SourceFile) -> _Opened:
        from tunescope.datasets import pixels

        fault = _fault(file, self._file_bytes)
        if fault or file.label is None:
            raise UnusableFileError(fault)
        content = file.read()
        decoded = pixels.decode(content, max(self._side, SIDE), self._cleaning)
        return _Opened(file, file.label, hashlib.sha256(content).hexdigest(), len(content), decoded)

    def _measured(
        self, opened: Sequence[_Opened], faults: dict[str, str], notes: tuple[tuple[str, str], ...]
    ) -> _Batch:
        from tunescope.datasets import pixels

        squares = np.empty((len(opened), self._side, self._side, CHANNELS), np.uint8)
        for number, one in enumerate(opened):
            squares[number] = pixels.square(one.decoded.image, self._side, self._fit)
        small = [pixels.thumbnail(one.decoded.image, SIDE, HASH_SIDE) for one in opened]
        hashed = np.array([one.tiny for one in small], np.uint8).reshape(-1, HASH_SIDE, HASH_SIDE)
        colours = np.array([one.colour for one in small], np.uint8).reshape(-1, CHANNELS)
        measures = measure([one.luma for one in small], hashed, colours) if small else []
        pictures = (
            _picture(one, of_it, number, notes)
            for number, (one, of_it) in enumerate(zip(opened, measures, strict=True))
        )
        return _Batch(tuple(pictures), faults, squares, tiny(hashed))


def _picture(one: _Opened, measures: Measures, row: int, notes: tuple[tuple[str, str], ...]) -> Picture:
    seen, file = one.decoded, one.file
    return Picture(
        path=file.path,
        label=one.label,
        sha256=one.sha256,
        mode=seen.mode,
        width=seen.width,
        height=seen.height,
        bytes=one.bytes,
        measures=measures,
        row=row,
        notes=(*notes, *seen.notes),
        split=file.split,
        group=file.group,
    )
