"""Shares the images of a source out as its parameters say, and keeps like images in one split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tunescope.datasets.examining import Picture
from tunescope.datasets.findings import Action
from tunescope.datasets.splitting import (
    SPLITS,
    TEST,
    TRAIN,
    VALIDATION,
    Division,
    folds_by_group,
    group_numbers,
    joined_groups,
    keep_together,
    members_of,
    official_split,
    split,
    split_by_group,
    split_in_folds,
)
from tunescope.errors import SourceError
from tunescope.parameters import DatasetParameters

Numbers = npt.NDArray[np.intp]
Splits = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Leak:
    """An image with a like in another split.

    Attributes:
        image: its number.
        other: number of the like.
        action: what was done about it.
        detail: where the like is, in words.
    """

    image: int
    other: int
    action: Action
    detail: str


@dataclass(frozen=True)
class Divided:
    """Images shared out.

    Attributes:
        splits: (n,) index into ``SPLITS``.
        leaks: images with a like in another split, also those that were moved therefore.
    """

    splits: Splits
    leaks: tuple[Leak, ...]


def divide(images: Sequence[Picture], clusters: Numbers, parameters: DatasetParameters) -> Divided:
    """Share images out, and see to leakage: like images in different splits.

    Args:
        images: sorted by path.
        clusters: (n,) number of the images that each is like; -1 for those that are like no other.
        parameters: kind of split, shares, seed, and the policy for leakage.

    Raises:
        SourceError: when the images cannot be split like that.
    """
    task = _Task(images, clusters, parameters)
    division = before = task.division()
    moved: list[Leak] = []
    if parameters.cleaning.leakage == "fix" and task.kind != "official":
        sets = task.inseparable()
        division = Division(keep_together(before.parts, task.labels, sets), before.uses)
        moved = list(_moves(before.splits, division.splits, sets))
    return Divided(division.splits, (*moved, *_left_leaks(division.splits, clusters, parameters)))


def group_names(images: Sequence[Picture], parameters: DatasetParameters) -> list[str | None]:
    """The group of each image, where the parameters or the source name one."""
    return group_numbers(
        [image.path for image in images], parameters.group, [image.group for image in images]
    )


class _Task:
    """What is to be shared out, and how."""

    def __init__(self, images: Sequence[Picture], clusters: Numbers, parameters: DatasetParameters) -> None:
        self._chosen, self._clusters = parameters, clusters
        self.classes = sorted({image.label for image in images})
        numbers = {label: number for number, label in enumerate(self.classes)}
        self.labels = np.array([numbers[image.label] for image in images], np.int64)
        self._official = [image.split for image in images]
        self._names = group_names(images, parameters)
        if parameters.group and not self._has_groups:  # a slip that would tear all groups, and go unseen
            raise SourceError(
                f"`dataset.group` is `{parameters.group}`, but no path holds that, such as "
                f"`{images[0].path}`: choose a pattern that names each image's group, or leave it out"
            )
        self.kind = self._kind()

    def division(self) -> Division:
        """The split as it is chosen, seeing to groups, but not to like images."""
        chosen = self._chosen
        if self.kind == "official":
            return Division(self._as_official())
        if self.kind == "group":
            return Division(self._by_group(self._names_only()))
        if self.kind == "kfold":
            return self._in_folds()
        return Division(split(self.labels, chosen.validation, chosen.test, chosen.seed))

    def inseparable(self) -> Numbers:
        """Number of the set that each should share a split with: like images, and their groups."""
        if not self._grouped:
            return self._clusters
        return _of_several(joined_groups(self._names, self._clusters), self._names_only())

    @property
    def _grouped(self) -> bool:
        return self.kind == "group" or (self.kind == "kfold" and self._has_groups)

    @property
    def _has_groups(self) -> bool:
        return any(name is not None for name in self._names)

    def _kind(self) -> str:
        if self._chosen.split == "official" and not any(self._official):
            raise SourceError(
                "`dataset.split` is `official`, but the source has no official splits: put the images into "
                "folders `train` and `test`, or choose another `dataset.split`"
            )
        if self._chosen.split != "auto":
            return self._chosen.split
        if any(self._official):
            return "official"
        return "group" if self._has_groups else "stratified"

    def _names_only(self) -> Numbers:
        return joined_groups(self._names, np.full(len(self._names), -1, np.intp))

    def _by_group(self, groups: Numbers) -> Splits:
        chosen = self._chosen
        shares = (1 - chosen.validation - chosen.test, chosen.validation, chosen.test)
        return split_by_group(self.labels, groups, self.classes, shares, chosen.seed)

    def _in_folds(self) -> Division:
        chosen = self._chosen
        if self._has_groups:
            return folds_by_group(
                self.labels,
                self._names_only(),
                self.classes,
                chosen.folds,
                chosen.fold,
                chosen.test,
                chosen.seed,
            )
        return split_in_folds(self.labels, self.classes, chosen.folds, chosen.fold, chosen.test, chosen.seed)

    def _as_official(self) -> Splits:
        chosen = self._chosen
        official = np.array([SPLITS.index(name) if name else TRAIN for name in self._official])
        splits = official_split(self.labels, official, chosen.validation, chosen.test, chosen.seed)
        for number, label in enumerate(self.classes):
            if not np.any(splits[self.labels == number] == TRAIN):
                raise SourceError(
                    f"class `{label}` has no usable training image in the official split: add some, "
                    "or choose another `dataset.split`"
                )
        return splits


def _of_several(sets: Numbers, groups: Numbers) -> Numbers:
    """Numbers of the sets that hold more than one group, from 0; -1 for the images of all others."""
    pairs = np.unique(np.column_stack([sets, groups]), axis=0)
    several = np.bincount(pairs[:, 0]) > 1
    return np.where(several[sets], (np.cumsum(several) - 1)[sets], -1)


def _moves(before: Splits, after: Splits, sets: Numbers) -> Iterator[Leak]:
    """Images that are in another split than before, each with one of its set that was there all the time."""
    for members in members_of(sets):
        changed = before[members] != after[members]
        for image in members[changed]:
            detail = f"moved from {SPLITS[before[image]]} to {SPLITS[after[image]]} beside"
            yield Leak(int(image), int(members[~changed][0]), "moved", detail)


def _left_leaks(splits: Splits, clusters: Numbers, parameters: DatasetParameters) -> Iterator[Leak]:
    """Like images still in different splits: told, or dropped outside the split that must be clean."""
    done: Action = "rejected" if parameters.cleaning.leakage == "drop" else "kept"
    for members in members_of(clusters):
        found = set(splits[members].tolist())
        if len(found) == 1:
            continue
        clean = TEST if TEST in found else VALIDATION
        home = int(members[splits[members] == clean][0])
        for image in members[splits[members] != clean]:
            yield Leak(int(image), home, done, f"in {SPLITS[splits[image]]}, and in {SPLITS[clean]}")
