"""Networks that were trained: how accurate they are for their size, their work, or their training time."""

from dataclasses import dataclass

import pandas as pd

from tunescope.analysis.costs import TradeOff, known, trade_off
from tunescope.analysis.selection import text_or_none

# What a network may cost, by column of the trials frame: in a word, and at length.
NETWORK_COSTS = {
    "weights": ("Size", "Weights"),
    "flops_per_image": ("Work", "Operations of one image"),
    "seconds": ("Time", "Training time (seconds)"),
}


@dataclass(frozen=True)
class NetworkTrial:
    """A trained network; None for what was not measured."""

    study: str
    number: int
    run_id: str | None
    model: str
    accuracy: float
    weights: float | None
    flops_per_image: float | None
    seconds: float | None

    @property
    def address(self) -> str:
        """What stands for it in an address."""
        return f"{self.study}/{self.number}"


@dataclass(frozen=True)
class Networks:
    """Networks by accuracy and one cost.

    Attributes:
        by: the cost, a key of ``NETWORK_COSTS``.
        count: how many have that cost measured.
        trade_off: those to draw; ``seconds`` of its points are the cost.
        listed: those that no other one beats in both, and the best of each model; the most accurate first.
    """

    by: str
    count: int
    trade_off: TradeOff
    listed: tuple[NetworkTrial, ...]


def networks(trials: pd.DataFrame, by: str, limit: int = 500) -> Networks:
    """Set accuracies of complete trials of deep models against a cost; ``limit`` are kept to be drawn."""
    rows = trials[trials[by].notna() & (trials[by] > 0)]
    found = trade_off(rows.assign(seconds=rows[by].astype(float)), limit)
    is_on_front = pd.Series(False, index=rows.index)
    for one in found.front:
        is_on_front |= (rows["study"] == one.study) & (rows["number"] == one.number)
    ordered = rows.sort_values(["validation_accuracy", by], ascending=[False, True], kind="stable")
    is_listed = is_on_front[ordered.index] | ~ordered["model"].duplicated()
    listed = tuple(_network(dict(row)) for row in ordered[is_listed].to_dict("records"))
    return Networks(by, len(rows), found, listed)


def _network(row: "dict[object, object]") -> NetworkTrial:
    return NetworkTrial(
        study=str(row["study"]),
        number=int(str(row["number"])),
        run_id=text_or_none(row["run_id"]),
        model=str(row["model"]),
        accuracy=known(row["validation_accuracy"]) or 0.0,
        weights=known(row["weights"]),
        flops_per_image=known(row["flops_per_image"]),
        seconds=known(row["seconds"]),
    )
