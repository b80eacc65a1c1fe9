"""What trials are measured by: accuracy, another score, or the value that a plain Optuna study optimizes."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        name: its key in ``MEASURES`` and in addresses.
        column: column of the trials frame.
        title: what people call it.
        maximize: whether higher is better.
        is_share: whether it is written as a percentage.
    """

    name: str
    column: str
    title: str
    maximize: bool
    is_share: bool

    @property
    def sign(self) -> float:
        """What its values are multiplied by so that higher is better."""
        return 1.0 if self.maximize else -1.0

    @property
    def noun(self) -> str:
        """Its title inside a sentence."""
        return self.title if self.title[1:2].isupper() else self.title[0].lower() + self.title[1:]


ACCURACY = Measure("accuracy", "validation_accuracy", "Validation accuracy", True, True)
MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        ACCURACY,
        Measure("balanced_accuracy", "balanced_accuracy", "Balanced accuracy", True, True),
        Measure("macro_f1", "macro_f1", "Macro F1", True, True),
        Measure("log_loss", "log_loss", "Log loss", False, False),
        Measure("value", "value", "Value", True, False),
        Measure("seconds", "seconds", "Training time (seconds)", False, False),
    )
}


def measure_for(trials: pd.DataFrame, studies: pd.DataFrame, name: str | None = None) -> Measure:
    """The named measure; without a name accuracy where any trial has one, else the value of the studies.

    Args:
        trials: a trials frame.
        studies: the studies frame that tells whether a value is to be high or low.
        name: a key of ``MEASURES``.

    Raises:
        KeyError: when there is no such measure.
    """
    if name is None:
        is_scored = bool(np.isfinite(pd.to_numeric(trials[ACCURACY.column])).any())
        name = "accuracy" if is_scored or trials.empty else "value"
    if name != "value":
        return MEASURES[name]
    directions = Counter(one[0] for one in studies["directions"] if one)
    return replace(MEASURES["value"], maximize=directions["maximize"] >= directions["minimize"])
