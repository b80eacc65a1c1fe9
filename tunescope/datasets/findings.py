"""What can be found about a file or a class, and what the policy says to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tunescope.parameters import CleaningParameters

Action = Literal["rejected", "converted", "kept", "moved", "joined", "dropped class", "skipped"]
MOST_NAMED = 3
# What mending a finding is called, where it is not a conversion of pixels.
MENDED: dict[str, Action] = {"leakage": "moved", "label case": "joined"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a file (or a class), and what was done about it.

    Attributes:
        file: its path in the source, or the name of the class.
        kind: in words, such as ``exact duplicate``.
        action: what was done.
        detail: more about it; may be empty.
        other: path of the counterpart, such as the first of several equal images.
        cluster: number of the group of like images that the file belongs to.
    """

    file: str
    kind: str
    action: Action
    detail: str = ""
    other: str | None = None
    cluster: int | None = None

    @property
    def finding(self) -> str:
        """Kind and detail in one text."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


def action(kind: str, cleaning: CleaningParameters) -> Action:
    """What the policy says about a kind of finding that has one."""
    choice = getattr(cleaning, kind.replace(" ", "_"))
    if choice == "fix":
        return MENDED.get(kind, "converted")
    return "rejected" if choice == "drop" else "kept"


def named(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(f"`{name}`" for name in listed[:MOST_NAMED]) + more
