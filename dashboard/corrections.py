"""Labels that people correct: kept as a CSV that the preparation takes as ``dataset.corrections``."""

import csv
import difflib
import io
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard import catalogue
from dashboard.catalogue import Prepared
from dashboard.wording import count
from tunescope.errors import SourceError

FOLDER = Path("data/01_raw/corrections")
_COLUMNS = ("path", "correct_label", "remove")
_YES = ("yes", "true", "1", "x")
_LARGEST = 64 * 2**20


@dataclass(frozen=True)
class Correction:
    """What becomes of an image: another label, or nothing at all."""

    label: str = ""
    remove: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether it leaves the image as it is."""
        return not self.label and not self.remove

    @property
    def choice(self) -> str:
        """The correction as the value of a list of choices, which takes no empty one."""
        return "remove" if self.remove else f"={self.label}" if self.label else "keep"

    @classmethod
    def of_choice(cls, choice: str) -> "Correction":
        """The correction that was chosen from the list."""
        return cls(choice.removeprefix("=") if choice.startswith("=") else "", choice == "remove")


Corrections = dict[str, Correction]


def path_of(one: Prepared) -> Path:
    """Where the corrections of a dataset are kept, below the project's folder."""
    return FOLDER / f"{one.name}-{one.fingerprint[:8]}.csv"


def kept(project: Path, one: Prepared, used: str | None) -> Corrections:
    """The corrections made so far: of this dataset, or else those that it was prepared with already."""
    for path in (path_of(one), Path(used) if used else None):
        if path is not None and (project / path).is_file():
            try:
                return parsed((project / path).read_text(encoding="utf-8-sig"))
            except (OSError, UnicodeDecodeError, SourceError):
                continue
    return {}


def save(project: Path, one: Prepared, corrections: Mapping[str, Correction]) -> Path:
    """Write the file that :func:`path_of` names, whole or not at all; returns that path."""
    path = project / path_of(one)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two choices in quick succession are two threads of the server.
    draft = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for name, one_of in sorted(corrections.items()):
            if not one_of.is_nothing:
                writer.writerow([name, one_of.label, "yes" if one_of.remove else ""])
    os.replace(draft, path)
    return path_of(one)


def parsed(text: str) -> Corrections:
    """The corrections in a CSV; rows that change nothing are left out.

    Raises:
        SourceError: when it is no CSV with these columns.
    """
    if len(text) > _LARGEST:
        raise SourceError("This file is too large to be a list of corrections: it has more than 64 MB.")
    if "\N{REPLACEMENT CHARACTER}" in text or "\0" in text:
        raise SourceError("This file is no text in UTF-8: save it as CSV, with commas and UTF-8.")
    try:
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        names = [name.strip() for name in reader.fieldnames or ()]
        rows = [{(key or "").strip(): value or "" for key, value in row.items() if key} for row in reader]
    except csv.Error as error:
        raise SourceError(f"This is no CSV file ({error}): save it as CSV, with commas and UTF-8.") from None
    if "path" not in names or not {"correct_label", "remove"} & set(names):
        shown = ", ".join(f"`{name}`" for name in names[:8]) or "none"
        raise SourceError(
            f"Its columns are {shown}, but `path` and `correct_label` or `remove` are needed: "
            "download label_issues.csv and fill that in."
        )
    found = {
        row["path"]: Correction(
            row.get("correct_label", "").strip(), row.get("remove", "").strip().lower() in _YES
        )
        for row in rows
    }
    return {path: correction for path, correction in found.items() if not correction.is_nothing}


def check(one: Prepared, corrections: Mapping[str, Correction]) -> None:
    """See that every path and every class is one of the dataset.

    Raises:
        SourceError: naming the first that is not, and the nearest that is.
    """
    known = set(catalogue.files(one, ["path"])["path"])
    unknown = [path for path in corrections if path not in known]
    if unknown:
        more = f" and {count(len(unknown) - 1, 'other path')} of it" if len(unknown) > 1 else ""
        raise SourceError(f"`{unknown[0]}`{more} is no image of this dataset{_nearest(unknown[0], known)}.")
    for path, correction in corrections.items():
        if correction.label and correction.label not in one.classes:
            near = _nearest(correction.label, one.classes)
            raise SourceError(f"`{correction.label}`, given to `{path}`, is no class of this dataset{near}.")


def _nearest(name: str, known: Iterable[str]) -> str:
    some = [one for one in known if abs(len(one) - len(name)) < 8][:5000]
    close = difflib.get_close_matches(name, some, n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""
