"""Finds what a classifier can learn from, and says what is wrong with the rest."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.datasets.corrections import NONE, Corrections, read_corrections
from tunescope.datasets.dividing import divide
from tunescope.datasets.duplicates import clusters, equal_pairs, near_pairs
from tunescope.datasets.examining import Examination, Picture, examine
from tunescope.datasets.findings import Action, Finding, action, named
from tunescope.datasets.known import State, state
from tunescope.datasets.pool import Progress
from tunescope.datasets.source import Source, read, refusal
from tunescope.datasets.splitting import SMALLEST_CLASS
from tunescope.datasets.spool import Spool
from tunescope.errors import SourceError
from tunescope.parameters import DatasetParameters

FEWEST_CLASSES = 2


@dataclass(frozen=True)
class Inspection:
    """What a source holds.

    Attributes:
        parameters: what it was inspected with.
        files: number of regular files, hidden ones too.
        images: the accepted ones, sorted by path.
        rejects: those that could be decoded but were rejected, sorted by path.
        splits: (images,) index into ``SPLITS``; empty when there is a fault.
        findings: at least one for each file that is not accepted.
        fault: why the source cannot be used as a whole; None when it can.
        spool: the squares of images and rejects; None when the source could not be read.
        state: of the source before it was read.
    """

    parameters: DatasetParameters
    files: int
    images: tuple[Picture, ...]
    rejects: tuple[Picture, ...]
    splits: npt.NDArray[np.uint8]
    findings: tuple[Finding, ...]
    fault: str | None = None
    spool: Spool | None = None
    state: State | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that have images, sorted."""
        return tuple(sorted({image.label for image in self.images}))

    def quality(self) -> dict[str, Any]:
        """Counts and findings as plain data; ``accepted`` and ``rejected`` add up to ``files``."""
        accepted = len(self.images)
        return {
            "files": self.files,
            "accepted": accepted,
            "rejected": self.files - accepted,
            "findings": [
                {"file": one.file, "finding": one.finding, "action": one.action} for one in self.findings
            ],
        }

    def __deepcopy__(self, memo: dict[int, Any]) -> "Inspection":
        """Itself: nothing in it changes, and a copy of the spool would be of no use."""
        return self


def inspect(
    source: Source | str | Path,
    parameters: DatasetParameters | None = None,
    folder: Path | None = None,
    on_progress: Progress | None = None,
) -> Inspection:
    """Decode every file of a source once, decide which ones to use, and share these out among the splits.

    What cannot be decoded is rejected; what is odd about the rest is handled as ``parameters.cleaning`` says.
    A source that cannot be read or split, with fewer than two classes, or with a class of fewer than three
    images, is at fault.

    Args:
        source: what ``read`` gave, or what to give it.
        parameters: policies, split, size and fit.
        folder: on the disk that shall hold the decoded pictures until they are packed.
        on_progress: called with the number of examined files and of all files.

    Raises:
        RunError: when the disk is full.
    """
    location = source.location if isinstance(source, Source) else str(source)
    parameters = parameters or DatasetParameters(source=location)
    before = None if isinstance(source, Source) else state(parameters)
    try:
        opened = source if isinstance(source, Source) else read(source, parameters.limits)
    except SourceError as fault:
        return Inspection(parameters, 0, (), (), np.empty(0, np.uint8), (), str(fault))
    try:
        corrections = read_corrections(parameters.corrections, opened) if parameters.corrections else NONE
        examination = examine(opened, parameters, folder, on_progress)
    except SourceError as fault:
        every = tuple(Finding(file.path, "not examined", "rejected") for file in opened)
        return Inspection(parameters, len(opened), (), (), np.empty(0, np.uint8), every, str(fault))
    finally:
        if opened is not source:
            opened.close()
    return replace(_judged(opened, examination, corrections, parameters), state=before)


def _judged(
    source: Source, examination: Examination, corrections: Corrections, parameters: DatasetParameters
) -> Inspection:
    case = _Case(examination, parameters)
    case.reject_faults()
    case.correct(corrections)
    case.settle_label_case()
    case.judge_each()
    case.judge_copies()
    fault = _fault(source.location, case.images(), case.findings) or case.divide()
    images = case.images()
    fault = fault or _fault(source.location, images, case.findings)
    accepted = {image.path for image in images}
    return Inspection(
        parameters=parameters,
        files=len(source),
        images=images,
        rejects=tuple(one for one in case.pictures if one.path not in accepted),
        splits=np.empty(0, np.uint8) if fault else case.splits(),
        findings=(
            *(Finding(path, "link or special file", "skipped") for path in source.skipped),
            *sorted(case.findings, key=lambda found: found.file),
            *case.about_classes,
            *_emptied_classes(source, case),
        ),
        fault=fault,
        spool=examination.spool,
    )


class _Case:
    """Pictures under judgement. Each step looks at those that no earlier one has rejected."""

    def __init__(self, examination: Examination, parameters: DatasetParameters) -> None:
        self.pictures = list(examination.pictures)
        self.findings: list[Finding] = []
        self.about_classes: list[Finding] = []
        self._faults, self._tiny = examination.faults, examination.tiny
        self._parameters, self._cleaning = parameters, parameters.cleaning
        self._rejected: set[str] = set()
        self._cluster = np.full(len(self.pictures), -1, np.intp)
        self._split = np.zeros(len(self.pictures), np.uint8)

    def images(self) -> tuple[Picture, ...]:
        """Those that are not rejected, so far."""
        return tuple(self.pictures[row] for row in self._rows())

    def splits(self) -> npt.NDArray[np.uint8]:
        """Index into ``SPLITS`` of each image."""
        return self._split[self._rows()]

    def reject_faults(self) -> None:
        """What could not be decoded."""
        for path, fault in self._faults.items():
            kind, _, detail = fault.partition(": ")
            self._note(path, kind, "rejected", detail)

    def correct(self, corrections: Corrections) -> None:
        """Do as a person has decided."""
        for row, picture in enumerate(self.pictures):
            if picture.path in corrections.removed:
                self._note(picture.path, "removed by hand", "rejected")
            label = corrections.labels.get(picture.path, picture.label)
            if label != picture.label:
                detail = f"`{label}` instead of `{picture.label}`"
                self._note(picture.path, "corrected label", "converted", detail)
                self.pictures[row] = replace(picture, label=label)

    def settle_label_case(self) -> None:
        """Join, or tell, classes whose names differ by case only; the name of most images stays."""
        sizes = Counter(image.label for image in self.images())
        by_size = sorted(sizes, key=lambda label: (label.casefold(), -sizes[label], label))
        names: dict[str, str] = {}
        for _, alike in groupby(by_size, key=str.casefold):
            first, *others = alike
            for other in others:
                done = action("label case", self._cleaning)
                self.about_classes.append(Finding(other, "label case", done, f"like `{first}`"))
                names[other] = first if done == "joined" else other
        self.pictures = [
            replace(one, label=names[one.label]) if one.label in names else one for one in self.pictures
        ]

    def judge_each(self) -> None:
        """What is odd about single pictures."""
        for row in self._rows():
            picture = self.pictures[row]
            found = [(kind, detail, action(kind, self._cleaning)) for kind, detail in self._oddities(picture)]
            against = [one for one in found if one[2] == "rejected"]
            for kind, detail, done in against[:1] or found:
                self._note(picture.path, kind, done, detail)

    def judge_copies(self) -> None:
        """The same picture again: in its class, and in others."""
        rows = self._rows()
        keys = [self.pictures[row].sha256 for row in rows]
        equal, near = equal_pairs(keys), self._near_pairs(rows)
        self._cluster[rows] = clusters(np.concatenate([equal, near]), len(rows))
        self._judge_equal(clusters(equal, len(rows)), rows)
        for members in self._clusters():
            self._judge_near(members)

    def divide(self) -> str | None:
        """Share the images out, and keep like ones together; gives the fault when that cannot be done."""
        rows = self._rows()
        images = [self.pictures[row] for row in rows]
        try:
            division = divide(images, self._cluster[rows], self._parameters)
        except SourceError as fault:
            return str(fault)
        self._split[rows] = division.splits
        for leak in division.leaks:
            row, other = rows[leak.image], self.pictures[rows[leak.other]].path
            self._note_copy(row, "leakage", leak.action, f"{leak.detail}: `{other}`", other)
        return None

    def _rows(self) -> npt.NDArray[np.intp]:
        alive = [row for row, one in enumerate(self.pictures) if one.path not in self._rejected]
        return np.array(alive, np.intp)

    def _clusters(self) -> Iterator[list[int]]:
        """Rows of the images of each cluster that are left; single ones left out."""
        members: dict[int, list[int]] = {}
        for row in self._rows():
            if self._cluster[row] >= 0:
                members.setdefault(int(self._cluster[row]), []).append(int(row))
        return (rows for rows in members.values() if len(rows) > 1)

    def _near_pairs(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        hashes = np.array([self.pictures[row].measures.phash for row in rows], np.uint64)
        places = np.array([self.pictures[row].row for row in rows], np.intp)
        return near_pairs(hashes, self._tiny[places], self._cleaning.near_duplicate_bits)

    def _oddities(self, picture: Picture) -> Iterator[tuple[str, str]]:
        rules, of_it = self._cleaning, picture.measures
        short, long = sorted((picture.width, picture.height))
        yield from picture.notes
        if short < rules.smallest_side:
            shown = f"{picture.width} x {picture.height} pixels"
            yield "too small", f"{shown}, fewer than {rules.smallest_side} on a side"
        if of_it.sharpness < rules.blurred_below:
            yield "blurred", f"sharpness {of_it.sharpness:.3f}"
        if of_it.brightness < rules.dark_below:
            yield "dark", f"mean brightness {of_it.brightness:.2f}"
        if long > rules.odd_aspect_above * short:
            yield "odd aspect", f"{picture.width} x {picture.height} pixels"

    def _judge_equal(self, numbers: npt.NDArray[np.intp], rows: npt.NDArray[np.intp]) -> None:
        same: dict[int, list[int]] = {}
        for number, row in zip(numbers.tolist(), rows.tolist(), strict=True):
            if number >= 0:
                same.setdefault(number, []).append(row)
        for members in same.values():
            self._judge_labels(members, "", action("two labels", self._cleaning))
            left = [row for row in members if self.pictures[row].path not in self._rejected]
            for first, *others in self._in_classes(left):
                path = self.pictures[first].path
                for other in others:
                    done = action("exact duplicate", self._cleaning)
                    self._note_copy(other, "exact duplicate", done, path, path)

    def _judge_near(self, members: Sequence[int]) -> None:
        """Near duplicates under two labels are kept: they may well show two things that look alike."""
        done = action("near duplicate", self._cleaning)
        for first, *others in self._in_classes(members):
            reference = self.pictures[first]
            for other in others:
                if self.pictures[other].sha256 != reference.sha256:
                    self._note_copy(other, "near duplicate", done, reference.path, reference.path)
        left = [row for row in members if self.pictures[row].path not in self._rejected]
        if len({self.pictures[row].sha256 for row in left}) > 1:
            self._judge_labels(left, "hardly to be told from ", "kept")

    def _judge_labels(self, members: Sequence[int], how: str, done: Action) -> None:
        labels = {self.pictures[row].label for row in members}
        if len(labels) == 1:
            return
        for row in members:
            label = self.pictures[row].label
            others = [self.pictures[one].path for one in members if self.pictures[one].label != label]
            self._note_copy(row, "two labels", done, f"{how}{named(others)}", others[0])

    def _in_classes(self, members: Iterable[int]) -> list[list[int]]:
        """Rows by class."""
        classes: dict[str, list[int]] = {}
        for row in members:
            classes.setdefault(self.pictures[row].label, []).append(row)
        return list(classes.values())

    def _note_copy(self, row: int, kind: str, done: Action, detail: str, other: str) -> None:
        self._note(self.pictures[row].path, kind, done, detail, other, int(self._cluster[row]))

    def _note(
        self,
        path: str,
        kind: str,
        done: Action,
        detail: str = "",
        other: str | None = None,
        cluster: int | None = None,
    ) -> None:
        self.findings.append(Finding(path, kind, done, detail, other, cluster))
        if done == "rejected":
            self._rejected.add(path)


def _emptied_classes(source: Source, case: _Case) -> Iterator[Finding]:
    """Classes of the source without an image; not those whose images have joined another class."""
    joined = {found.file for found in case.about_classes if found.action == "joined"}
    labels = {file.label for file in source if file.label and not file.hidden}
    for label in sorted(labels - joined - {image.label for image in case.images()}):
        yield Finding(label, "class without usable images", "dropped class")


def _fault(location: str, images: Sequence[Picture], findings: Iterable[Finding]) -> str | None:
    """Why what is left is not enough, as one sentence."""
    sizes = Counter(image.label for image in images)
    if not sizes:
        rejections = Counter(found.kind for found in findings if found.action == "rejected")
        why = f"no image in it can be used (mostly: {rejections.most_common(1)[0][0]})"
        mend = "put the images into one folder for each class"
    elif len(sizes) < FEWEST_CLASSES:
        why, mend = f"only its class {named(sizes)} has usable images", "add a folder for each further class"
    elif small := sorted(label for label, images_of in sizes.items() if images_of < SMALLEST_CLASS):
        why = f"fewer than {SMALLEST_CLASS} images are usable in {named(small)}"
        mend = "add images there, or take the folder away"
    else:
        return None
    return str(refusal(location, why, mend))
