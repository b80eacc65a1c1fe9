"""Shares images out among training, validation and test."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.errors import ParameterError, SourceError

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
SMALLEST_CLASS = len(SPLITS)
ATTEMPTS = 20

Labels = npt.NDArray[np.integer[Any]]
Parts = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Division:
    """Images in parts, and what each part is for. The parts of k folds are the folds, and the test share.

    Attributes:
        parts: (n,) the part of each image.
        uses: for each part, an index into ``SPLITS``.
    """

    parts: Parts
    uses: tuple[int, ...] = (TRAIN, VALIDATION, TEST)

    @property
    def splits(self) -> Parts:
        """(n,) an index into ``SPLITS`` for each image."""
        return np.array(self.uses, np.uint8)[self.parts]


def split(labels: Labels, validation: float, test: float, seed: int) -> Parts:
    """Choose a split for each image, at random within each class.

    Args:
        labels: (n,) class of each image.
        validation: share of the images of each class, above 0; the rest of both shares is for training.
        test: likewise.
        seed: of the choice. What a class gets does not depend on the other classes.

    Returns:
        (n,) 0 for training, 1 for validation, 2 for test; each class has at least one image in each.

    Raises:
        ParameterError: when the shares leave nothing for training.
        SourceError: when a class has fewer than three images.
    """
    if min(validation, test) <= 0 or validation + test >= 1:
        raise ParameterError(
            f"`dataset.validation` is {validation} and `dataset.test` is {test}, "
            "but both must be more than 0, and less than 1 together"
        )
    splits = np.full(len(labels), TRAIN, np.uint8)
    for label, members in _by_class(labels):
        for_validation, for_test = _shares(len(members), validation, test)
        shuffled = np.random.default_rng([seed, label]).permutation(members)
        splits[shuffled[:for_test]] = TEST
        splits[shuffled[for_test : for_test + for_validation]] = VALIDATION
    return splits


def split_in_folds(
    labels: Labels, classes: Sequence[str], folds: int, fold: int, test: float, seed: int
) -> Division:
    """Set the test share of each class aside, and deal the rest out to folds.

    Args:
        labels: (n,) class of each image.
        classes: names of the classes.
        folds: number of folds; each class has an image in each.
        fold: the one that is for validation; the others are for training.
        test: share of the images of each class.
        seed: of the choice; every ``fold`` of it has the same folds.

    Raises:
        SourceError: when a class is too small for so many folds.
    """
    parts, dealt = np.full(len(labels), folds, np.uint8), 0
    for label, members in _by_class(labels):
        for_test = max(1, round(len(members) * test))
        rest = len(members) - for_test
        if rest < folds:
            raise SourceError(
                f"`dataset.folds` is {folds}, but class `{classes[label]}` has {len(members)} images, "
                f"{rest} of them not for test: use fewer folds, or add images to it"
            )
        shuffled = np.random.default_rng([seed, label]).permutation(members)
        parts[shuffled[for_test:]] = (dealt + np.arange(rest)) % folds
        dealt += rest
    return Division(parts, _uses_of_folds(folds, fold))


def split_by_group(
    labels: Labels, groups: Labels, classes: Sequence[str], shares: Sequence[float], seed: int
) -> Parts:
    """Deal out whole groups, so that each class has an image in each part and about its share of the images.

    The rarest class comes first, with its largest groups, each going where most of the class is still wanted
    (Sechidis et al., "On the stratification of multi-label data", ECML PKDD 2011).

    Args:
        labels: (n,) class of each image.
        groups: (n,) group of each image, numbered from 0.
        classes: names of the classes.
        shares: of the images for each part, 1 together.
        seed: of the choice among equals.

    Raises:
        SourceError: when a class has fewer groups than there are parts, or no such division is found.
    """
    table = _GroupTable(labels, groups, len(classes))
    poor = [
        name for name, of_it in zip(classes, table.groups_of, strict=True) if 0 < len(of_it) < len(shares)
    ]
    if poor:
        count = len(table.groups_of[list(classes).index(poor[0])])
        raise SourceError(
            f"class `{poor[0]}` has images of {count} {'group' if count == 1 else 'groups'} only, but "
            f"{len(shares)} are needed to have some in each part: choose a `dataset.group` that makes "
            "smaller groups, or split without it"
        )
    for attempt in range(ATTEMPTS):
        dealing = _Dealing(table, np.array(shares), np.random.default_rng([seed, attempt]))
        if dealing.complete():
            return dealing.parts[groups]
    raise SourceError(
        "the groups cannot be shared out so that each class has images in every split: choose a "
        "`dataset.group` that makes smaller groups, or split without it"
    )


def official_split(labels: Labels, official: Labels, validation: float, test: float, seed: int) -> Parts:
    """Keep the official splits; one that is missing is taken from the training images of each class.

    Args:
        labels: (n,) class of each image.
        official: (n,) index into ``SPLITS``.
        validation: share of the training images, where there is no validation split.
        test: likewise.
        seed: of the choice.
    """
    splits, present = official.astype(np.uint8), set(np.unique(official).tolist())
    wanted = {part: share for part, share in ((TEST, test), (VALIDATION, validation)) if part not in present}
    training = np.flatnonzero(splits == TRAIN)
    for label, places in _by_class(labels[training]):
        shuffled = np.random.default_rng([seed, label]).permutation(training[places])
        left = len(shuffled)
        for part, share in wanted.items():
            taken = min(max(1, round(len(shuffled) * share)), left - 1)
            splits[shuffled[left - taken : left]] = part
            left -= taken
    return splits


def folds_by_group(
    labels: Labels,
    groups: Labels,
    classes: Sequence[str],
    folds: int,
    fold: int,
    test: float,
    seed: int,
) -> Division:
    """As ``split_in_folds``, with no group torn between folds.

    Raises:
        SourceError: as ``split_by_group``.
    """
    shares = [(1 - test) / folds] * folds + [test]
    parts = split_by_group(labels, groups, classes, shares, seed)
    return Division(parts, _uses_of_folds(folds, fold))


def group_numbers(paths: Sequence[str], pattern: str | None, named: Sequence[str | None]) -> list[str | None]:
    """The group of each image.

    Args:
        paths: of the images.
        pattern: regular expression searched in a path; its first group, or the whole match, names the group.
        named: what the source itself says; counts where there is no pattern.

    Returns:
        a name for each image; None for one that is a group of its own
    """
    if pattern is None:
        return list(named)
    expression = re.compile(pattern)
    return [_matched(expression, path) for path in paths]


def joined_groups(names: Sequence[str | None], clusters: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Number groups so that images of one name, and images of one cluster (from 0), have the same number."""
    from tunescope.datasets.duplicates import clusters as connected
    from tunescope.datasets.duplicates import equal_pairs

    keys = [f"name {name}" if name is not None else f"row {row}" for row, name in enumerate(names)]
    alike = [f"cluster {cluster}" if cluster >= 0 else f"row {row}" for row, cluster in enumerate(clusters)]
    numbers = connected(np.concatenate([equal_pairs(keys), equal_pairs(alike)]), len(keys))
    alone = numbers < 0
    numbers[alone] = numbers.max(initial=-1) + 1 + np.arange(np.count_nonzero(alone))
    return numbers


def keep_together(parts: Parts, labels: Labels, clusters: npt.NDArray[np.intp]) -> Parts:
    """Move images so that those of a cluster (numbered from 0) lie in one part, where that empties no class.

    A cluster goes where most of it is; of equals, to the first part.
    """
    parts = parts.copy()
    counts = np.zeros((int(parts.max(initial=0)) + 1, int(labels.max(initial=0)) + 1), np.intp)
    np.add.at(counts, (parts, labels), 1)
    for members in members_of(clusters):
        homes = np.bincount(parts[members], minlength=len(counts))
        if np.count_nonzero(homes) > 1:
            _bring_together(
                members, np.argsort(-homes, kind="stable")[: np.count_nonzero(homes)], parts, labels, counts
            )
    return parts


def _bring_together(
    members: npt.NDArray[np.intp],
    homes: npt.NDArray[np.intp],
    parts: Parts,
    labels: Labels,
    counts: npt.NDArray[np.intp],
) -> None:
    """Move images into the first of some parts that leaves each class images wherever it had some."""
    classes, local = np.unique(labels[members], return_inverse=True)
    own = np.zeros((len(counts), len(classes)), np.intp)
    np.add.at(own, (parts[members], local), 1)
    for home in homes:
        moved = counts[:, classes] - own
        moved[home] += own.sum(axis=0)
        if ((moved > 0) >= (counts[:, classes] > 0)).all():
            parts[members], counts[:, classes] = home, moved
            return


def members_of(clusters: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    """Rows of each cluster, in order of their numbers from 0; rows with -1 belong to none."""
    rows = np.flatnonzero(clusters >= 0)
    if not len(rows):
        return []
    ordered = rows[np.argsort(clusters[rows], kind="stable")]
    return np.split(ordered, np.flatnonzero(np.diff(clusters[ordered])) + 1)


def _by_class(labels: Labels) -> list[tuple[int, npt.NDArray[np.intp]]]:
    """Each class that occurs, with its rows in ascending order."""
    if not len(labels):
        return []
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    return list(zip(found.tolist(), np.split(order, starts[1:]), strict=True))


def _shares(images: int, validation: float, test: float) -> tuple[int, int]:
    """Images of one class for validation and test: the nearest to the shares that leaves one for training."""
    if images < SMALLEST_CLASS:
        raise SourceError(f"a class has {images} images, but needs at least {SMALLEST_CLASS}: add some to it")
    for_validation = min(max(1, round(images * validation)), images - 2)
    for_test = min(max(1, round(images * test)), images - 1 - for_validation)
    return for_validation, for_test


def _uses_of_folds(folds: int, fold: int) -> tuple[int, ...]:
    return (*(VALIDATION if number == fold else TRAIN for number in range(folds)), TEST)


def _matched(expression: re.Pattern[str], path: str) -> str | None:
    match = expression.search(path)
    if match is None:
        return None
    return match[1] if expression.groups and match[1] is not None else match[0]


class _GroupTable:
    """Which classes the groups have images of, and how many."""

    def __init__(self, labels: Labels, groups: Labels, classes: int) -> None:
        pairs, counts = np.unique(np.column_stack([groups, labels]), axis=0, return_counts=True)
        self.totals = np.bincount(labels, minlength=classes)
        self.number = int(groups.max(initial=-1)) + 1
        self.sizes = np.bincount(groups, minlength=self.number)
        starts = np.searchsorted(pairs[:, 0], np.arange(1, self.number))
        self.classes_of = np.split(pairs[:, 1], starts)
        self.counts_of = np.split(counts, starts)
        order = np.argsort(pairs[:, 1], kind="stable")
        edges = np.searchsorted(pairs[order, 1], np.arange(1, classes))
        self.groups_of = np.split(pairs[order, 0], edges)


class _Dealing:
    """One attempt to deal groups out."""

    def __init__(
        self, table: _GroupTable, shares: npt.NDArray[np.float64], random: np.random.Generator
    ) -> None:
        self._table = table
        self.parts = np.full(table.number, len(shares), np.uint8)
        self._wanted = shares[:, None] * table.totals
        self._wanted_at_all = shares * table.totals.sum()
        self._has = np.zeros((len(shares), len(table.totals)), np.intp)
        self._left = np.array([len(groups) for groups in table.groups_of])
        mixed = random.permutation(table.number)
        for label in np.argsort(self._left, kind="stable"):
            groups = table.groups_of[label]
            for group in groups[np.lexsort([mixed[groups], -table.sizes[groups]])]:
                if self.parts[group] == len(shares):
                    self._deal(group, self._best_part(label))

    def complete(self) -> bool:
        """Whether each class is in each part, after moving groups where that helps."""
        for part, label in np.argwhere(self._missing()).tolist():
            self._fetch(part, label)
        return not self._missing().any()

    def _missing(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self._has == 0) & (self._table.totals > 0), np.bool_)

    def _best_part(self, label: int) -> int:
        """Where most of the class is wanted; a part without any comes first when groups become few."""
        lacking = self._has[:, label] == 0
        allowed = lacking if self._left[label] <= np.count_nonzero(lacking) else np.ones_like(lacking)
        parts = np.flatnonzero(allowed)
        return int(parts[np.lexsort([-self._wanted_at_all[parts], -self._wanted[parts, label]])[0]])

    def _deal(self, group: int, part: int) -> None:
        self.parts[group] = part
        self._left[self._table.classes_of[group]] -= 1
        self._count(group, part, 1)

    def _count(self, group: int, part: int, sign: int) -> None:
        classes, counts = self._table.classes_of[group], self._table.counts_of[group]
        self._has[part, classes] += sign
        self._wanted[part, classes] -= sign * counts
        self._wanted_at_all[part] -= sign * counts.sum()

    def _fetch(self, part: int, label: int) -> None:
        """Bring the smallest group of a class that its part can spare."""
        groups = self._table.groups_of[label]
        for group in groups[np.argsort(self._table.sizes[groups], kind="stable")]:
            home = self.parts[group]
            if (self._has[home, self._table.classes_of[group]] >= 2).all():
                self._count(group, int(home), -1)
                self.parts[group] = part
                self._count(group, part, 1)
                return
