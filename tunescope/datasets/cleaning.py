"""Finds what a classifier can learn from, and says what is wrong with the rest."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tunescope.datasets.pool import Progress, ordered_map
from tunescope.datasets.source import Source, SourceFile, UnusableFileError, read, refusal
from tunescope.datasets.splitting import SMALLEST_CLASS
from tunescope.errors import SourceError

Action = Literal["rejected", "converted", "dropped class", "skipped"]
MAX_FILE_BYTES = 2**28
FEWEST_CLASSES = 2
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class CleanImage:
    """An accepted image.

    Attributes:
        path: in the source.
        label: name of its class.
        sha256: of the file's content, in hexadecimal.
        mode: Pillow's mode of the file.
        width: in pixels, upright.
        height: likewise.
    """

    path: str
    label: str
    sha256: str
    mode: str
    width: int
    height: int

    @property
    def gray(self) -> bool:
        """Whether its mode has no colour; the integer and floating-point modes have none."""
        return self.mode in ("1", "L", "LA", "La", "F") or self.mode.startswith("I")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a file (or a class), and what was done about it."""

    file: str
    finding: str
    action: Action

    @property
    def kind(self) -> str:
        """The finding without its details, to count by."""
        return self.finding.partition(": ")[0]


@dataclass(frozen=True)
class Inspection:
    """What a source holds.

    Attributes:
        files: number of regular files, hidden ones too.
        images: the accepted ones, sorted by path.
        findings: at least one for each file that is not accepted.
        fault: why the source cannot be used as a whole; None when it can.
    """

    files: int
    images: tuple[CleanImage, ...]
    findings: tuple[Finding, ...]
    fault: str | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that have images, sorted."""
        return tuple(sorted({image.label for image in self.images}))

    def quality(self) -> dict[str, Any]:
        """Counts and findings as plain data; ``accepted`` and ``rejected`` add up to ``files``."""
        accepted = len(self.images)
        findings = [asdict(finding) for finding in self.findings]
        return {
            "files": self.files,
            "accepted": accepted,
            "rejected": self.files - accepted,
            "findings": findings,
        }


@dataclass(frozen=True, slots=True)
class _Examined:
    """One file: an image with what it takes to convert it, or the reason against it."""

    path: str
    image: CleanImage | None = None
    conversions: tuple[str, ...] = ()
    reason: str = ""


def inspect(source: Source | str | Path, on_progress: Progress | None = None) -> Inspection:
    """Decode every file of a source and decide which ones to use.

    Rejected are files that are hidden, without a class folder, too large, empty, no images, damaged, bombs or
    too small; repeated images but the first; and all copies of an image that lies under two labels. A source
    that cannot be read, with fewer than two classes, or with a class of fewer than three images, is at fault.

    Args:
        source: what ``read`` gave, or what to give it.
        on_progress: called with the number of examined files and of all files.
    """
    try:
        opened = source if isinstance(source, Source) else read(source)
    except SourceError as fault:
        return Inspection(0, (), (), str(fault))
    examined = _examine_all(opened, on_progress)
    against = _reasons(examined)
    images = tuple(one.image for one in examined if one.image and one.path not in against)
    findings = (
        *_skips(opened.skipped),
        *(finding for one in examined for finding in _findings(one, against)),
        *_emptied_classes(opened, images),
    )
    return Inspection(len(opened), images, findings, _fault(opened.location, images, findings))


def _examine_all(source: Source, on_progress: Progress | None) -> list[_Examined]:
    from tunescope.datasets import pixels  # here, because it imports Pillow

    with pixels.quiet():
        return list(ordered_map(_examine, source, len(source), on_progress))


def _examine(file: SourceFile) -> _Examined:
    try:
        return _look_at(file)
    except UnusableFileError as fault:
        return _Examined(file.path, reason=str(fault))
    except OSError as error:
        return _Examined(file.path, reason=f"unreadable: {error.strerror or error}")


def _look_at(file: SourceFile) -> _Examined:
    from tunescope.datasets import pixels

    label = _usable_label(file)
    content = file.read()
    seen = pixels.look(content)
    digest = hashlib.sha256(content).hexdigest()
    image = CleanImage(file.path, label, digest, seen.mode, seen.width, seen.height)
    return _Examined(file.path, image, seen.conversions)


def _usable_label(file: SourceFile) -> str:
    """The label of a file that is worth opening."""
    if file.hidden:
        raise UnusableFileError("hidden file")
    if file.label is None:
        raise UnusableFileError("no class folder")
    if file.size > MAX_FILE_BYTES:
        raise UnusableFileError(f"too large: {file.size} bytes, more than {MAX_FILE_BYTES}")
    return file.label


def _reasons(examined: Sequence[_Examined]) -> dict[str, str]:
    """Why a file is rejected, for each path that is."""
    unusable = {one.path: one.reason for one in examined if one.image is None}
    return unusable | dict(_repeats(one.image for one in examined if one.image))


def _repeats(images: Iterable[CleanImage]) -> Iterator[tuple[str, str]]:
    """Paths of images that repeat another, with the reason against them."""
    same: dict[str, list[CleanImage]] = {}
    for image in images:
        same.setdefault(image.sha256, []).append(image)
    for first, *others in same.values():
        if all(other.label == first.label for other in others):
            yield from ((other.path, f"exact duplicate: {first.path}") for other in others)
        else:
            yield from _contradictions([first, *others])


def _contradictions(images: list[CleanImage]) -> Iterator[tuple[str, str]]:
    for image in images:
        others = [other.path for other in images if other.label != image.label]
        yield image.path, f"same image under two labels: {_named(others)}"


def _findings(one: _Examined, against: dict[str, str]) -> list[Finding]:
    if one.path in against:
        return [Finding(one.path, against[one.path], "rejected")]
    return [Finding(one.path, conversion, "converted") for conversion in one.conversions]


def _skips(paths: Iterable[str]) -> Iterator[Finding]:
    return (Finding(path, "link or special file", "skipped") for path in paths)


def _emptied_classes(source: Source, images: Iterable[CleanImage]) -> Iterator[Finding]:
    labels = {file.label for file in source if file.label and not file.hidden}
    for label in sorted(labels - {image.label for image in images}):
        yield Finding(label, "class without usable images", "dropped class")


def _fault(location: str, images: Sequence[CleanImage], findings: Iterable[Finding]) -> str | None:
    """Why what is left is not enough, as one sentence."""
    sizes = Counter(image.label for image in images)
    if not sizes:
        rejections = Counter(found.kind for found in findings if found.action == "rejected")
        why = f"no image in it can be used (mostly: {rejections.most_common(1)[0][0]})"
        mend = "put the images into one folder for each class"
    elif len(sizes) < FEWEST_CLASSES:
        why, mend = f"only its class {_named(sizes)} has usable images", "add a folder for each further class"
    elif small := sorted(label for label, images_of in sizes.items() if images_of < SMALLEST_CLASS):
        why = f"fewer than {SMALLEST_CLASS} images are usable in {_named(small)}"
        mend = "add images there, or take the folder away"
    else:
        return None
    return str(refusal(location, why, mend))


def _named(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(f"`{name}`" for name in listed[:MOST_NAMED]) + more
