"""Reads a table that names image files and their labels: CSV or Parquet."""

import csv
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path

from tunescope.datasets.readers.entries import damage, leads_out, plain_path, repeated
from tunescope.datasets.readers.files import BOMB
from tunescope.datasets.readers.folder import content
from tunescope.datasets.source import (
    SPLIT_WORDS,
    Reader,
    Source,
    SourceFile,
    UnusableFileError,
    as_text,
    clean_label,
    refusal,
    source_of,
    state,
    state_of,
)
from tunescope.parameters import LimitParameters

COLUMNS = ("path", "label", "split", "group")
NEEDED = 2  # of these
DELIMITERS = ",;\t"
LONGEST_LINE, LONGEST_FIELD = 2**20, 2**12
ROWS_AT_A_TIME = 2**14
Fields = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """What a manifest says about one file; the path as the operating system knows it."""

    path: str
    label: str
    split: str | None
    group: str | None


def open_manifest(path: Path, limits: LimitParameters) -> Source:
    """List the files that a manifest names.

    Paths are relative to the manifest's folder and may not lead out of it, through links either: a manifest
    that somebody else wrote shall not show what else is on this machine. Links to files are skipped. A file
    that is missing is listed, so that it can be reported.

    Raises:
        SourceError: when the table is damaged or lacks a column; when it names a split that is none, a path
            twice, or a path that leads out of its folder.
    """
    rows = [_row(path, number, fields) for number, fields in enumerate(_listed(path, limits), start=1)]
    if twice := repeated(row.path for row in rows):
        raise refusal(path, f"it lists `{as_text(twice)}` twice", "list every file once")
    folder = str(path.parent)
    states = {row.path: _status(folder, row.path) for row in rows}
    skipped = {name for name, status in states.items() if status and not stat.S_ISREG(status.st_mode)}
    folders = set(map(os.path.dirname, states))
    outside = {above for above in folders if not _is_within(folder, above)}
    files = (_file(folder, row, states[row.path], outside) for row in rows if row.path not in skipped)
    return source_of(path, files, map(as_text, skipped))


def stamp_manifest(path: Path) -> str:
    """The state of the table, and a hash over the states of the files that it names."""
    folder = str(path.parent)
    statuses = (_status(folder, name) for name, *_ in _listed(path, LimitParameters()))
    lines = "\n".join(state_of(status) if status else "" for status in statuses)
    return f"{state(path)} {hashlib.sha256(lines.encode()).hexdigest()}"


def _file(folder: str, row: _Row, status: os.stat_result | None, outside: set[str]) -> SourceFile:
    inside = os.path.dirname(row.path) not in outside
    read = partial(content, f"{folder}/{row.path}") if inside else _refuse
    size = status.st_size if status and inside else 0
    return SourceFile(as_text(row.path), clean_label(row.label), size, read, row.split, row.group)


def _refuse() -> bytes:
    raise UnusableFileError("unreadable: a link leads out of the manifest's folder")


def _status(folder: str, name: str) -> os.stat_result | None:
    """What the disk says about a file, without following it if it is a link; None when it is not there."""
    try:
        return os.lstat(f"{folder}/{name}")
    except (OSError, ValueError):
        return None


def _is_within(root: str, folder: str) -> bool:
    real = os.path.realpath(root)
    return os.path.commonpath([real, os.path.realpath(f"{root}/{folder}")]) == real


def _listed(path: Path, limits: LimitParameters) -> list[Fields]:
    """What a manifest says about each file."""
    with damage(path):
        found = list(islice(FORMATS[path.suffix.lower()](path), limits.files + 1))
    if len(found) > limits.files:
        raise refusal(path, f"it lists more than {limits.files} files", BOMB)
    return found


def _row(path: Path, number: int, fields: Fields) -> _Row:
    if max(map(len, fields)) > LONGEST_FIELD:
        long = next(name for name, text in zip(COLUMNS, fields, strict=True) if len(text) > LONGEST_FIELD)
        why = f"the `{long}` of its entry {number} has more than {LONGEST_FIELD} characters"
        raise refusal(path, why, "shorten it")
    name, label, split, group = fields
    if not plain_path(name) or "\0" in name:
        raise refusal(path, f"its entry {number} names no file", "give each entry a `path`")
    if leads_out(name):
        why = f"it names `{as_text(name)}`, a path that leads out of its folder"
        raise refusal(path, why, "put the images below it and give relative paths")
    word = split.strip().lower()
    if word and word not in SPLIT_WORDS:
        why = f"the `split` of its entry {number} is `{as_text(split)}`"
        raise refusal(path, why, f"use {', '.join(SPLIT_WORDS)}, or leave it empty")
    return _Row(plain_path(name), label, SPLIT_WORDS.get(word), clean_label(group))


def _csv_rows(path: Path) -> Iterator[Fields]:
    """Rows of a text table, whose delimiter is the one that the header has most of."""
    # Names that are no Unicode stay what they are on the disk.
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline(LONGEST_LINE)
        delimiter = max(DELIMITERS, key=header.count)
        names = next(csv.reader([header], delimiter=delimiter), [])
        chosen, width = _chosen(path, names), len(names)
        take = itemgetter(*(chosen.get(name, width) for name in COLUMNS))
        # A line without an end would fill the memory.
        lines = iter(lambda: file.readline(LONGEST_LINE), "")
        missing = [""] * (width + 1)
        for cells in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
            if cells:
                yield take(cells[:width] + missing[min(len(cells), width) :])


def _parquet_rows(path: Path) -> Iterator[Fields]:
    import pyarrow.compute
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as table:
        names = table.schema_arrow.names
        chosen = _chosen(path, names)
        wanted = {name: names[place] for name, place in chosen.items()}
        for batch in table.iter_batches(ROWS_AT_A_TIME, columns=list(wanted.values())):
            texts = {name: batch.column(column).cast(pyarrow.string()) for name, column in wanted.items()}
            filled = {name: pyarrow.compute.fill_null(text, "").to_pylist() for name, text in texts.items()}
            yield from zip(*(filled.get(name, [""] * batch.num_rows) for name in COLUMNS), strict=True)


def _chosen(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Which column of a table is which of ours.

    Raises:
        SourceError: when it lacks one that it must have.
    """
    places = {name.strip().lower(): place for place, name in reversed(list(enumerate(header)))}
    if any(name not in places for name in COLUMNS[:NEEDED]):
        held = ", ".join(f"`{as_text(name)[:40]}`" for name in header[:8]) or "none"
        raise refusal(path, f"its columns are {held}", "name two of them `path` and `label`")
    return {name: places[name] for name in COLUMNS if name in places}


def _is_manifest(path: Path) -> bool:
    return path.suffix.lower() in FORMATS and os.path.isfile(path)


FORMATS = {".csv": _csv_rows, ".tsv": _csv_rows, ".parquet": _parquet_rows}
LINE = "a CSV or Parquet table of paths and labels"
READER = Reader("manifest", LINE, _is_manifest, open_manifest, stamp_manifest)
