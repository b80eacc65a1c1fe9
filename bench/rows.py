"""A figure beside its rival and its goal, as a table for people and JSON for programs."""

import json
import operator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from tunescope.timing import device_manifest

FOLDER = Path("data/08_reporting/bench")


def machine() -> str:
    """The machine in words, as every row names it."""
    manifest = device_manifest()
    gpus = ", ".join(gpu["name"] for gpu in manifest["gpus"]) or "no GPU"
    libraries = manifest["libraries"]
    return (
        f"{manifest['cpu']}, {manifest['cores']} cores, {manifest['memory_bytes'] / 2**30:.0f} GiB, {gpus}; "
        f"Python {manifest['python']}, torch {libraries.get('torch')}, optuna {libraries.get('optuna')}"
    )


@dataclass(frozen=True)
class Row:
    """One figure. ``better`` says which side of the goal is good; ``ratio`` is ours over the rival's."""

    name: str
    unit: str
    ours: float
    n: int
    rival: float | None = None
    goal: float | None = None
    better: Literal["lower", "higher"] = "lower"
    machine: str = field(default_factory=machine)

    @property
    def ratio(self) -> float | None:
        """Ours over the rival's, where there is one."""
        return self.ours / self.rival if self.rival else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached, where there is one."""
        reached = operator.le if self.better == "lower" else operator.ge
        return None if self.goal is None else reached(self.ours, self.goal)

    def to_dict(self) -> dict[str, object]:
        """The row as the JSON file keeps it."""
        kept = {key: value for key, value in asdict(self).items() if key != "better"}
        return {**kept, "ratio": self.ratio, "met": self.met}


def publish(bench: str, rows: list[Row]) -> None:
    """Print the rows as a table, and write them where programs find them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{bench}.json").write_text(json.dumps([row.to_dict() for row in rows], indent=1))
    table = Table("figure", "unit", "ours", "rival", "ratio", "goal", "met", "n", title=f"bench: {bench}")
    for row in rows:
        met = {None: "", True: "yes", False: "NO"}[row.met]
        numbers = (_short(row.ours), _short(row.rival), _short(row.ratio), _short(row.goal))
        table.add_row(row.name, row.unit, *numbers, met, str(row.n))
    console = Console(width=150)
    console.print(table)
    console.print(rows[0].machine if rows else "", style="dim")


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
