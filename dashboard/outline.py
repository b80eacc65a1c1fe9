"""What a source holds, before anything of it is opened: for the form that prepares it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tunescope.datasets import find, read, stamp
from tunescope.datasets.source import expanded, is_name
from tunescope.parameters import LimitParameters

# Enough to see what a pattern does, and little to send.
_SAMPLE = 300
_SHOWN_GROUPS = 12


@dataclass(frozen=True)
class Outline:
    """A listed source.

    Attributes:
        reader: what kind it is, in words.
        files: number of regular files.
        labels: classes with their number of files, most first.
        splits: official splits with their number of files, empty where the source has none.
        paths: some of the paths, evenly picked.
    """

    reader: str
    files: int
    labels: tuple[tuple[str, int], ...]
    splits: tuple[tuple[str, int], ...]
    paths: tuple[str, ...]


def outline(source: str, project: Path, limits: LimitParameters) -> Outline:
    """List a source; one that has not changed is not listed again.

    Raises:
        SourceError: when it is not there, or cannot be used.
    """
    reader = find(source, project)
    where = source if is_name(source) else str(project / expanded(source))
    return _outline(where, reader.line, stamp(where), limits)


@lru_cache(maxsize=16)
def _outline(source: str, line: str, _: str | None, limits: LimitParameters) -> Outline:
    with read(source, limits) as opened:
        seen = [file for file in opened.files if not file.hidden]
        labels = Counter(file.label for file in seen if file.label is not None)
        splits = Counter(file.split for file in seen if file.split is not None)
        paths = [file.path for file in seen]
        return Outline(
            reader=line,
            files=len(opened.files),
            labels=tuple(labels.most_common()),
            splits=tuple(splits.most_common()),
            paths=tuple(paths[:: max(1, len(paths) // _SAMPLE)]),
        )


def groups(pattern: str, paths: Sequence[str]) -> list[tuple[str, int]]:
    """The groups that a regular expression makes of paths, largest first; a path without a match has none.

    Raises:
        re.error: when it is no regular expression.
    """
    found = (re.search(pattern, path) for path in paths)
    names = Counter((match.group(1) if match.re.groups else match.group()) for match in found if match)
    return [(str(name), number) for name, number in names.most_common()]


def group_preview(pattern: str | None, paths: Sequence[str]) -> str:
    """One sentence about the groups that a pattern makes; empty without a pattern."""
    if not pattern or not paths:
        return ""
    try:
        made = groups(pattern, paths)
    except re.error as error:
        return f"This is no regular expression: {error}."
    if not made:
        return f"It matches none of {len(paths)} sampled paths, such as {paths[0]}."
    some = ", ".join(f"{name} ({number})" for name, number in made[:_SHOWN_GROUPS])
    more = ", …" if len(made) > _SHOWN_GROUPS else ""
    unmatched = len(paths) - sum(number for _, number in made)
    left = f" {unmatched} match nothing, and are groups of their own." if unmatched else ""
    return f"{len(made)} groups in {len(paths)} sampled paths: {some}{more}.{left}"
