"""What a person has decided about single images: other labels, and images to leave out."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tunescope.datasets.source import SourceFile, expanded, nearest
from tunescope.errors import SourceError

YES = frozenset({"yes", "y", "true", "1", "x"})


@dataclass(frozen=True)
class Corrections:
    """Decisions about images, by path.

    Attributes:
        labels: another label.
        removed: images to leave out.
    """

    labels: dict[str, str]
    removed: frozenset[str]


NONE = Corrections({}, frozenset())


def read_corrections(path: str | Path, files: Iterable[SourceFile]) -> Corrections:
    """Read the columns ``path``, ``correct_label`` and ``remove`` of a CSV; other columns do not matter.

    Args:
        path: of the CSV, such as a filled-in ``label_issues.csv``.
        files: those of the source that is corrected.

    Raises:
        SourceError: when it cannot be read, or names an image or a class that the source does not have.
    """
    known = {file.path: file.label for file in files}
    classes = {label for label in known.values() if label}
    labels, removed = {}, set()
    for row in _rows(path):
        image, label = row["path"], (row.get("correct_label") or "").strip()
        remove = (row.get("remove") or "").strip().lower() in YES
        if (label or remove) and image not in known:
            raise _refusal(path, f"it names the image `{image}`", f"like {nearest(image, known)}")
        if label and label not in classes:
            raise _refusal(path, f"it gives `{image}` the class `{label}`", f"like {nearest(label, classes)}")
        if remove:
            removed.add(image)
        elif label:
            labels[image] = label
    return Corrections(labels, frozenset(removed))


def _rows(path: str | Path) -> list[dict[str, str]]:
    try:
        with expanded(path).open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            rows, columns = list(table), table.fieldnames or ()
    except (OSError, ValueError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise SourceError(
            f"`dataset.corrections` is `{path}`, but it cannot be read ({why}): give the path of a CSV file"
        ) from None
    if "path" not in columns:
        raise SourceError(
            f"`dataset.corrections` is `{path}`, but it has no column `path`: "
            "give a CSV with the columns `path`, `correct_label` and `remove`"
        )
    return [row for row in rows if row.get("path")]


def _refusal(path: str | Path, what: str, like: str) -> SourceError:
    return SourceError(
        f"`dataset.corrections` is `{path}`, but {what}, which the source does not have: "
        f"give one that it has, {like}"
    )
